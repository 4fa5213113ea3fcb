// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
internal import Sandbox
package import SystemPackage

/// Mangrove's own commands in a tree under construction: package managers, a smoke test. They share only the network
/// and its proxies with the caller.
package struct TreeCommand: Sendable {
    let tree: FilePath
    let caller: Caller
    private let hostname: String
    let emulation: EmulationChoice

    /// Determines how to execute programs of `architecture`. Throws if that is impossible.
    package init(
        in tree: FilePath, called hostname: String, architecture: Architecture, caller: Caller, cpu: String? = nil
    ) throws(ProvisioningError) {
        self.tree = tree
        self.hostname = hostname
        self.caller = Caller(
            identity: caller.identity, currentDirectory: "/", environment: caller.environment)
        emulation = try EmulationChoice.make(
            for: architecture, privately: caller.identity.usesNamespace, cpu: cpu, trustsSetuid: false)
    }

    /// Executes `command` as root of the tree and waits for it. Returns its exit status, 128 and the signal's number
    /// where one ended it.
    ///
    /// Standard input is empty; output and errors are appended to `log`, a file of the host.
    package func run(
        _ command: [String], environment: [String: String] = [:], log: FilePath
    ) throws(ProvisioningError) -> Int32 {
        try perform(plan(command, environment: environment), log: log)
    }

    /// With all of the tree's programs emulated.
    func plan(_ command: [String], environment: [String: String]) throws(ProvisioningError) -> SandboxPlan {
        var request = RunRequest(command: command)
        request.environment = environment
        request.workingDirectory = "/"
        return try SandboxPlan(request, tree: tree, hostname: hostname, caller: caller, emulation: emulation)
    }

    /// Performs `plan`, one of `plan` or with more in it, and waits for its end. Standard input is `input`, a file of the
    /// host.
    func perform(
        _ plan: SandboxPlan, input: FilePath = "/dev/null", log: FilePath
    ) throws(ProvisioningError) -> Int32 {
        let null = try below { () throws(FilesystemError) in try OwnedDescriptor.open(input, .readOnly) }
        let output = try below { () throws(FilesystemError) in
            try OwnedDescriptor.open(log, .writeOnly, options: [.create, .append])
        }
        var descriptors = StandardDescriptors()
        descriptors.input = null.rawValue
        descriptors.output = output.rawValue
        descriptors.error = output.rawValue
        do throws(SandboxError) {
            var run = try Run.start(plan, descriptors: descriptors)
            let status = run.wait()
            withExtendedLifetime(null.rawValue) {}
            withExtendedLifetime(output.rawValue) {}
            return status
        } catch {
            throw ProvisioningError(error)
        }
    }
}

/// The end of a log, for an error's second line.
package enum LogEnd {
    /// The last `count` lines of the file that are not empty, joined with "; "; nil where there are none.
    package static func read(_ log: FilePath, lines count: Int = 3) -> String? {
        let lines = lines(log, count: count)
        return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }

    /// The last `count` lines that are not empty, of the last kilobytes.
    package static func lines(_ log: FilePath, count: Int) -> [String] {
        guard let file = try? OwnedDescriptor.open(log, .readOnly), let size = try? file.size(of: log) else {
            return []
        }
        _ = try? FileDescriptor(rawValue: file.rawValue).seek(offset: max(0, size - 16 << 10), from: .start)
        guard let bytes = try? file.readToEnd(of: log) else { return [] }
        let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        return lines.suffix(count).map { String(decoding: $0, as: UTF8.self) }
    }
}
