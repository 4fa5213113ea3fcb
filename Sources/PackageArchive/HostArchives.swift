// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
package import SystemPackage
package import Transfer

/// The archives that this machine's own apt uses.
package struct HostArchives: Sendable {
    private let sources: [AptSource]
    private let lists: FilePath
    package let configuration: AptConfiguration

    /// An archive of a distribution, as this machine reaches it.
    package struct Mirror: Equatable, Sendable {
        /// Without a slash at the end.
        package let uri: String
        package let proxy: Proxy
        /// False where the machine's apt takes expired Release files.
        package let checksValidUntil: Bool
    }

    /// `lists`: where apt keeps the Release files it has fetched.
    package init(
        sources: [AptSource], lists: FilePath = "/var/lib/apt/lists",
        configuration: AptConfiguration = AptConfiguration(parsing: "")
    ) {
        (self.sources, self.lists, self.configuration) = (sources, lists, configuration)
    }

    /// Nil where this machine has no apt. Sources that cannot be read are passed over.
    package static func ofHost() -> HostArchives? {
        guard let configuration = AptConfiguration.ofHost(), let root = try? Directory.open("/") else { return nil }
        func path(_ names: [String], _ fallback: FilePath) -> FilePath {
            var path: FilePath = "/"
            for name in names { path = path.pushing(FilePath(configuration[name] ?? "")) }
            return configuration[names.last ?? ""] == nil ? fallback : path
        }
        let list = path(["Dir", "Dir::Etc", "Dir::Etc::sourcelist"], "/etc/apt/sources.list")
        let parts = path(["Dir", "Dir::Etc", "Dir::Etc::sourceparts"], "/etc/apt/sources.list.d")
        return HostArchives(
            sources: AptSource.read(in: root, list: list, parts: parts),
            lists: path(["Dir", "Dir::State", "Dir::State::lists"], "/var/lib/apt/lists"), configuration: configuration)
    }

    /// This machine's mirror of `distro` ("debian", "ubuntu") with packages for `architecture`; with `security` that of
    /// security updates, which Debian separates. nil if it has none.
    ///
    /// Identified by the Origin of the Release file that apt fetched from there, or by its path.
    package func mirror(distro: String, architecture: Architecture, security: Bool = false) -> Mirror? {
        for source in sources {
            for (uri, suite) in source.uris.flatMap({ uri in source.suites.map { (uri, $0) } }) {
                let uri = uri.trimmingSlashes
                guard ["http", "https", "file"].contains(uri.prefix { $0 != ":" }),
                    suite.isSecuritySuite == security || distro != "debian",
                    serves(uri, suite, distro), Self.has(architecture, uri, distro)
                else { continue }
                return Mirror(
                    uri: uri, proxy: configuration.proxy(for: uri),
                    checksValidUntil: source.checksValidUntil ?? configuration.checksValidUntil)
            }
        }
        return nil
    }

    private func serves(_ uri: String, _ suite: String, _ distro: String) -> Bool {
        if let origin = origin(uri, suite) { return origin.lowercased() == distro }
        let names = [distro, "\(distro)-security", "\(distro)-ports"]
        return names.contains(String(uri.split(separator: "/").last ?? ""))
    }

    /// The Origin in the Release file that apt has of `suite`; nil where it has fetched none.
    private func origin(_ uri: String, _ suite: String) -> String? {
        guard let start = uri.firstRange(of: "://")?.upperBound else { return nil }
        let name = "\(uri[start...])/dists/\(suite)".replacing("_", with: "%5f").replacing("/", with: "_")
        for ending in ["_InRelease", "_Release"] {
            guard let bytes = try? lists.appending(name + ending).readFile(limit: 4 << 20) else { continue }
            for line in String(decoding: bytes.prefix(4096), as: UTF8.self).split(separator: "\n")
            where line.hasPrefix("Origin:") {
                return String(line.dropFirst(7).drop(while: \.isWhitespace))
            }
        }
        return nil
    }

    /// Ubuntu has two architectures in one archive and all others in another.
    private static func has(_ architecture: Architecture, _ uri: String, _ distro: String) -> Bool {
        guard distro == "ubuntu" else { return true }
        let isPorts = uri.split(separator: "/").last == "ubuntu-ports"
        return isPorts != [.amd64, .i386].contains(architecture)
    }
}

extension String {
    var trimmingSlashes: String {
        var text = self
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// `bookworm-security`, `buster/updates`
    var isSecuritySuite: Bool { hasSuffix("-security") || hasSuffix("/updates") }
}
