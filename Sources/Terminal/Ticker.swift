// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Calls a function every second.
enum Ticker {
    private final class Body: Sendable {
        let call: @Sendable () -> Bool

        init(_ call: @escaping @Sendable () -> Bool) { self.call = call }
    }

    /// Calls `body` every second, on a thread of its own, until it returns false. That thread takes no signals: a command
    /// may wait for them. Nothing happens if no thread is available.
    static func start(_ body: @escaping @Sendable () -> Bool) {
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let body = unsafe Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                repeat { sleep(1) } while body.call()
                return nil
            }, body.toOpaque())
        if failure == 0 { pthread_detach(thread) } else { unsafe body.release() }
    }
}
