// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// A thread of its own for what blocks: of the concurrency runtime's there are as many as processors, and while all of them
/// wait for something, nothing comes about that they could wait for.
enum BlockingThread {
    private final class Job: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// What `body` returns, on a thread of its own.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            let job = unsafe Unmanaged.passRetained(Job { continuation.resume(returning: body()) })
            var thread = pthread_t()
            let failure = unsafe pthread_create(
                &thread, nil,
                { context in
                    if let context = unsafe context {
                        unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
                    }
                    return nil
                }, job.toOpaque())
            guard failure == 0 else {
                // No thread is to be had: then on this one.
                return unsafe job.takeRetainedValue().body()
            }
            pthread_detach(thread)
        }
    }
}
