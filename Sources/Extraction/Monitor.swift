// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A mutex and the one condition that threads wait for under it.
@safe final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Within `locked`: lets others in until `blocked` is over.
    func wait(while blocked: () -> Bool) {
        while blocked() { unsafe pthread_cond_wait(condition, mutex) }
    }

    /// Wakes all waiting threads.
    func notify() { unsafe pthread_cond_broadcast(condition) }
}
