// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import SystemPackage

/// OpenPGP public keys as a file holds them. That a key is in it means nothing yet: a signature counts only if its
/// key is pinned.
package struct KeyFile: Hashable, Sendable {
    /// The path or URL it came from.
    package let name: String
    /// In binary, as gpgv wants them: packets, or GnuPG's keybox.
    package let bytes: [UInt8]

    /// `bytes`: binary keys, a keybox, or armored ones. Throws where they are none of these.
    package init(_ bytes: [UInt8], named name: String) throws(IntegrityError) {
        self.name = name
        if bytes.starts(with: Array("-----BEGIN".utf8)) || !Self.isBinary(bytes) {
            guard let keys = Armor.keys(in: bytes) else {
                throw IntegrityError(.badKeyFile("it contains no valid OpenPGP public key"), name)
            }
            self.bytes = keys
        } else {
            self.bytes = bytes
        }
    }

    package static func read(_ path: FilePath) throws(IntegrityError) -> KeyFile {
        let bytes = try IntegrityError.onFile { () throws(FilesystemError) in try path.readInput(limit: 32 << 20) }
        return try KeyFile(bytes, named: path.string)
    }

    /// Whether the key of that fingerprint may be in it; false is certain.
    ///
    /// A v4 key does not hold its own fingerprint, but the signature over its user ID names it or its last eight bytes.
    package func mayHold(_ fingerprint: Fingerprint) -> Bool {
        let wanted = Array(fingerprint.keyID)
        guard bytes.count >= wanted.count else { return false }
        return bytes.indices.dropLast(wanted.count - 1).contains { start in
            bytes[start] == wanted[0] && bytes[start..<start + wanted.count].elementsEqual(wanted)
        }
    }

    /// Where distributions keep the keys of archives.
    package static let hostDirectories: [FilePath] = [
        "/usr/share/keyrings", "/etc/apt/keyrings", "/etc/apt/trusted.gpg.d", "/usr/share/pacman/keyrings",
        "/usr/share/distribution-gpg-keys/debian", "/usr/share/distribution-gpg-keys/ubuntu",
    ]

    /// The files in `directories` that may hold one of `fingerprints`. What cannot be read or holds no keys is passed
    /// over: a broken keyring of something else is not this program's business.
    package static func onHost(
        holding fingerprints: [Fingerprint], in directories: [FilePath] = hostDirectories
    ) -> [KeyFile] {
        var found: [KeyFile] = []
        for path in directories {
            guard let directory = try? Directory.open(path), let names = try? directory.names() else { continue }
            for name in names.sorted(by: { $0.string < $1.string })
            where ["gpg", "asc", "pgp", "kbx"].contains(name.extension ?? "") {
                guard let file = try? read(path.appending(name)), fingerprints.contains(where: file.mayHold),
                    !found.contains(where: { $0.bytes == file.bytes })
                else { continue }
                found.append(file)
            }
        }
        return found
    }

    /// A public-key packet of either format first, or a keybox's mark.
    private static func isBinary(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first else { return false }
        // Old format: tag 6 in bits 2 to 5; new format: in the low six bits.
        let publicKey = first & 0xFC == 0x98 || first == 0xC6
        return publicKey || bytes.dropFirst(8).starts(with: Array("KBXf".utf8))
    }
}
