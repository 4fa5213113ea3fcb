// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import FoundationEssentials
package import SystemPackage

extension Accelerator {
    /// What is known of the compilers of `tree` with the newest tools tree.
    func compilers(of tree: FilePath) throws(ProvisioningError) -> CompilerAgreements.State {
        try CompilerAgreements(tools, subject)?.state(for: tree) ?? .noCompilers
    }

    /// Whether the compilers of the root `tree` are emulated because nothing is known of them yet.
    package func awaitsComparison(_ tree: FilePath) -> Bool {
        (try? compilers(of: tree)) == .unknown
    }

    /// Finds out whether the compilers of the tools tree give the same code as those of the root `tree`, where that is
    /// not known yet. It compiles in the root, which does not change. Returns whether it was unknown.
    ///
    /// `note` is told what takes a while.
    func compareCompilers(
        in tree: FilePath, keptIn directory: FilePath, caller: Caller, note: (String) -> Void
    ) throws(ProvisioningError) -> Bool {
        guard try compilers(of: tree) == .unknown, let found = try tools.find(subject)
        else { return false }
        let comparison = CompilerComparison(
            tree: tree, agreements: CompilerAgreements(tools, found.record.name), accelerator: self,
            directory: directory, caller: caller)
        try comparison.perform(note)
        withExtendedLifetime(found.takeLock().rawValue) {}
        return true
    }
}

/// Has a tree's own compilers and those of a tools tree compile the same, and writes down what comes of it.
struct CompilerComparison {
    let tree: FilePath
    let agreements: CompilerAgreements
    let accelerator: Accelerator
    /// Where files are kept meanwhile.
    let directory: FilePath
    let caller: Caller

    /// Does it unless it was done. `note` is told what takes a while: that, or that another process is at it.
    func perform(_ note: (String) -> Void) throws(ProvisioningError) {
        guard let file = try agreements.file(for: tree), CompilerAgreements.read(file) == nil else { return }
        // Programs cannot be made native at all.
        guard try !command().emulation.rules.isEmpty else { return }
        let lock = try lock(note)
        defer { withExtendedLifetime(lock.rawValue) {} }
        guard CompilerAgreements.read(file) == nil else { return }
        note("comparing the compilers of \(accelerator.subject.title) with the tools tree's, once")
        defer { TreeAcceleration.forgetComparison(in: directory) }
        let own = try output(accelerator.comparing(.own(agreements.tools)))
        let other = try output(accelerator.comparing(.tools(agreements.tools)))
        let data = (try? JSONEncoder().encode(CompilerCheck.agreement(of: own, and: other))) ?? Data()
        try below { () throws(FilesystemError) in try AtomicFile.write(Array(data), to: file) }
    }

    private func lock(_ note: (String) -> Void) throws(ProvisioningError) -> FileLock {
        let path = agreements.directory.appending(".agreement.lock")
        if let lock = try? FileLock.acquire(path, .exclusive, wait: false) { return lock }
        note("waiting for another mangrove that is comparing compilers")
        return try below { () throws(FilesystemError) in try FileLock.acquire(path, .exclusive, wait: true) }
    }

    /// What the comparing script prints.
    private func output(_ accelerator: Accelerator) throws(ProvisioningError) -> String {
        let log = directory.appending("comparison.log")
        defer { try? Directory.open(directory).unlink("comparison.log") }
        let command = AcceleratedCommand(command: try command(), accelerator: accelerator, directory: directory)
        _ = try command.run(["sh", "-c", CompilerCheck.script], log: log)
        let bytes = try below { () throws(FilesystemError) in try log.readFile() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func command() throws(ProvisioningError) -> TreeCommand {
        try TreeCommand(
            in: tree, called: "comparison", architecture: accelerator.subject.architecture, caller: caller)
    }
}
