// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import Processes
package import SystemPackage

/// A binfmt_misc in a user namespace of its own, with a mount namespace; both end with it.
package struct PrivateBinfmt {
    /// Where this process finds it.
    package let path: FilePath
    private let process: String
    private let server: ServerProcess

    /// Executes a command, found by PATH, in the namespaces, as their root. `PATH` and `environment` are its
    /// environment.
    package func execute(_ command: [String], environment: [String] = []) throws -> ChildProcess {
        guard let nsenter = ChildProcess.find("nsenter") else { throw Errno.noSuchFileOrDirectory }
        return try ChildProcess.run(
            nsenter, ["--target", process, "--user", "--mount", "--preserve-credentials", "--"] + command,
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] + environment)
    }

    fileprivate init(scratch: FilePath) throws {
        let log = scratch.appending("log")
        let mount = scratch.appending("binfmt")
        try Directory.open(scratch).makeDirectory("binfmt")
        let script = "mount -t binfmt_misc none \"$1\" && echo ready $$ && exec sleep infinity || echo failed"
        server = try ServerProcess(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", mount.string], log: log)
        let answer = try ServerProcess.wait(for: "a private binfmt_misc") { () -> String? in
            let text = String(decoding: (try? log.readFile()) ?? [], as: UTF8.self)
            return text.hasSuffix("\n") ? text : nil
        }
        guard answer.hasPrefix("ready ") else { throw ServerProcess.Failed(description: answer) }
        process = String(answer.dropFirst(6).prefix(while: \.isNumber))
        path = FilePath("/proc/\(process)/root\(mount)")
    }
}

/// Calls `body` with a private binfmt_misc; where the kernel or the machine's policy forbids that, says so and does
/// not call it.
package func withPrivateBinfmt(_ body: (PrivateBinfmt) throws -> Void) throws {
    try withScratchDirectory { scratch in
        let binfmt: PrivateBinfmt
        do {
            binfmt = try PrivateBinfmt(scratch: scratch)
        } catch let error as ServerProcess.Failed {
            print("not tried here: no private binfmt_misc: \(error)")
            return
        }
        try withExtendedLifetime(binfmt) { try body(binfmt) }
    }
}
