// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Catalogue
internal import Failures
internal import Filesystem
internal import SystemPackage
internal import Terminal

extension Creation {
    package var tools: ToolsTrees { ToolsTrees(cache) }

    /// Makes a tools tree, unless a whole one is there. Waits for another process that is making it.
    package func makeTools(_ request: ToolsRequest) async throws(ProvisioningError) {
        let lock = try lockTools(request.subject, wait: true)
        if tools.has(request.subject) { return }
        if await takeTools(request.subject) { return }
        progress.say("making the tools tree for \(request.subject.title), once")
        try await make(request, over: nil)
        withExtendedLifetime(lock.rawValue) {}
    }

    /// From the registry that is configured; false where there is none, or it does not have it.
    private func takeTools(_ subject: ToolsTrees.Subject) async -> Bool {
        guard let shared, let entry = try? SharedEntry(subject) else { return false }
        let (workers, ownership, progress) = (workers, ownership, progress)
        return await BlockingThread.run {
            do throws(ProvisioningError) {
                let isThere = try shared.pull(entry, ownership: ownership, using: workers)
                if isThere { progress.say("pulled the tools tree for \(subject.title) from \(shared.repository)") }
                return isThere
            } catch {
                progress.warn("the tools tree for \(subject.title) is made locally: \(error.summary)")
                return false
            }
        }
    }

    /// Makes one that takes the place of that which is there, of what is published now. Runs that are going on keep the old
    /// one.
    package func renewTools(_ request: ToolsRequest) async throws(ProvisioningError) {
        let lock = try lockTools(request.subject, wait: true)
        try await make(request, over: nil)
        withExtendedLifetime(lock.rawValue) {}
    }

    /// Makes one that takes the place of that which is there, where the archive has any of `outdated` newer. Runs that
    /// are going on keep the old one.
    ///
    /// Once a day it asks, and not while another process does.
    package func refreshTools(_ request: ToolsRequest) async throws(ProvisioningError) {
        guard tools.isRefreshDue(request.subject, request.outdated) else { return }
        let lock: FileLock
        do throws(ProvisioningError) {
            lock = try lockTools(request.subject, wait: false)
        } catch {
            return
        }
        guard tools.isRefreshDue(request.subject, request.outdated), let old = try tools.packages(request.subject)
        else {
            return
        }
        tools.noteRefresh(request.subject, request.outdated)
        try await make(request, over: old)
        withExtendedLifetime(lock.rawValue) {}
    }

    /// `refreshTools`, for a root whose packages have these versions, by name; without an error.
    func refreshTools(_ request: CreationRequest, for versions: [String: String]) async {
        guard var wanted = request.tools, request.acceleration.mode != nil,
            let outdated = try? tools.outdated(wanted.subject, adding: request.accelerationChanges.add, versions)
        else { return }
        wanted.outdated = outdated
        do throws(ProvisioningError) {
            try await refreshTools(wanted)
        } catch {
            progress.warn("the tools tree for \(wanted.subject.title) cannot be updated: \(error.summary)")
        }
    }

    private func lockTools(_ subject: ToolsTrees.Subject, wait: Bool) throws(ProvisioningError) -> FileLock {
        let directory = tools.store.directory
        let name = try subject.name
        return try below { () throws(FilesystemError) in
            try directory.makeDirectories(mode: 0o700)
            return try FileLock.acquire(directory.appending(".\(name).lock"), .exclusive, wait: wait)
        }
    }

    /// `old`: what the one that it takes the place of consists of.
    private func make(_ request: ToolsRequest, over old: InstalledPackages?) async throws(ProvisioningError) {
        let trees = tools
        let making = Creation(
            store: trees.store, cache: cache, downloader: downloader, proxy: proxy, workers: workers, caller: caller,
            cpu: nil, progress: progress)
        if request.selection.distro.archive != nil {
            try await making.makeFromArchive(request, over: old)
        } else {
            try await making.makeFromTarball(request, over: old)
        }
        trees.removeSuperseded(request.subject) { workers }
    }

    func creationRequest(_ request: ToolsRequest) throws(ProvisioningError) -> CreationRequest {
        var creation = CreationRequest(name: try tools.next(of: request.subject).name)
        (creation.keyring, creation.allowances) = (request.keyring, request.allowances)
        try prepare(creation)
        return creation
    }

    func announce(_ request: ToolsRequest, over old: InstalledPackages) {
        let missing = request.missing(in: old)
        let newer = request.outdated.map(\.name).filter { !missing.contains($0) }
        let reasons = [
            missing.isEmpty ? "" : ", with \(missing.sorted().joined(separator: " "))",
            newer.isEmpty ? "" : ", for newer versions of \(newer.joined(separator: " "))",
        ]
        progress.say("making the tools tree for \(request.subject.title) anew\(reasons.joined())")
    }
}
