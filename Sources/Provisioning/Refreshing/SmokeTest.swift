// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Failures
internal import Filesystem
internal import Glibc
internal import Sandbox
internal import SystemPackage
internal import Terminal

/// Tests whether a tree can execute something: its shell, and its package manager if it has one. Emulated, to test the
/// tree's own programs.
struct SmokeTest {
    let record: RootRecord

    init(_ record: RootRecord) { self.record = record }

    func perform(
        in staging: borrowing Staging, caller: Caller, cpu: String?, _ progress: Progress
    ) throws(ProvisioningError) {
        progress.begin("testing it")
        defer { progress.end() }
        let log = staging.directory.appending("smoke-test")
        defer { _ = unsafe unlink(log.string) }
        let tree = staging.tree
        let manager = try below { () throws(FilesystemError) in try PackageManager.find(in: try Directory.open(tree)) }
        let command = try TreeCommand(
            in: tree, called: record.name.description, architecture: Architecture(record.architecture) ?? .host,
            caller: caller, cpu: cpu)
        let script = manager.map { "\($0.program) --version >/dev/null" } ?? "exit 0"
        let reason: String
        do throws(ProvisioningError) {
            let status = try command.run(["/bin/sh", "-c", script], log: log)
            guard status != 0 else { return }
            reason = "/bin/sh -c '\(script)' ended with \(status): \(LogEnd.read(log) ?? "no output")"
        } catch {
            guard [.notFound, .notExecutable].contains(error.status) else { throw error }
            reason = error.summary
        }
        throw ProvisioningError(.notWorking(record.name, record.version, reason: reason))
    }
}
