// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Glibc
internal import Synchronization

/// The thread that libcurl's multi interface (libcurl-multi(3)) is used on, as an executor: what is isolated to
/// `TransferLoop` runs there and nowhere else, between waits for sockets.
final class TransferThread: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isStopping = false
        var thread: pthread_t?
    }

    private let state = Mutex(State())
    let multi: MultiHandle

    init() {
        multi = MultiHandle()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        multi.wakeUp()
    }

    func checkIsolated() {
        precondition(isCurrent, "not on the transfer thread")
    }

    private var isCurrent: Bool {
        state.withLock { state in
            guard let thread = state.thread else { return false }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    /// Starts the thread. It, and with it `loop`, lives until `stop`.
    func start(_ loop: TransferLoop) {
        let context = unsafe Unmanaged.passRetained(Start(thread: self, loop: loop))
        var thread = pthread_t()
        // Before it runs anything it takes this lock, and finds its own name below.
        let error = state.withLock { state in
            let error = unsafe pthread_create(
                &thread, nil,
                { context in
                    guard let context = unsafe context else { return nil }
                    let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                    start.thread.run(start.loop)
                    return nil
                }, context.toOpaque())
            state.thread = thread
            return error
        }
        guard error == 0 else {
            fatalError("cannot start the transfer thread: \(unsafe String(cString: strerror(error)))")
        }
    }

    /// Ends the thread, with what it has still to do, and waits for it.
    func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            return state.thread
        }
        multi.wakeUp()
        guard let thread else { return }
        // The last owner may have let go on the thread itself.
        if isCurrent { pthread_detach(thread) } else { _ = pthread_join(thread, nil) }
    }

    private func run(_ loop: TransferLoop) {
        // Signals are for the other threads; SIGPIPE, from TLS on a closed connection, for none.
        var all = sigset_t()
        unsafe sigfillset(&all)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
        while true {
            let (jobs, isStopping) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isStopping)
            }
            for job in jobs { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
            let wait = loop.assumeIsolated { $0.turn() }
            if isStopping && jobs.isEmpty { return }
            if jobs.isEmpty { multi.wait(wait) }
        }
    }

    private final class Start: Sendable {
        let thread: TransferThread
        let loop: TransferLoop

        init(thread: TransferThread, loop: TransferLoop) {
            self.thread = thread
            self.loop = loop
        }
    }
}

/// libcurl's handle for many transfers at once. All but `wakeUp` is for the transfer thread.
@safe final class MultiHandle: Sendable {
    private nonisolated(unsafe) let pointer: UnsafeMutableRawPointer

    /// Once a process, before any other thread uses libcurl.
    private static let isInitialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init() {
        guard Self.isInitialized, let pointer = unsafe curl_multi_init() else {
            fatalError("libcurl cannot be started")
        }
        unsafe self.pointer = unsafe pointer
        unsafe mg_curl_multi_set_long(pointer, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        unsafe mg_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, 32)
    }

    deinit {
        unsafe curl_multi_cleanup(pointer)
    }

    /// Ends `wait`, or the next one.
    func wakeUp() {
        unsafe curl_multi_wakeup(pointer)
    }

    /// Until there is something to do, or for so many milliseconds.
    func wait(_ milliseconds: CInt) {
        unsafe curl_multi_poll(pointer, nil, 0, milliseconds, nil)
    }

    func add(_ handle: UnsafeMutableRawPointer) -> Bool {
        unsafe curl_multi_add_handle(pointer, handle) == CURLM_OK
    }

    func remove(_ handle: UnsafeMutableRawPointer) {
        unsafe curl_multi_remove_handle(pointer, handle)
    }

    func perform() {
        var running: CInt = 0
        unsafe curl_multi_perform(pointer, &running)
    }

    /// A transfer that is over, and libcurl's verdict.
    func nextFinished() -> (id: EasyHandle.ID, code: CURLcode)? {
        var code = CURLE_OK
        guard let handle = unsafe mg_curl_multi_finished(pointer, &code) else { return nil }
        return unsafe (EasyHandle.ID(handle), code)
    }
}
