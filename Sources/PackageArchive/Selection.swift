// SPDX-License-Identifier: Apache-2.0

internal import Failures

/// The package set of a root, besides requested packages.
package enum Variant: String, CaseIterable, Codable, Sendable {
    /// Essential packages and what they need.
    case essential
    /// And packages of priority required, and apt.
    case minbase
    /// And build-essential.
    case buildd
}

/// The packages of a root: each dependency of each is met by another, and none conflicts.
package struct Selection: Sendable {
    /// Each after what it depends on, as far as there is no circle.
    package let packages: [PackageRecord]
    /// The result of `apt-mark showauto`: packages installed as dependencies. Dependencies of essential packages do not
    /// count, because they are not removed.
    package let automatic: Set<String>
    /// Names that several packages provided equally well; apt may have chosen another. Only for messages.
    package let freeChoices: [FreeChoice]

    package struct FreeChoice: Hashable, Sendable {
        package let name: String
        package let taken: String
        package let others: [String]

        package init(name: String, taken: String, others: [String]) {
            (self.name, self.taken, self.others) = (name, taken, others)
        }
    }

    /// `extra`: names of packages, or `NAME=VERSION`. Without a variant, these and what they need are all.
    package init(
        from universe: PackageUniverse, variant: Variant?, extra: [String] = []
    ) throws(PackageArchiveError) {
        let essential = variant == nil ? [] : try universe.base(withRequired: false)
        guard variant == nil || !essential.isEmpty else {
            throw PackageArchiveError(
                .notOffered, "the archive has no essential package for \(universe.architecture)",
                cause: "its suites contain additions only", remedy: "list the release's own suite first")
        }
        var wanted: [PackageRecord] = []
        if let variant, variant != .essential {
            wanted = try universe.base(withRequired: true).filter { !$0.isEssential }
            for name in variant == .buildd ? ["apt", "build-essential"] : ["apt"] {
                if let record = try universe.candidate(name) { wanted.append(record) }
            }
        }
        for name in extra { wanted.append(try Self.find(name, in: universe)) }
        // The essential ones are complete before anything else is looked at: later choices favour what is there.
        var resolver = Resolver(universe)
        try resolver.install(essential)
        let first = Set(resolver.selected.map(\.name))
        try resolver.install(wanted)
        packages = InstallationOrder(resolver.selected).packages
        automatic = resolver.automatic.subtracting(first)
        freeChoices = resolver.freeChoices
    }

    private static func find(
        _ request: String, in universe: PackageUniverse
    ) throws(PackageArchiveError) -> PackageRecord {
        // In "NAME (>= VERSION)" it is no such sign.
        let parts = request.contains("(") ? [request] : request.split(separator: "=", maxSplits: 1).map(String.init)
        guard let name = parts.first else { throw try universe.unknown(request) }
        if parts.count == 2 {
            let versions = try universe.versions(of: name)
            if let found = versions.first(where: { $0.version.text == parts[1] }) { return found }
            if !versions.isEmpty {
                throw PackageArchiveError(
                    .unknownPackage, "no version \(parts[1]) of \(name)",
                    cause: "the archive has \(versions.map(\.version.text).joined(separator: ", "))")
            }
        } else if let found = try universe.candidate(name) {
            return found
        }
        // A dependency, as a source package writes it.
        let alternatives = Relation.groups(name).first ?? []
        guard let relation = alternatives.first else { throw try universe.unknown(name) }
        for relation in alternatives where [nil, "any", "native"].contains(relation.qualifier) {
            if let found = try universe.candidate(relation.name), relation.allows(found.version) { return found }
            if alternatives.count > 1, let found = try universe.providers(of: relation).first { return found }
        }
        let providers = try universe.providers(of: relation)
        // As apt: a name that one package alone provides means that package.
        if providers.count == 1 { return providers[0] }
        guard providers.isEmpty else {
            throw PackageArchiveError(
                .unknownPackage, "\(name) is a virtual package",
                cause: "it is provided by \(providers.map(\.name).sorted().joined(separator: ", "))",
                remedy: "choose one of them")
        }
        throw try universe.unknown(name)
    }
}
