// SPDX-License-Identifier: Apache-2.0

package import Failures
package import Filesystem
internal import SystemPackage

/// Why verification failed, or why it was impossible.
package struct IntegrityError: Failure, Equatable {
    package enum Code: Equatable, Sendable {
        case digestMismatch(expected: Digest, found: Digest)
        /// There is no OpenPGP signature in what should hold one.
        case noSignature
        /// The signature is not one of this content.
        case badSignature
        /// Signed with a key that is not pinned: its fingerprint, or its key ID where the key itself is unknown.
        case keyNotPinned(String, pinned: [Fingerprint])
        /// No keyring at hand holds a pinned key.
        case noKey(pinned: [Fingerprint])
        case keyExpired(String)
        case keyRevoked(String)
        case signatureExpired
        /// Made over a digest that can be forged: its name.
        case weakDigest(String)
        /// A file of keys holds none.
        case badKeyFile(String)
        /// gpgv is not installed.
        case verifierMissing
        /// gpgv gave no usable answer; its own message.
        case verifierFailed(String)
        case libraryFailed
        case file(FilesystemError)
    }

    package let code: Code
    /// The file or URL that was checked.
    package let subject: String

    package init(_ code: Code, _ subject: String) {
        self.code = code
        self.subject = subject
    }

    init(_ error: FilesystemError) {
        self.init(.file(error), error.path.string)
    }

    /// Runs `body`; an error of the file system becomes one of this type.
    static func onFile<Result: ~Copyable>(
        _ body: () throws(FilesystemError) -> Result
    ) throws(IntegrityError) -> Result {
        do throws(FilesystemError) {
            return try body()
        } catch {
            throw IntegrityError(error)
        }
    }

    package var problem: String {
        switch code {
        case .digestMismatch(let expected, _): "\(expected.algorithm.title) of \(subject) does not match"
        case .noSignature, .badSignature, .keyNotPinned, .keyExpired, .keyRevoked, .signatureExpired,
            .weakDigest:
            "the signature of \(subject) is invalid"
        case .noKey, .verifierMissing, .verifierFailed: "cannot verify the signature of \(subject)"
        case .badKeyFile: "cannot use the keys in \(subject)"
        case .libraryFailed: "cannot compute a digest of \(subject)"
        case .file(let error): error.problem
        }
    }

    package var cause: String? {
        switch code {
        case .digestMismatch(let expected, let found): "expected \(expected.hex), found \(found.hex)"
        case .noSignature: "it has no OpenPGP signature"
        case .badSignature: "the content was changed or damaged after signing"
        case .keyNotPinned(let key, let pinned):
            "signed with key \(key), expected \(pinned.map(\.hex).joined(separator: " or "))"
        case .noKey(let pinned): "no keyring contains \(pinned.map(\.hex).joined(separator: " or "))"
        case .keyExpired(let key): "key \(key) has expired"
        case .keyRevoked(let key): "key \(key) was revoked by its owner"
        case .signatureExpired: "the signature itself has expired"
        case .weakDigest(let name):
            "it uses \(name), which is open to collisions; expected SHA-256 or better"
        case .badKeyFile(let reason): reason
        case .verifierMissing: "gpgv is not installed"
        case .verifierFailed(let text): text
        case .libraryFailed: "libcrypto does not support that algorithm"
        case .file(let error): error.cause
        }
    }

    package var remedy: String? {
        switch code {
        case .verifierMissing: "install it: sudo apt-get install gpgv (dnf, zypper: gpg2; apk: gpgv)"
        case .weakDigest: "use a mirror with newer signatures, or have its owner sign again"
        case .noKey: "give a file with the key: --keyring FILE"
        case .file(let error): error.remedy
        default: nil
        }
    }

    package var status: ExitStatus {
        switch code {
        case .verifierMissing, .noKey, .badKeyFile: .badConfiguration
        case .verifierFailed, .libraryFailed: .software
        case .file(let error): error.status
        default: .badData
        }
    }
}
