// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import Processes
package import SystemPackage

/// A good signature by a pinned key.
package struct VerifiedSignature: Hashable, Sendable {
    /// Of the primary key: the one that is pinned.
    package let fingerprint: Fingerprint
    /// Of the key that made the signature: the primary one or a subkey of it.
    package let signingKey: Fingerprint
    /// When it was made, in seconds since the epoch.
    package let created: Int64
    /// Who the key says it belongs to; no control characters. Empty where gpgv did not say.
    package let userID: String

    package init(fingerprint: Fingerprint, signingKey: Fingerprint, created: Int64, userID: String) {
        self.fingerprint = fingerprint
        self.signingKey = signingKey
        self.created = created
        self.userID = userID
    }
}

/// Verifies OpenPGP signatures with gpgv(1): nothing but a signature by one of the pinned keys will do.
package struct SignatureVerifier: Sendable {
    package let pinned: [Fingerprint]
    /// Those that may hold a pinned key.
    package let keys: [KeyFile]
    private let program: FilePath?

    /// `keys` may hold other keys too; they open nothing.
    package init(pinned: [Fingerprint], keys: [KeyFile], program: FilePath? = Self.gpgv) {
        self.pinned = pinned
        self.keys = keys.filter { pinned.contains(where: $0.mayHold) }
        self.program = program
    }

    /// gpgv as it is installed here; nil where it is not.
    package static var gpgv: FilePath? { ChildProcess.find("gpgv") }

    /// Verifies that `signature`, binary or armored, is one of the file's content.
    ///
    /// - Parameter subject: the URL or path of the signature, for messages.
    package func verify(
        _ signature: [UInt8], of content: borrowing OwnedDescriptor, named subject: String
    ) throws(IntegrityError) -> VerifiedSignature {
        let signatureFile = try memoryFile("signature", signature)
        return try run(
            ["/proc/self/fd/\(signatureFile.rawValue)", "/proc/self/fd/\(content.rawValue)"],
            keeping: [signatureFile.rawValue, content.rawValue], named: subject
        ).signature
    }

    /// The same with the content in memory.
    package func verify(
        _ signature: [UInt8], of content: [UInt8], named subject: String
    ) throws(IntegrityError) -> VerifiedSignature {
        try verify(signature, of: try memoryFile("content", content), named: subject)
    }

    /// Verifies a clearsigned document (RFC 4880, section 7). Only `text` was signed; nothing else of the document
    /// may be used.
    package func verifyClearsigned(
        _ document: [UInt8], named subject: String
    ) throws(IntegrityError) -> (text: [UInt8], signature: VerifiedSignature) {
        // One message and nothing before it, so that no second text can pass for the signed one.
        let opening = Array("-----BEGIN PGP SIGNED MESSAGE-----".utf8)
        let openings = document.split(separator: UInt8(ascii: "\n")).count { $0.starts(with: opening) }
        guard document.starts(with: opening), openings == 1 else { throw IntegrityError(.noSignature, subject) }
        let file = try memoryFile("document", document)
        let done = try run(
            ["/proc/self/fd/\(file.rawValue)"], keeping: [file.rawValue], named: subject, limit: document.count)
        return (done.output, done.signature)
    }

    private func run(
        _ files: [String], keeping kept: [CInt], named subject: String, limit: Int = 0
    ) throws(IntegrityError) -> (output: [UInt8], signature: VerifiedSignature) {
        guard let program else { throw IntegrityError(.verifierMissing, subject) }
        guard !keys.isEmpty else { throw IntegrityError(.noKey(pinned: pinned), subject) }
        // One keyring would do but for keyboxes, which cannot be joined.
        var keyrings: [CInt] = []
        defer { for raw in keyrings { try? FileDescriptor(rawValue: raw).close() } }
        for key in keys { keyrings.append(try memoryFile("keyring", key.bytes).release().rawValue) }
        let status = try memoryFile("status", [])
        let options = ["--homedir", "/nonexistent", "--status-fd", "\(status.rawValue)", "--output", "-"]
        let (child, report) = try IntegrityError.onFile { () throws(FilesystemError) in
            let child = try ChildProcess.run(
                program, options + keyrings.flatMap { ["--keyring", "/proc/self/fd/\($0)"] } + ["--"] + files,
                environment: ["LC_ALL=C", "PATH=/usr/bin:/bin"], keeping: kept + keyrings + [status.rawValue],
                timeout: .seconds(300), limit: limit)
            try status.rewind("status")
            return (child, try status.readToEnd(of: "status"))
        }
        // 0: all signatures are good, 1: one is bad, 2: something else, such as a second signer nobody knows.
        guard case .exited(let code) = child.end, (0...2).contains(code) else {
            throw IntegrityError(.verifierFailed("gpgv ended with \(child.end)"), subject)
        }
        switch VerifierReport(parsing: String(decoding: report, as: UTF8.self)).signature(pinned: pinned) {
        case .success(let signature): return (child.output, signature)
        case .failure(let problem): throw IntegrityError(problem.code, subject)
        }
    }

    private func memoryFile(_ name: String, _ bytes: [UInt8]) throws(IntegrityError) -> OwnedDescriptor {
        try IntegrityError.onFile { () throws(FilesystemError) in try .inMemory(name, holding: bytes) }
    }
}
