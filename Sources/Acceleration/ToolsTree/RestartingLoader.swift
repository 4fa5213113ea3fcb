// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// Has programs of a tools tree that load objects (make's "load", gawk's extensions, perl's modules) do it as
/// `RestartLibrary` says: by a loader of their own each, as `MachineName` has it.
struct RestartingLoader {
    static let edition = "a loader of their own, dlopen(), qsort(), functions of math.h: 8"

    private let host: Architecture
    private let machine: MachineName

    init(host: Architecture, root: Architecture) {
        (self.host, machine) = (host, MachineName(host: host, root: root))
    }

    /// One digit or letter tells programs apart: there is no room for more in the loader.
    private static let marks = Array("0123456789abcdefghijklmnopqrstuvwxyz")

    /// Does it for programs, paths in the tree at `path`. Returns those that it could not be done for.
    func apply(to programs: [String: RestartLibrary.Answer], in path: FilePath) throws(FilesystemError) -> [String] {
        let tree = try Directory.open(path)
        let sorted = programs.sorted { $0.key < $1.key }
        guard !sorted.isEmpty, let file = try? tree.openInRoot(host.loader),
            let loader = try? file.readToEnd(of: FilePath(host.loader))
        else { return sorted.map(\.key) }
        var failed: [String] = []
        for (mark, (program, answer)) in zip(Self.marks, sorted) {
            if try !apply(answer, to: program, String(mark), loader, in: tree) { failed.append(program) }
        }
        return failed + sorted.dropFirst(Self.marks.count).map(\.key)
    }

    private func apply(
        _ answer: RestartLibrary.Answer, to program: String, _ mark: String, _ loader: [UInt8],
        in tree: borrowing Directory
    ) throws(FilesystemError) -> Bool {
        let own = "\(MachineName.place)/\(mark)s"
        guard own.utf8.count == ToolsRelocation.noPreloadList.utf8.count,
            let library = RestartLibrary(answer, host: host),
            var bytes = try? tree.openInRoot(program).readToEnd(of: FilePath(program)),
            let place = ELFProgram(parsing: bytes)?.loader,
            let names = [mark, "\(mark)s", "\(mark).so"].map({ FilePath.Component($0) }) as? [FilePath.Component]
        else { return false }
        let (old, new) = (Array("\0\(ToolsRelocation.noPreloadList)\0".utf8), Array("\0\(own)\0".utf8))
        guard Bytes.contain(loader, old) else { return false }
        var changed = loader
        Bytes.replace(old, by: new, in: &changed)
        let directory = try tree.makeDirectories([MachineName.directory])
        var libraries = ["\(mark).so"]
        // The loader that told it the machine is no longer its own.
        if machine.isTold(to: bytes) { libraries.append(MachineName.library.string) }
        try directory.createFile(names[0], holding: changed, permissions: FilePermissions(rawValue: 0o755))
        let list = libraries.map { "\(MachineName.place)/\($0)\n" }.joined()
        try directory.createFile(names[1], holding: Array(list.utf8))
        try directory.createFile(names[2], holding: library.bytes)
        let text = ToolsRelocation.padded(MachineName.place.appending(names[0]), to: place.count - 1)
        guard text.utf8.count == place.count - 1 else { return false }
        bytes.replaceSubrange(place, with: Array("\(text)\0".utf8))
        try tree.overwrite(program, with: bytes)
        return true
    }
}
