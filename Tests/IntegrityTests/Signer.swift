// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import Processes
import SystemPackage
import Testing

/// GnuPG with a home of its own, in a scratch directory; its agent is stopped at the end.
struct Signer {
    let home: FilePath
    let scratch: FilePath

    static func with(_ body: (Signer) throws -> Void) throws {
        try withScratchDirectory { scratch in
            try Directory.open(scratch).makeDirectory("gnupg", mode: 0o700)
            let signer = Signer(home: scratch.appending("gnupg"), scratch: scratch)
            defer { _ = try? signer.execute("gpgconf", ["--kill", "all"]) }
            try body(signer)
        }
    }

    /// Makes a key. `expire` as gpg takes it: "never", "seconds=1".
    func makeKey(_ name: String, expire: String = "never", at time: String? = nil) throws -> Fingerprint {
        let clock = time.map { ["--faked-system-time", $0] } ?? []
        try gpg(clock + ["--quick-gen-key", "\(name) <\(name)@example.org>", "ed25519", "sign", expire])
        let listing = try gpg(["--with-colons", "--list-keys", "=\(name) <\(name)@example.org>"])
        let line = try #require(listing.outputText.split(separator: "\n").first { $0.hasPrefix("fpr:") })
        return try #require(Fingerprint(line.split(separator: ":").last.map(String.init) ?? ""))
    }

    func export(_ keys: [Fingerprint], armored: Bool = false) throws -> KeyFile {
        let bytes = try gpg(["--export"] + (armored ? ["--armor"] : []) + keys.map(\.hex)).output
        return try KeyFile(bytes, named: "test keys")
    }

    func detached(_ content: String, by keys: [Fingerprint], options: [String] = []) throws -> [UInt8] {
        try sign(content, options + ["--armor", "--detach-sign"], keys)
    }

    func clearsigned(_ content: String, by keys: [Fingerprint]) throws -> [UInt8] {
        try sign(content, ["--clearsign"], keys)
    }

    func sign(_ content: String, _ options: [String], _ keys: [Fingerprint]) throws -> [UInt8] {
        let path = scratch.appending("content")
        try AtomicFile.write(Array(content.utf8), to: path)
        return try gpg(keys.flatMap { ["--local-user", $0.hex] } + options + ["--output", "-", path.string]).output
    }

    @discardableResult
    func gpg(_ arguments: [String]) throws -> ChildProcess {
        try execute("gpg", ["--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"] + arguments)
    }

    private func execute(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let path = try #require(ChildProcess.find(program), "these tests need \(program)")
        let child = try ChildProcess.run(
            path, arguments, environment: ["GNUPGHOME=\(home)", "PATH=/usr/bin:/bin", "LC_ALL=C"], limit: 8 << 20)
        try #require(child.succeeded, "\(program) \(arguments): \(child.errorText)")
        return child
    }
}
