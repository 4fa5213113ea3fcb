// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

extension ToolsSeal {
    /// Where links to the root's own programs are, in the tree.
    private static let selves: FilePath = "self"

    /// What makes the program `file` of `package` start again, emulated; nil: nothing.
    func restart(
        of file: TreeFiles.File, _ rule: Eligibility.Rule, _ package: String
    ) throws(AccelerationError) -> RestartLibrary.Answer? {
        let name = FilePath(file.path).lastComponent?.string ?? ""
        let emulated = "\(DispatchTable.emulatedDirectory)\(file.path)"
        if rule.computes?.contains(name) == true, let own = FilePath.Component("\(package)-\(name)") {
            return .compute(
                program: emulated, self: try link(own, to: file.path).string,
                target: NamedMachine(root).expand("{machine}-{vendor}-{system}"))
        }
        guard rule.loads?.contains(name) == true else { return nil }
        return .restart(
            program: emulated, sorts: rule.sorts?.contains(name) == true && !root.hasSignedCharacters)
    }

    /// Makes a link to the root's own program at `path`. Returns where it is in a run.
    func link(_ name: FilePath.Component, to path: String) throws(AccelerationError) -> FilePath {
        try AccelerationError.wrapping { () throws(FilesystemError) in
            try Directory.open(tree).makeDirectories(Array(Self.selves.components)).makeSymbolicLink(name, to: path)
        }
        return AccelerationPlan.toolsDirectory.pushing(Self.selves.appending(name))
    }
}
