// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import Integrity
package import Processes
package import SystemPackage

/// GnuPG with a home of its own, in a scratch directory; its agent is stopped at the end.
package struct Signer: Sendable {
    /// gpg is missing or refused.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let home: FilePath
    package let scratch: FilePath

    package static func with(_ body: (Signer) throws -> Void) throws {
        try withScratchDirectory { scratch in
            try Directory.open(scratch).makeDirectory("gnupg", mode: 0o700)
            let signer = Signer(home: scratch.appending("gnupg"), scratch: scratch)
            defer { _ = try? signer.execute("gpgconf", ["--kill", "all"]) }
            try body(signer)
        }
    }

    /// The same for a test that awaits.
    package nonisolated(nonsending) static func with(
        _ body: nonisolated(nonsending) (Signer) async throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            try Directory.open(scratch).makeDirectory("gnupg", mode: 0o700)
            let signer = Signer(home: scratch.appending("gnupg"), scratch: scratch)
            defer { _ = try? signer.execute("gpgconf", ["--kill", "all"]) }
            try await body(signer)
        }
    }

    /// Makes a key. `expire` as gpg takes it: "never", "seconds=1". One of `kind` "rsa2048" signs short digests, too.
    package func makeKey(
        _ name: String, kind: String = "ed25519", expire: String = "never", at time: String? = nil
    ) throws -> Fingerprint {
        let clock = time.map { ["--faked-system-time", $0] } ?? []
        try gpg(clock + ["--quick-gen-key", "\(name) <\(name)@example.org>", kind, "sign", expire])
        let listing = try gpg(["--with-colons", "--list-keys", "=\(name) <\(name)@example.org>"])
        let line = listing.outputText.split(separator: "\n").first { $0.hasPrefix("fpr:") }
        guard let key = line?.split(separator: ":").last.flatMap({ Fingerprint(String($0)) }) else {
            throw Failure(description: "no fingerprint in \(listing.outputText)")
        }
        return key
    }

    package func export(_ keys: [Fingerprint], armored: Bool = false) throws -> KeyFile {
        let bytes = try gpg(["--export"] + (armored ? ["--armor"] : []) + keys.map(\.hex)).output
        return try KeyFile(bytes, named: "test keys")
    }

    package func detached(_ content: String, by keys: [Fingerprint], options: [String] = []) throws -> [UInt8] {
        try sign(content, options + ["--armor", "--detach-sign"], keys)
    }

    package func clearsigned(_ content: String, by keys: [Fingerprint]) throws -> [UInt8] {
        try sign(content, ["--clearsign"], keys)
    }

    package func sign(_ content: String, _ options: [String], _ keys: [Fingerprint]) throws -> [UInt8] {
        let path = scratch.appending("content")
        try AtomicFile.write(Array(content.utf8), to: path)
        return try gpg(keys.flatMap { ["--local-user", $0.hex] } + options + ["--output", "-", path.string]).output
    }

    @discardableResult
    package func gpg(_ arguments: [String]) throws -> ChildProcess {
        try execute("gpg", ["--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"] + arguments)
    }

    private func execute(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        guard let path = ChildProcess.find(program) else { throw Failure(description: "these tests need \(program)") }
        let child = try ChildProcess.run(
            path, arguments, environment: ["GNUPGHOME=\(home)", "PATH=/usr/bin:/bin", "LC_ALL=C"], limit: 8 << 20)
        guard child.succeeded else { throw Failure(description: "\(program) \(arguments): \(child.errorText)") }
        return child
    }
}
