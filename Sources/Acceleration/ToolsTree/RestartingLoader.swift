// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// Has programs of a tools tree that load objects (make's "load", gawk's extensions) begin anew, emulated, where they
/// are given one of the root's: by a loader of their own, as `MachineName` has it.
struct RestartingLoader {
    static let edition = "a loader of their own, dlopen(): 1"

    private let host: Architecture

    init(host: Architecture) {
        self.host = host
    }

    /// One digit or letter tells programs apart: there is no room for more in the loader.
    private static let marks = Array("0123456789abcdefghijklmnopqrstuvwxyz")

    /// Does it for `programs`, paths in the tree at `path`. Returns those that it could not be done for.
    func apply(to programs: [String], in path: FilePath) throws(FilesystemError) -> [String] {
        let tree = try Directory.open(path)
        guard !programs.isEmpty, let file = try? tree.openInRoot(host.loader),
            let loader = try? file.readToEnd(of: FilePath(host.loader))
        else { return programs }
        var failed: [String] = []
        for (mark, program) in zip(Self.marks, programs.sorted()) {
            if try !apply(to: program, String(mark), loader, in: tree) { failed.append(program) }
        }
        return failed + programs.sorted().dropFirst(Self.marks.count)
    }

    private func apply(
        to program: String, _ mark: String, _ loader: [UInt8], in tree: borrowing Directory
    ) throws(FilesystemError) -> Bool {
        let own = "\(MachineName.place)/\(mark)s"
        let path = tree.path.pushing(FilePath(String(program.dropFirst())))
        guard own.utf8.count == ToolsRelocation.noPreloadList.utf8.count,
            let library = RestartLibrary("\(DispatchTable.emulatedDirectory)\(program)", host: host),
            var bytes = try? path.readFile(limit: 1 << 30), let place = ELFProgram(parsing: bytes)?.loader,
            let names = [mark, "\(mark)s", "\(mark).so"].map({ FilePath.Component($0) }) as? [FilePath.Component]
        else { return false }
        let (old, new) = (Array("\0\(ToolsRelocation.noPreloadList)\0".utf8), Array("\0\(own)\0".utf8))
        guard Bytes.contain(loader, old) else { return false }
        var changed = loader
        Bytes.replace(old, by: new, in: &changed)
        let directory = try tree.makeDirectories([MachineName.directory])
        try directory.createFile(names[0], holding: changed, permissions: FilePermissions(rawValue: 0o755))
        try directory.createFile(names[1], holding: Array("\(MachineName.place)/\(mark).so\n".utf8))
        try directory.createFile(names[2], holding: library.bytes)
        let text = ToolsRelocation.padded(MachineName.place.appending(names[0]), to: place.count - 1)
        guard text.utf8.count == place.count - 1 else { return false }
        bytes.replaceSubrange(place, with: Array("\(text)\0".utf8))
        try OwnedDescriptor.open(path, .writeOnly).write(bytes, to: path)
        return true
    }
}
