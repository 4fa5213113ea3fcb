// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// A separate thread for blocking work: the concurrency runtime has as many threads as processors, and if all of them
/// block, the work that they wait for never runs.
enum BlockingThread {
    private final class Job: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a separate thread, and returns its result.
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
                // No thread is available: use this one.
                return unsafe job.takeRetainedValue().body()
            }
            pthread_detach(thread)
        }
    }
}
