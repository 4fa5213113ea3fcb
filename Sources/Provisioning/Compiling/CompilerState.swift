// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Filesystem
internal import SystemPackage

/// How a root's compiler stands to that of its tools tree.
package struct CompilerState: Sendable {
    package let compiler: InstalledCompiler
    /// What the comparison of the two has shown.
    package let agreement: CompilerAgreement
    /// Whether the tools tree's was built from the root's own source package.
    package let isBuilt: Bool
    /// Whether such a one is there, in the tools tree or beside it.
    package let isAvailable: Bool
}

extension Accelerator {
    /// The state of the compiler that `gcc` is in `root`. Compilers of which nothing is known are compared first, which
    /// `note` is told of. nil where the root has no compiler of a package, or is not accelerated.
    package func compilerState(
        of root: RootRecord, in store: RootStore, caller: Caller, note: (String) -> Void
    ) throws(ProvisioningError) -> CompilerState? {
        let lock = try store.lock(root.name, .shared)
        defer { withExtendedLifetime(lock.rawValue) {} }
        let path = FilePath(root.path)
        let tree = try below { () throws(FilesystemError) in try Directory.open(path) }
        guard let installed = try below({ () throws(AccelerationError) in try InstalledPackages(of: tree) }),
            let compiler = InstalledCompiler(default: tree, subject.architecture, installed)
        else { return nil }
        _ = try compareCompilers(in: path, keptIn: store.path(of: root.name), caller: caller, note: note)
        guard let agreement = try compilers(of: path).agreement else { return nil }
        let built = try CompiledCompilers(tools, subject)?.all.first {
            $0.version == compiler.version && $0.packageVersion == compiler.packageVersion
        }
        return CompilerState(
            compiler: compiler, agreement: agreement, isBuilt: built?.isInstalled ?? false, isAvailable: built != nil)
    }
}
