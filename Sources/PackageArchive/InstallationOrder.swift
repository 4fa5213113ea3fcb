// SPDX-License-Identifier: Apache-2.0

/// Packages, each after those it needs.
struct InstallationOrder {
    private(set) var packages: [PackageRecord] = []
    private let records: [String: PackageRecord]
    private var providers: [String: [String]] = [:]
    private var seen: Set<String> = []

    /// The order of `selected` decides where dependencies do not, but for base-passwd, whose users and groups all
    /// others rely on without saying so.
    init(_ selected: [PackageRecord]) {
        records = Dictionary(selected.map { ($0.name, $0) }) { first, _ in first }
        for record in selected {
            for provided in record.provides { providers[provided.name, default: []].append(record.name) }
        }
        let first = selected.filter { $0.name == "base-passwd" }
        for record in first + selected { visit(record) }
    }

    private mutating func visit(_ record: PackageRecord) {
        guard seen.insert(record.name).inserted else { return }
        for dependency in record.dependencies where dependency.isEarly { follow(dependency) }
        for dependency in record.dependencies where !dependency.isEarly { follow(dependency) }
        packages.append(record)
    }

    private mutating func follow(_ dependency: Dependency) {
        for relation in dependency.alternatives {
            let names = [relation.name] + (providers[relation.name] ?? [])
            for name in names {
                if let record = records[name], record.isMeant(by: relation) {
                    visit(record)
                    return
                }
            }
        }
    }
}
