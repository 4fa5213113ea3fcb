// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Catalogue
internal import PackageArchive
internal import Provisioning
internal import SystemPackage

/// What a shell offers for arguments: the names that there are.
///
/// A shell asks while somebody types: nothing here reports an error, waits for a lock or uses the network.
enum Completions {
    /// Something new. Else the parser's script for fish takes the argument after it for the first.
    static let none = CompletionKind.list([])

    static let roots = offering { _, _ in try rootNames() }

    /// A root, or else a distro with its release.
    static let rootsOrDistros = offering { _, prefix in
        let roots = try rootNames()
        return roots.contains { $0.hasPrefix(prefix) } ? roots : try distrosAndReleases(prefix)
    }

    static let distros = offering { _, _ in try CatalogueOptions.load().distros.map(\.name) }

    /// DISTRO:RELEASE.
    static let releases = offering { _, prefix in try distrosAndReleases(prefix) }

    /// Packages of the archives that were used before.
    static let packages = offering { _, prefix in
        // Every package of a distribution is no help.
        guard prefix.utf8.count >= 2 else { return [] }
        let cache = Cache(try Surroundings.locations().cache)
        return CachedPackageNames(in: cache.archives, within: .milliseconds(60)).starting(with: prefix)
    }

    /// Generations of the root that was named before.
    static let generations = offering { words, _ in
        let store = RootStore(try Surroundings.locations().roots)
        let roots = Set(try store.names().map(\.description))
        guard let name = words.first(where: { roots.contains($0) }) else { return [] }
        return try store.generations(of: RootName(name)).map { String($0.generation) }
    }

    /// `tools:NAME` and `layer:NAME`.
    static let cacheEntries = offering { _, _ in
        let locations = try Surroundings.locations()
        let trees = ToolsTrees(Cache(locations.cache))
        return try trees.store.names().filter { !trees.isSuperseded($0) }.map { "tools:\($0)" }
            + RootStore(locations.layers).names().map { "layer:\($0)" }
    }

    /// `candidates` gets the words before the one to complete, without the program's, and the beginning of that one.
    private static func offering(
        _ candidates: @escaping @Sendable (ArraySlice<String>, String) throws -> [String]
    ) -> CompletionKind {
        .custom { words, index, prefix in
            let found = (try? candidates(words.prefix(max(index, 0)).dropFirst(), prefix)) ?? []
            // Shells expand what is in them (bash(1), compgen -W).
            let plain = found.filter { $0.utf8.allSatisfy(isPlain) }
            // Else a description follows the colon (zshcompsys(1), _describe).
            return CompletionShell.requesting == .zsh ? plain.map { $0.replacing(":", with: "\\:") } : plain
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: ".:+-_".utf8.contains(byte)
        }
    }

    private static func rootNames() throws -> [String] {
        try RootStore(Surroundings.locations().roots).names().map(\.description)
    }

    /// Numbers of current releases; all names where the distro is typed already.
    private static func distrosAndReleases(_ prefix: String) throws -> [String] {
        let isNamed = prefix.contains(":")
        return try CatalogueOptions.load().distros.flatMap { distro in
            distro.releases.filter { isNamed || !$0.isPastEndOfLife() }.flatMap { release in
                (isNamed ? release.names : [release.number]).map { "\(distro.name):\($0)" }
            }
        }
    }
}
