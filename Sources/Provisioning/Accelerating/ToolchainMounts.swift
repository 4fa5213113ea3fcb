// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Failures
internal import Filesystem
internal import Sandbox
internal import SystemPackage

extension Toolchain {
    /// What its programs need in the root at `tree`: their loader, which finds libraries where those of the tools tree
    /// are. The root's own does as well. `mounts`: of the acceleration; `reason`: why there is none.
    func loaderSteps(
        in tree: FilePath, _ mounts: [AccelerationPlan.Mount], reason: String?
    ) throws(ProvisioningError) -> [MountStep] {
        let root = try below { () throws(FilesystemError) in try Directory.open(tree) }
        guard let loader, (try? root.holdsSomething(at: loader)) != true else { return [] }
        func source(of target: FilePath) -> FilePath? { mounts.first { $0.target == target }?.source }
        guard let tools = source(of: AccelerationPlan.toolsDirectory), let native = source(of: ToolsRelocation.loader)
        else {
            throw obstacle(
                "its programs need \(loader), which this root does not have and acceleration brings"
                    + (reason.map { ": \($0)" } ?? ""))
        }
        guard let opened = try? Directory.open(tools), (try? opened.realPath(of: loader)) == native else {
            throw obstacle("its programs need \(loader), and the tools tree for this root has none")
        }
        if let (library, program) = missingLibrary(in: tools) {
            throw obstacle("\(program) needs \(library), and the tools tree for this root does not have it")
        }
        return [.bind(source: native, target: target(of: loader, in: root), readOnly: true, optional: false)]
    }

    /// Where the directory is a link, the file is made where that leads.
    private func target(of loader: String, in root: borrowing Directory) -> FilePath {
        let path = FilePath(loader)
        guard let name = path.lastComponent,
            let parent = try? root.realPathInRoot(of: path.removingLastComponent().string)
        else { return path }
        return parent.appending(name)
    }

    private func obstacle(_ cause: String) -> ProvisioningError {
        ProvisioningError(
            AccelerationError(
                "the toolchain \(directory) does not work in this root", cause: cause,
                remedy: "use a static toolchain, or one for the root's release"))
    }
}
