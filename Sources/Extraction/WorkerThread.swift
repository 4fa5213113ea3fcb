// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// A thread of its own, for one function that takes long and blocks.
struct WorkerThread: ~Copyable {
    private final class Job: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    private let thread: pthread_t

    init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        let job = unsafe Unmanaged.passRetained(Job(body))
        var thread = pthread_t()
        let error = unsafe pthread_create(
            &thread, nil,
            { context in
                if let context = unsafe context { unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, job.toOpaque())
        guard error == 0 else {
            unsafe job.release()
            throw Errno(rawValue: error)
        }
        self.thread = thread
    }

    /// Waits until the function has returned.
    consuming func join() {
        _ = pthread_join(thread, nil)
    }
}
