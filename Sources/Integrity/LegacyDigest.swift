// SPDX-License-Identifier: Apache-2.0

internal import CCrypto

/// MD5 (RFC 1321), with which dpkg recognizes configuration files somebody has edited. It proves nothing: whatever is
/// to be verified has a `Digest`.
package enum LegacyDigest {
    /// In hexadecimal, lower case. Throws where libcrypto is set to refuse MD5.
    package static func md5(_ bytes: [UInt8]) throws(IntegrityError) -> String {
        var digest = [UInt8](repeating: 0, count: 16)
        guard unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_md5(), nil) == 1 else {
            throw IntegrityError(.libraryFailed, "MD5")
        }
        return Hexadecimal.encode(digest)
    }
}
