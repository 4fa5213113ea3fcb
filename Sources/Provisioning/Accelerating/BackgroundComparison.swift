// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

extension Accelerator {
    /// Has the compilers of the root `name` compared with those of its tools tree, for runs to come. Does nothing where
    /// another process does it already. Whoever wants the root alone ends this process.
    package func compareCompilersInBackground(
        of name: RootName, in store: RootStore, caller: Caller
    ) throws(ProvisioningError) {
        let lock = try store.lock(name, .shared)
        defer { withExtendedLifetime(lock.rawValue) {} }
        let directory = store.path(of: name)
        guard let work = try below({ () throws(FilesystemError) in try BackgroundWork.begin(in: directory) }) else {
            return
        }
        // What one left that was killed.
        TreeAcceleration.forgetComparison(in: directory)
        do throws(ProvisioningError) {
            _ = try compareCompilers(
                in: FilePath(store.find(name.description).path), keptIn: directory, caller: caller, note: { _ in })
            work.end()
        } catch {
            work.end()
            throw error
        }
    }
}
