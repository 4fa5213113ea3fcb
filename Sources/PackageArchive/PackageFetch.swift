// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization
internal import SystemPackage
internal import Transfer

extension ArchiveClient {
    /// Fetches the packages of a plan, all at once as far as connections go. Those in the cache are not fetched again.
    ///
    /// `ready` gets the index in the plan of each package as soon as its file is there and verified; unpacking can
    /// begin then. Both closures are called from several threads, and must not hold them up.
    package func fetch(
        _ archive: ResolvedArchive, progress: (@Sendable (FetchProgress) -> Void)? = nil,
        ready: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(PackageArchiveError) {
        let packages = archive.plan.packages
        let tally = Tally(archive.plan)
        let failure = await withTaskGroup(of: PackageArchiveError?.self, returning: PackageArchiveError?.self) {
            group in
            for (index, download) in archive.downloads.enumerated() {
                group.addTask {
                    let package = packages[index]
                    do throws(PackageArchiveError) {
                        try await fetch(
                            download.urls, download.proxy, to: packagePath(package.sha256), size: package.size,
                            sha256: package.sha256
                        ) { progress?(tally.add($0.bytes, of: index)) }
                        progress?(tally.finish(index))
                        ready(index)
                        return nil
                    } catch {
                        return archive.isLocked ? error.ofLocked(package, download.urls) : error
                    }
                }
            }
            for await failure in group {
                guard let failure else { continue }
                // What has come of the others stays and is continued next time.
                group.cancelAll()
                return failure
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// What each download has so far.
    private final class Tally: Sendable {
        private let state: Mutex<(bytes: [Int64], sum: Int64, finished: Int)>
        private let sizes: [Int64]
        private let total: Int64

        init(_ plan: BootstrapPlan) {
            sizes = plan.packages.map(\.size)
            total = plan.size
            state = Mutex(([Int64](repeating: 0, count: plan.packages.count), 0, 0))
        }

        func add(_ bytes: Int64, of index: Int) -> FetchProgress {
            state.withLock { state in
                state.sum += bytes - state.bytes[index]
                state.bytes[index] = bytes
                return FetchProgress(
                    bytes: state.sum, total: total, packages: state.finished, packageTotal: sizes.count)
            }
        }

        func finish(_ index: Int) -> FetchProgress {
            state.withLock { state in state.finished += 1 }
            return add(sizes[index], of: index)
        }
    }
}
