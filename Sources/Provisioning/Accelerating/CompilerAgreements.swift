// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import FoundationEssentials
internal import Integrity
internal import Sandbox
internal import SystemPackage

/// Whether a tools tree's compilers give the same code as roots' own: found out by compiling, once for each set of
/// versions, and kept with the tools tree.
struct CompilerAgreements {
    private let tools: RootName
    let directory: FilePath

    /// Those of the newest tools tree; nil where there is none.
    init?(_ trees: ToolsTrees, _ subject: ToolsTrees.Subject) throws(ProvisioningError) {
        guard let newest = try trees.newest(of: subject) else { return nil }
        self.init(trees, newest)
    }

    init(_ trees: ToolsTrees, _ tools: RootName) {
        (self.tools, directory) = (tools, trees.store.path(of: tools))
    }

    private static let prefix = "agreement-"

    /// Copies what was found out with the tools tree in the directory `old` to `directory`, that of one with the same
    /// compilers in `tree`, made over in the same way.
    static func take(to directory: FilePath, from old: FilePath, tree: FilePath) throws(FilesystemError) {
        let oldTree = try Directory.open(old.appending(RootStore.tree))
        guard TreeManifest(reading: old.appending(ToolsTrees.manifest)) != nil,
            let compilers = (try? InstalledPackages(of: Directory.open(tree)))?.compilers,
            !compilers.isEmpty, compilers == (try? InstalledPackages(of: oldTree))?.compilers
        else { return }
        for name in try Directory.open(old).names() where name.string.hasPrefix(prefix) {
            try AtomicFile.write(try old.appending(name).readFile(), to: directory.appending(name))
        }
    }

    /// nil where the root has no compiler, or it was not found out yet.
    func known(for tree: FilePath) throws(ProvisioningError) -> CompilerAgreement? {
        guard let file = try file(for: tree) else { return nil }
        return Self.read(file)
    }

    /// nil where it was not written, or where somebody has damaged it.
    private static func read(_ file: FilePath) -> CompilerAgreement? {
        guard let bytes = try? file.readFile() else { return nil }
        return try? JSONDecoder().decode(CompilerAgreement.self, from: Data(bytes))
    }

    /// Whether there is nothing to be found out about the root's compilers.
    func isSettled(for tree: FilePath) throws(ProvisioningError) -> Bool {
        guard let file = try file(for: tree) else { return true }
        return Self.read(file) != nil
    }

    /// nil where the root has no compiler.
    func file(for tree: FilePath) throws(ProvisioningError) -> FilePath? {
        let versions = try below { () throws(FilesystemError) in try Directory.open(tree) }
        guard let text = try below({ () throws(AccelerationError) in try InstalledPackages(of: versions)?.compilers }),
            !text.isEmpty
        else { return nil }
        let digest = try below { () throws(IntegrityError) in try Digest.of(Array(text.utf8)) }
        return directory.appending("\(Self.prefix)\(digest.hex.prefix(16)).json")
    }

    /// Finds it out where that is still to be done: has the tree's own compilers and the others compile the same.
    ///
    /// `note` is told what takes a while: that, or that another process is at it.
    func compare(
        _ tree: FilePath, _ source: AccelerationSource, _ subject: ToolsTrees.Subject, keptIn kept: FilePath,
        caller: Caller, note: (String) -> Void
    ) throws(ProvisioningError) {
        guard let file = try file(for: tree), Self.read(file) == nil else { return }
        let lock = try lock(note)
        defer { withExtendedLifetime(lock.rawValue) {} }
        guard Self.read(file) == nil else { return }
        note("comparing the compilers of \(subject.title) with the tools tree's, once")
        var source = source
        source.generation = tools
        defer { TreeAcceleration.forgetComparison(in: kept) }
        (source.comparison, source.choice) = (.own, AccelerationChoice(.full))
        let own = try output(source, in: tree, subject, keptIn: kept, caller)
        (source.comparison, source.choice) = (.tools, AccelerationChoice(.full, isRequired: true))
        let other = try output(source, in: tree, subject, keptIn: kept, caller)
        let data = (try? JSONEncoder().encode(CompilerCheck.agreement(of: own, and: other))) ?? Data()
        try below { () throws(FilesystemError) in try AtomicFile.write(Array(data), to: file) }
    }

    private func lock(_ note: (String) -> Void) throws(ProvisioningError) -> FileLock {
        let path = directory.appending(".agreement.lock")
        if let lock = try? FileLock.acquire(path, .exclusive, wait: false) { return lock }
        note("waiting for another mangrove, which compares compilers")
        return try below { () throws(FilesystemError) in try FileLock.acquire(path, .exclusive, wait: true) }
    }

    /// What the comparing script prints.
    private func output(
        _ source: AccelerationSource, in tree: FilePath, _ subject: ToolsTrees.Subject, keptIn kept: FilePath,
        _ caller: Caller
    ) throws(ProvisioningError) -> String {
        let log = kept.appending("comparison.log")
        defer { try? Directory.open(kept).unlink("comparison.log") }
        let command = try TreeCommand(
            in: tree, called: "comparison", architecture: subject.architecture, caller: caller,
            acceleration: .init(source: source, subject: subject, directory: kept))
        _ = try command.run(["sh", "-c", CompilerCheck.script], log: log)
        let bytes = try below { () throws(FilesystemError) in try log.readFile() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
