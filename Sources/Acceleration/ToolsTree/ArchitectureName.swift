// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
package import SystemPackage

/// The name of its architecture in a program that has it compiled in, as a string and in its version (dpkg).
package struct ArchitectureName: Sendable {
    /// What it does, in words; others where it does something else.
    static let edition = "the name, in parentheses, as an operand: 2"

    private let host: [UInt8]
    private let root: [UInt8]

    package init(host: Architecture, root: Architecture) {
        self.host = Array(host.rawValue.utf8)
        self.root = Array(root.rawValue.utf8)
    }

    /// Puts the root's name in place of the host's in what `packages` say has it, in the tools tree at `path`. Names
    /// of other lengths cannot be put in place of each other.
    package func replace(in path: FilePath, _ packages: Eligibility.Packages) throws(AccelerationError) {
        guard host.count == root.count else { return }
        let tree = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(path) }
        guard let offered = try InstalledPackages(of: tree) else { return }
        for (name, rule) in packages.packages where rule.named != nil {
            for package in [name] + offered.names(beginningWith: rule.libraries ?? []) {
                for file in offered.files(of: package, in: tree) { try replace(in: file, tree) }
            }
        }
    }

    private func replace(in file: String, _ tree: borrowing Directory) throws(AccelerationError) {
        guard let opened = try? tree.openInRoot(file), let bytes = try? opened.readToEnd(of: FilePath(file)),
            bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        else { return }
        var changed = bytes
        // A string of its own, and what stands in parentheses after a version.
        for (before, after) in [(0, 0), (0x28, 0x29)] as [(UInt8, UInt8)] {
            Bytes.replace([before] + host + [after], by: [before] + root + [after], in: &changed)
        }
        // Four bytes of it may be an operand of an instruction; then the others have to be the same.
        if host.dropFirst(4) == root.dropFirst(4) {
            Bytes.replace(Array(host.prefix(4)), by: Array(root.prefix(4)), in: &changed)
        }
        guard changed != bytes else { return }
        try AccelerationError.wrapping { () throws(FilesystemError) in
            try tree.overwrite(file, with: changed)
        }
    }

    /// Whether a program has the host's name nowhere in it.
    func isAbsent(from bytes: [UInt8]) -> Bool {
        // Four bytes of it may be an operand of an instruction.
        !Bytes.contain(bytes, Array(host.prefix(4)))
    }
}
