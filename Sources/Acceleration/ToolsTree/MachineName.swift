// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
package import SystemPackage

/// The machine that programs of a tools tree are to believe in, where they ask with uname(2).
///
/// Such a program has a loader of its own: a copy of the tree's, in which the path of the list of libraries to be
/// loaded before all others (/etc/ld.so.preload) is another of the same length. So nothing is in the program's
/// environment, and what it starts is as it would be without.
package struct MachineName: Sendable {
    /// What it does, in words; others where it does something else.
    static let edition = "a loader of their own, uname(): 2"

    /// What is made for that, in a tools tree.
    package static let directory: FilePath.Component = "machine"
    /// Where that directory is seen in a run: as short as it can be told to the loader.
    package static let place = ToolsRelocation.directory.appending("m")

    private static let loader: FilePath.Component = "ld.so"
    static let library: FilePath.Component = "uname.so"
    private static let list: FilePath.Component = "so"
    /// As ToolsRelocation leaves it.
    private static let systemList = Array("\0\(ToolsRelocation.noPreloadList)\0".utf8)
    private static var ownList: [UInt8] { Array("\0\(place.appending(list))\0".utf8) }

    private let host: Architecture
    private let root: Architecture

    package init(host: Architecture, root: Architecture) {
        (self.host, self.root) = (host, root)
    }

    /// The path of the loader, as ToolsRelocation leaves it in a program, and this one's.
    private var loaders: (old: [UInt8], new: [UInt8]) {
        func string(_ path: FilePath) -> [UInt8] {
            Array("\(ToolsRelocation.padded(path, to: host.loader.utf8.count))\0".utf8)
        }
        return (string(ToolsRelocation.loader), string(Self.place.appending(Self.loader)))
    }

    /// Has the programs that `packages` say ask for the machine be told the root's, and interpreters whose scripts do, in the tools tree at `path`, which
    /// ToolsRelocation has been applied to. What is not as this knows it stays as it is, and will not be used.
    package func replace(in path: FilePath, _ packages: Eligibility.Packages) throws(AccelerationError) {
        let tree = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(path) }
        guard let offered = try InstalledPackages(of: tree), try makeLoader(in: tree) else { return }
        for (name, rule) in packages.packages {
            guard let programs = rule.machine else { continue }
            for file in offered.files(of: name, in: tree) {
                guard programs.contains(FilePath(file).lastComponent?.string ?? "") else { continue }
                try replaceLoader(in: file, tree)
            }
        }
        for (interpreter, scripts) in packages.scripts ?? [:] {
            guard let start = scripts.start else { continue }
            try replaceLoader(in: interpreter, tree)
            for name in start.files {
                try AccelerationError.wrapping { () throws(FilesystemError) in
                    try tree.makeDirectories([Self.directory])
                        .createFile(name, holding: Array(start.text(of: name, for: root).utf8))
                }
            }
        }
    }

    /// False where that cannot be done.
    private func makeLoader(in tree: borrowing Directory) throws(AccelerationError) -> Bool {
        // What a 32-bit machine is called depends on the processor that is emulated.
        guard root.elf.fileClass == .bits64, let library = MachineLibrary(naming: root.kernelName, host: host),
            let file = try? tree.openInRoot(host.loader), var bytes = try? file.readToEnd(of: FilePath(host.loader)),
            Self.ownList.count == Self.systemList.count, Bytes.contain(bytes, Self.systemList)
        else { return false }
        Bytes.replace(Self.systemList, by: Self.ownList, in: &bytes)
        let loader = bytes
        try AccelerationError.wrapping { () throws(FilesystemError) in
            let directory = try tree.makeDirectories([Self.directory])
            try directory.createFile(
                Self.loader, holding: loader, permissions: FilePermissions(rawValue: 0o755))
            try directory.createFile(Self.library, holding: library.bytes)
            try directory.createFile(Self.list, holding: Array("\(Self.place.appending(Self.library))\n".utf8))
        }
        return true
    }

    private func replaceLoader(in file: String, _ tree: borrowing Directory) throws(AccelerationError) {
        guard let opened = try? tree.openInRoot(file), let bytes = try? opened.readToEnd(of: FilePath(file)),
            bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        else { return }
        guard let place = Self.loader(of: bytes), Array(bytes[place]) == loaders.old else { return }
        var changed = bytes
        changed.replaceSubrange(place, with: loaders.new)
        try AccelerationError.wrapping { () throws(FilesystemError) in
            try tree.overwrite(file, with: changed)
        }
    }

    /// Whether `program` of a tools tree is told the root's.
    func isTold(to program: [UInt8]) -> Bool {
        Self.loader(of: program).map { Array(program[$0]) } == loaders.new
    }

    private static func loader(of program: [UInt8]) -> Range<Int>? {
        ELFProgram(parsing: program)?.loader
    }

    /// What the emulator says for the machine's name and release is then the user's doing.
    static let variables = ["QEMU_UNAME"]
}
