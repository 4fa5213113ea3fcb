// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Sandbox
internal import Synchronization
internal import Terminal

/// The tools tree of a root, where there is none yet: made while the root is, whose packages are configured with it.
struct ToolsInTheMaking: Sendable {
    private typealias Outcome = Result<CreationRequest, ProvisioningError>

    private final class Mark: Sendable {
        private let state = Mutex(false)
        var isSet: Bool { state.withLock { $0 } }
        func set() { state.withLock { $0 = true } }
    }

    private let request: CreationRequest
    /// nil: there is one, or none is wanted.
    private let task: Task<Outcome, Never>?
    private let isOver = Mark()

    fileprivate init(_ request: CreationRequest) {
        (self.request, task) = (request, nil)
    }

    /// `make` makes it, and returns the request as it is then.
    fileprivate init(
        _ request: CreationRequest,
        _ make: @escaping @Sendable () async -> Result<CreationRequest, ProvisioningError>
    ) {
        self.request = request
        let isOver = isOver
        task = Task {
            let outcome = await make()
            isOver.set()
            return outcome
        }
    }

    /// Waits for it. The request has no tools where there are none to be had.
    func ready(_ progress: Progress) async throws(ProvisioningError) -> CreationRequest {
        guard let task else { return request }
        guard !isOver.isSet else { return try await task.value.get() }
        progress.begin("waiting for the tools tree")
        let outcome = await task.value
        progress.end()
        return try outcome.get()
    }

    /// Nobody waits for it any more: the root did not come about.
    func giveUp() async {
        task?.cancel()
        _ = await task?.value
    }
}

extension Creation {
    /// Has the tools tree of `request` made where it is wanted and not there.
    func beginTools(_ request: CreationRequest) throws(ProvisioningError) -> ToolsInTheMaking {
        // Without a user namespace there is nothing to use one by.
        guard caller.identity.usesNamespace, let wanted = request.tools,
            try tools.areWanted(for: wanted.subject, request.acceleration)
        else { return ToolsInTheMaking(request) }
        let beside = Creation(
            store: store, cache: cache, downloader: downloader, proxy: proxy, workers: workers, caller: caller,
            cpu: cpu,
            progress: Progress(beside: progress), documents: documents)
        return ToolsInTheMaking(request) {
            do throws(ProvisioningError) {
                return .success(try await beside.makeTools(wanted, for: request))
            } catch {
                return .failure(error)
            }
        }
    }

    /// The request as it is without tools where there are none to be had.
    private func makeTools(
        _ wanted: ToolsRequest, for request: CreationRequest
    ) async throws(ProvisioningError) -> CreationRequest {
        do throws(ProvisioningError) {
            try await makeTools(wanted)
            return request
        } catch {
            // Given up, which says nothing of the archive.
            guard !request.acceleration.isRequired, !Task.isCancelled else { throw error }
            progress.warn("not accelerated: \(error.summary)")
            tools.noteFailure(wanted.subject, error.summary)
            var without = request
            (without.tools, without.reasonForNoTools) = (nil, error.summary)
            return without
        }
    }
}
