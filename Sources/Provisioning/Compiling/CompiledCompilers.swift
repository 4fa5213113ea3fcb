// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Architectures
package import Filesystem
internal import FoundationEssentials
internal import Glibc
internal import Integrity
package import SystemPackage

/// The compilers that were built from source for a tools tree. They are files beside the tree, so that the tools tree that
/// takes its place has them, too: the tree's own copies are made over when it is sealed.
package struct CompiledCompilers {
    /// The tools tree's own.
    private let directory: FilePath

    private static let record: FilePath.Component = "compiled.json"
    /// What the names of their programs begin with.
    private static let prefix = "compiled-"

    init(beside directory: FilePath) { self.directory = directory }

    /// Those of the newest tools tree; nil where there is none.
    package init?(_ trees: ToolsTrees, _ subject: ToolsTrees.Subject) throws(ProvisioningError) {
        guard let newest = try trees.newest(of: subject) else { return nil }
        directory = trees.store.path(of: newest)
    }

    /// Those of the tools tree `name`.
    package init(_ trees: ToolsTrees, _ name: RootName) { directory = trees.store.path(of: name) }

    /// Empty where there is none, or where what is known of them cannot be read.
    package var all: [CompiledCompiler] {
        guard let bytes = try? directory.appending(Self.record).readFile(),
            let found = try? JSONDecoder().decode([CompiledCompiler].self, from: Data(bytes))
        else { return [] }
        return found
    }

    private func write(_ compilers: [CompiledCompiler]) throws(FilesystemError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let data = (try? encoder.encode(compilers.sorted { $0.version < $1.version })) ?? Data()
        try AtomicFile.write(Array(data), to: directory.appending(Self.record))
    }

    private func file(_ compiler: CompiledCompiler, _ program: String) throws(FilesystemError) -> FilePath {
        let text = "\(Self.prefix)\(compiler.version)-\(program)"
        guard let name = FilePath.Component(text) else {
            throw FilesystemError("open", directory.appending(text), .invalidArgument)
        }
        return directory.appending(name)
    }

    /// Takes those of gcc `version`, built of the source package's `packageVersion`: the files in `built`. They take the
    /// place of others of that version. Their record is written last, so that what is interrupted counts for nothing.
    package func add(_ built: FilePath, version: String, packageVersion: String) throws(ProvisioningError) {
        try below { () throws(FilesystemError) in
            let others = all.filter { $0.version != version }
            var programs: [String: String] = [:]
            for name in CompiledCompiler.programNames {
                let bytes = try built.appending(name).readFile(limit: Self.limit)
                programs[name] = Self.digest(bytes)
                let compiler = CompiledCompiler(version: version, packageVersion: packageVersion, programs: [:])
                try AtomicFile.write(
                    bytes, to: try file(compiler, name), permissions: FilePermissions(rawValue: 0o755))
            }
            try write(
                others
                    + [CompiledCompiler(version: version, packageVersion: packageVersion, programs: programs)])
        }
    }

    /// The largest program that is read, in bytes.
    private static let limit = 1 << 30

    private static func digest(_ bytes: [UInt8]) -> String { (try? Digest.of(bytes))?.hex ?? "" }

    /// Gives those beside `old` to this tools tree, which is being made.
    func take(from old: CompiledCompilers) throws(FilesystemError) {
        let compilers = old.all
        guard !compilers.isEmpty else { return }
        for compiler in compilers {
            for program in compiler.programs.keys {
                let (source, target) = (try old.file(compiler, program), try file(compiler, program))
                guard unsafe link(source.string, target.string) == 0 else {
                    throw FilesystemError("link", source, .last)
                }
            }
        }
        try write(compilers)
    }

    /// Puts them in the places of the cross compilers for `target` in `tree`, which is not sealed yet. What was damaged
    /// is left out.
    func install(in tree: FilePath, for target: Architecture) throws(ProvisioningError) {
        var compilers = all
        guard !compilers.isEmpty else { return }
        for index in compilers.indices {
            let compiler = compilers[index]
            var contents: [String: [UInt8]] = [:]
            for (program, digest) in compiler.programs {
                guard let bytes = try? file(compiler, program).readFile(limit: Self.limit),
                    Self.digest(bytes) == digest
                else { continue }
                contents[program] = bytes
            }
            let isWhole = !contents.isEmpty && contents.count == compiler.programs.count
            let found = contents
            compilers[index].isInstalled =
                isWhole
                ? try below { () throws(AccelerationError) in
                    try compiler.install(in: tree, for: target) { found[$0] ?? [] }
                } : false
        }
        let final = compilers
        try below { () throws(FilesystemError) in try write(final) }
    }
}

extension ToolsTrees {
    /// Waits until nobody else builds compilers for such roots.
    package func lockBuild(_ subject: Subject) throws(ProvisioningError) -> FileLock {
        let name = try subject.name
        return try below { () throws(FilesystemError) in
            try FileLock.acquire(store.directory.appending(".\(name).compiling"), .exclusive, wait: true)
        }
    }
}
