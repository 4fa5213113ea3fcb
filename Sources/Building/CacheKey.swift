// SPDX-License-Identifier: Apache-2.0

internal import Integrity
internal import Provisioning

/// Names of cache entries that depend on many inputs: twelve digits of a digest.
enum CacheKey {
    static func make(_ parts: [String]) throws(ProvisioningError) -> String {
        let digest = try below { () throws(IntegrityError) in
            try Digest.of(Array(parts.joined(separator: "\0").utf8))
        }
        return String(digest.hex.prefix(12))
    }
}
