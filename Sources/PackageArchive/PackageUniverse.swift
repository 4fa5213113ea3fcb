// SPDX-License-Identifier: Apache-2.0

internal import Failures

/// All available packages: the indices of one or more suites, and which version of each package counts.
package struct PackageUniverse: Sendable {
    private let indices: [PackageIndex]
    /// By suite: what apt_preferences(5) gives a version of it by default.
    private let pins: [Int]
    /// Debian's name of the root's architecture.
    let architecture: String
    private let cache = RecordCache()

    /// `pins[record.suite]` is the priority of a record; 500 for ordinary suites, 100 and 1 for those that are
    /// not automatic (`Release.pin`).
    package init(_ indices: [PackageIndex], pins: [Int] = [], architecture: String) {
        self.indices = indices
        self.pins = pins
        self.architecture = architecture
    }

    private func pin(_ record: PackageRecord) -> Int {
        pins.indices.contains(record.suite) ? pins[record.suite] : 500
    }

    /// The version that apt would take: of the highest priority the newest; nil where there is none.
    package func candidate(_ name: String) throws(PackageArchiveError) -> PackageRecord? {
        if let known = cache.candidates[name] { return known }
        let best = best(of: try versions(of: name))
        cache.candidates[name] = .some(best)
        return best
    }

    /// Of the same versions the one of the earlier suite.
    private func best(of versions: [PackageRecord]) -> PackageRecord? {
        versions.reduce(nil as PackageRecord?) { best, record in
            guard let best else { return record }
            return (pin(best), best.version) < (pin(record), record.version) ? record : best
        }
    }

    package func versions(of name: String) throws(PackageArchiveError) -> [PackageRecord] {
        var found: [PackageRecord] = []
        for index in indices { found += try index.versions(of: name) }
        return found.filter { $0.architecture == architecture || $0.architecture == "all" }
    }

    /// Candidates that provide what `relation` asks for, the one that apt takes first in front.
    func providers(of relation: Relation) throws(PackageArchiveError) -> [PackageRecord] {
        if let known = cache.providers[relation.name] { return known.filter { $0.provides(relation) } }
        var found: [PackageRecord] = []
        for index in indices {
            for record in try index.providers(of: relation.name)
            where record.name != relation.name && !found.contains(where: { $0.name == record.name }) {
                if let candidate = try candidate(record.name),
                    candidate.provides.contains(where: { $0.name == relation.name })
                {
                    found.append(candidate)
                }
            }
        }
        let ordered = found.sorted { $0.ranksBefore($1) }
        cache.providers[relation.name] = ordered
        return ordered.filter { $0.provides(relation) }
    }

    /// The essential packages, or those of priority required too, in the order of the archive.
    func base(withRequired: Bool) throws(PackageArchiveError) -> [PackageRecord] {
        var found: [PackageRecord] = []
        var seen: Set<String> = []
        for index in indices {
            for record in try index.base() where seen.insert(record.name).inserted {
                guard let candidate = try candidate(record.name) else { continue }
                if candidate.isEssential || withRequired && candidate.priority == .required { found.append(candidate) }
            }
        }
        return found
    }

    /// Nobody offers `name`: which names are near.
    func unknown(_ name: String) throws(PackageArchiveError) -> PackageArchiveError {
        var names: Set<String> = []
        for index in indices { names.formUnion(try index.packageNames()) }
        return PackageArchiveError(
            .unknownPackage, "no such package: \(name)",
            cause: "it is in none of \(indices.map(\.name).joined(separator: ", "))",
            remedy: NearestNames.question(name, among: names))
    }

    /// A value of the universe, kept so that no paragraph is read twice; used by one task at a time.
    private final class RecordCache: @unchecked Sendable {
        var candidates: [String: PackageRecord?] = [:]
        var providers: [String: [PackageRecord]] = [:]
    }
}

extension PackageRecord {
    /// Whether this is what `relation` asks for, by its own name.
    func satisfies(_ relation: Relation) -> Bool {
        guard name == relation.name, relation.allows(version) else { return false }
        switch relation.qualifier {
        case nil, "native": return true
        // Only what says that it serves every architecture.
        case "any": return multiArch == "allowed"
        case let other: return other == architecture
        }
    }

    /// Whether this provides what `relation` asks for. A version is met by a versioned `Provides` alone.
    func provides(_ relation: Relation) -> Bool {
        guard relation.qualifier == nil || relation.qualifier == "native" || relation.qualifier == architecture else {
            return false
        }
        return provides.contains { provided in
            guard provided.name == relation.name else { return false }
            guard relation.bound != nil else { return true }
            return provided.bound.map { relation.allows($0.version) } ?? false
        }
    }

    func isMeant(by relation: Relation) -> Bool {
        satisfies(relation) || provides(relation)
    }

    /// Which of two providers apt takes: essential ones, then those of higher priority, then by name.
    fileprivate func ranksBefore(_ other: PackageRecord) -> Bool {
        if isEssential != other.isEssential { return isEssential }
        if priority != other.priority { return priority < other.priority }
        return name < other.name
    }
}
