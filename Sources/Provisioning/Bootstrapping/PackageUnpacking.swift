// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Filesystem
internal import Glibc
internal import PackageArchive
internal import SystemPackage

/// The worker's part of a bootstrap: unpacks packages as they arrive.
///
/// A pipe announces each available package with four bytes, its index in the plan in native byte order. If it closes
/// before all are announced, the fetching process has given up.
struct PackageUnpacking {
    let request: WorkerRequest.Bootstrap

    func perform(_ progress: @Sendable (Int64) -> Void) throws(ProvisioningError) -> ConfigurationPlan {
        let tree = try below { () throws(FilesystemError) in try Directory.open(FilePath(request.tree)) }
        do throws(PackageArchiveError) {
            var unpacker = try Unpacker(
                request.plan, into: tree, owners: .refuse, ownership: request.ownership == .caller ? .caller : .archive)
            var bytes: Int64 = 0
            for _ in request.plan.packages {
                guard let index = nextIndex() else {
                    throw PackageArchiveError(.other, "unpacking aborted: some packages were not fetched")
                }
                try unpacker.unpack(index)
                bytes += request.plan.packages[index].size
                progress(bytes)
            }
            return try unpacker.finish()
        } catch {
            throw ProvisioningError(error)
        }
    }

    private func nextIndex() -> Int? {
        var index: UInt32 = 0
        // Written atomically (pipe(7), PIPE_BUF).
        while true {
            let count = unsafe read(request.feed, &index, 4)
            if count == 4 { return Int(index) < request.plan.packages.count ? Int(index) : nil }
            if count < 0, Errno.last == .interrupted { continue }
            return nil
        }
    }
}
