// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Failures
internal import Filesystem
internal import FoundationEssentials
internal import JSON5
package import SystemPackage

/// The user's configuration: a JSON5 file, every key of which may be left out.
package struct Configuration: Equatable, Sendable {
    /// Times are in seconds.
    package struct Network: Equatable, Sendable {
        package var stallTimeout: Double?
        package var connectTimeout: Double?
        package var attempts: Int?
        package var connectionsPerHost: Int?
        /// A URL; `no_proxy` still applies.
        package var proxy: String?
    }

    package var network = Network()
    /// By distro, instead of those in `distros.json`.
    package var mirrors: [String: String] = [:]
    /// The emulated CPU, as `--cpu`.
    package var cpu: String?
    /// As `--acceleration`.
    package var acceleration: AccelerationChoice.Extent?
    /// What is eligible besides, and what is not.
    package var accelerate = EligibilityChanges()
    /// As `--ccache` of `build`.
    package var ccache = false
    /// As `--configure-cache` of `build`.
    package var configureCache = false
    /// The repository to pull tools trees and layers from before making them, as in `cache pull`.
    package var sharedCache: String?
    /// Whether its entries may be unsigned.
    package var acceptsUnsignedCache = false
    /// As `--hosts` of `build`, one each.
    package var hosts: [String] = []

    package init() {}

    /// The mirror of `distro`, which shows its archive as it is: none for what is pinned to a moment.
    package func mirror(of distro: String, isPinned: Bool) -> String? { isPinned ? nil : mirrors[distro] }

    /// Reads the file at `path`; the defaults where there is none.
    package init(at path: FilePath) throws(ProvisioningError) {
        let bytes: [UInt8]
        do throws(FilesystemError) {
            bytes = try path.readInput(limit: 1 << 20)
        } catch {
            guard [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) else { throw ProvisioningError(error) }
            self.init()
            return
        }
        try self.init(parsing: bytes, at: path)
    }

    package init(parsing bytes: [UInt8], at path: FilePath) throws(ProvisioningError) {
        do throws(JSONError) {
            try self.init(try JSONField(parsing: bytes, file: path.string))
        } catch {
            throw ProvisioningError(.configuration(path, position: error.place, reason: error.reason))
        }
    }
}

extension Configuration {
    private init(_ document: JSONField) throws(JSONError) {
        let object = try document.object(
            "network", "mirrors", "cpu", "acceleration", "accelerate", "ccache", "configureCache", "hosts", "cache")
        if let field = object["network"] { network = try Network(field) }
        mirrors = try object.texts("mirrors")
        cpu = try object["cpu"]?.string()
        acceleration = try object["acceleration"]?.choice()
        hosts = try object.strings("hosts")
        ccache = try object["ccache"]?.boolean() ?? false
        configureCache = try object["configureCache"]?.boolean() ?? false
        if let field = object["cache"] {
            let shared = try field.object("registry", "allowUnsigned")
            sharedCache = try shared["registry"]?.string()
            acceptsUnsignedCache = try shared["allowUnsigned"]?.boolean() ?? false
        }
        if let field = object["accelerate"] {
            let changes = try field.object("add", "except")
            accelerate = EligibilityChanges(add: try changes.strings("add"), except: try changes.strings("except"))
        }
    }
}

extension Configuration.Network {
    fileprivate init(_ field: JSONField) throws(JSONError) {
        let object = try field.object("stallTimeout", "connectTimeout", "attempts", "connectionsPerHost", "proxy")
        stallTimeout = try object["stallTimeout"]?.positive()
        connectTimeout = try object["connectTimeout"]?.positive()
        attempts = try object["attempts"]?.positiveInteger()
        connectionsPerHost = try object["connectionsPerHost"]?.positiveInteger()
        proxy = try object["proxy"]?.string()
    }
}
