// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
package import SystemPackage

/// The record of a root: `roots/NAME/root.json`, which `list` and `inspect` report.
///
/// Unknown keys from later versions are ignored; a key whose meaning changes raises `schema`.
package struct RootRecord: Codable, Equatable, Sendable {
    /// The newest `schema` this program understands.
    package static let schema = 1
    /// The largest one that is read, in bytes.
    package static let limit = 16 << 20

    /// The owners of the tree's files on the host.
    package enum Ownership: String, Codable, Sendable {
        /// As the archive says: real ids for root, a subordinate range for others.
        case archive
        /// All belong to the creator: there was only one id.
        case caller
    }

    /// An entry of the archive that was left out, and why.
    package struct Skipped: Codable, Equatable, Sendable {
        package let path: String
        package let reason: String

        package init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    package var schema = Self.schema
    package var name: RootName
    /// `ubuntu`: as in `distros.json`, else as in os-release.
    package var distro: String
    /// `24.04`: what packages are taken from.
    package var release: String
    /// `24.04.4`: the point release of the base.
    package var version: String
    package var codename: String?
    /// Debian's name of it.
    package var architecture: String
    /// The tree. Absolute.
    package var path: String
    /// RFC 3339, in UTC.
    package var created: String
    package var verified: Verification
    /// The base's original name.
    package var source: String
    /// Packages asked for beyond the base.
    package var packages: [String] = []
    package var ownership: Ownership
    package var skipped: [Skipped] = []
    /// What `/etc/resolv.conf` was in the base, for export; nil where nothing was changed.
    package var resolvConf: OriginalFile?
    /// The same of `/etc/hosts`.
    package var hosts: OriginalFile?
    /// The number of this state of the root: each refresh makes the next one.
    package var generation = 1
    /// The generation that this one was made to replace; nil for the first.
    package var replaced: Int?
    /// Exceptions allowed for its source; nil without any.
    package var allowances: SourceAllowances?
    /// The default for its acceleration: a value of --acceleration.
    package var acceleration: String?
    /// The newest time of what it was made of, RFC 3339 in UTC: of an archive's Release files, of a tarball's entries.
    package var sourceDate: String?
    /// The moment of the archive that it is pinned to, as `20260901T000000Z`; a refresh has nothing to do.
    package var snapshot: String?
    /// Of the lock file that it was made from, `sha256:…`.
    package var lock: String?
    /// The container image that it is made of.
    package var image: Image?
    /// True where `remove` could not delete everything: what is left cannot be used.
    package var removedInPart: Bool?

    package init(
        name: RootName, distro: String, release: String, version: String, codename: String? = nil,
        architecture: String, path: FilePath, created: String, verified: Verification, source: String,
        ownership: Ownership
    ) {
        self.name = name
        self.distro = distro
        self.release = release
        self.version = version
        self.codename = codename
        self.architecture = architecture
        self.path = path.string
        self.created = created
        self.verified = verified
        self.source = source
        self.ownership = ownership
    }
}

extension ProvisioningError.Kind {
    fileprivate static func newerRecord(_ path: FilePath) -> Self {
        .damagedRecord(path, reason: "written by a newer mangrove")
    }
}

/// The original state of a file of the base that mangrove replaced for runs.
package enum OriginalFile: Equatable, Sendable {
    case absent
    case symbolicLink(target: String)
    case file(contents: String)
}

/// `{"file": {"contents": "…"}}`, and so on: the synthesized format, but written by hand because every run reads it and
/// the synthesized types cost time.
extension OriginalFile: Codable {
    private enum Key {
        static let (absent, link, file) = ("absent", "symbolicLink", "file")
        static let (target, contents) = ("target", "contents")
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let cases = try container.decode([String: [String: String]].self)
        if cases[Key.absent] != nil {
            self = .absent
        } else if let target = cases[Key.link]?[Key.target] {
            self = .symbolicLink(target: target)
        } else if let contents = cases[Key.file]?[Key.contents] {
            self = .file(contents: contents)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected absent, symbolicLink or file")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .absent: try container.encode([Key.absent: [String: String]()])
        case .symbolicLink(let target): try container.encode([Key.link: [Key.target: target]])
        case .file(let contents): try container.encode([Key.file: [Key.contents: contents]])
        }
    }
}

extension RootRecord {
    /// Reads a record that lies at `path`.
    package init(parsing bytes: [UInt8], at path: FilePath) throws(ProvisioningError) {
        struct Header: Decodable {
            let schema: Int
        }
        do {
            self = try JSONDecoder().decode(RootRecord.self, from: Data(bytes))
            guard schema <= Self.schema else { throw ProvisioningError(.newerRecord(path)) }
        } catch let error as ProvisioningError {
            throw error
        } catch let error as DecodingError {
            // A newer one may have other keys.
            let header = try? JSONDecoder().decode(Header.self, from: Data(bytes))
            if let header, header.schema > Self.schema { throw ProvisioningError(.newerRecord(path)) }
            throw ProvisioningError(.damagedRecord(path, reason: JSONFault(error).description))
        } catch {
            throw ProvisioningError(.damagedRecord(path, reason: "invalid JSON"))
        }
    }

    package func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Nothing in a record can fail to encode.
        let data = (try? encoder.encode(self)) ?? Data()
        return Array(data) + [UInt8(ascii: "\n")]
    }

    /// Now, as `created` has it.
    package static var now: String { Date().formatted(.iso8601) }
}
