// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
package import SystemPackage

/// Where things are kept.
package struct Locations: Equatable, Sendable {
    /// Every root is a directory in this one.
    package private(set) var roots: FilePath
    /// What can be fetched again: base tarballs by digest.
    package let cache: FilePath
    /// The user's configuration; need not exist.
    package let configuration: FilePath

    /// Roots that builds are made in (`build`): like all of the cache made anew where they are gone.
    package var layers: FilePath { Cache(cache).layers.directory }
    /// What builds have changed and made, while they go on.
    package var builds: FilePath { Cache(cache).builds }

    /// The same, but that the roots are the layers.
    package var ofLayers: Locations {
        var other = self
        other.roots = layers
        return other
    }

    /// By the XDG base directory specification, except for root, who has `/var`; `MANGROVE_HOME` holds both.
    ///
    /// Values that are not absolute are ignored, as the specification says; `MANGROVE_HOME` is then relative to
    /// `workingDirectory`.
    package init(
        environment: [String: String], isRoot: Bool, workingDirectory: FilePath
    ) throws(ProvisioningError) {
        func directory(_ name: String) -> FilePath? {
            environment[name].map { FilePath($0) }.flatMap { $0.isAbsolute ? $0 : nil }
        }
        let home = directory("HOME")
        let configured = directory("XDG_CONFIG_HOME") ?? home?.appending(".config")
        configuration = (configured ?? "/etc").appending("mangrove/config.json")
        if let chosen = environment["MANGROVE_HOME"], !chosen.isEmpty {
            let base = workingDirectory.pushing(FilePath(chosen))
            roots = base.appending("roots")
            cache = base.appending("cache")
        } else if isRoot {
            roots = "/var/lib/mangrove/roots"
            cache = "/var/cache/mangrove"
        } else {
            guard let data = directory("XDG_DATA_HOME") ?? home?.appending(".local/share"),
                let caches = directory("XDG_CACHE_HOME") ?? home?.appending(".cache")
            else { throw ProvisioningError(.noHome) }
            roots = data.appending("mangrove/roots")
            cache = caches.appending("mangrove")
        }
    }
    /// Requires that existing files there belong to `user` or root.
    package func requireOwn(by user: UInt32) throws(ProvisioningError) {
        for place in [roots, cache] {
            guard let owner = try? Directory.open(place).status().user, owner != user, owner != 0 else { continue }
            throw ProvisioningError(.foreignStore(place, user: owner))
        }
    }
}
