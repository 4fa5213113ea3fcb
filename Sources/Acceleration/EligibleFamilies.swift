// SPDX-License-Identifier: Apache-2.0

extension Eligibility.Packages {
    private static let word = "{version}"

    /// These, with the rules of those of `names` that belong to a family, which a tools tree has once a root has, and the
    /// reasons of those that are excluded by family.
    package func expanded(for names: some Sequence<String>) -> Self {
        var packages = self
        packages.families = nil
        for (family, rule) in families ?? [:] {
            for name in names {
                guard let version = Self.version(of: name, in: family) else { continue }
                packages.packages[name] = rule.expanded(version)
                packages.optional = (packages.optional ?? []) + [name]
            }
        }
        for (family, reason) in excluded where family.contains(Self.word) {
            packages.excluded[family] = nil
            for name in names where Self.version(of: name, in: family) != nil { packages.excluded[name] = reason }
        }
        return packages
    }

    /// "1.19" of "golang-1.19-go" in "golang-{version}-go", and nothing in a family of one; nil where it does not belong
    /// to it.
    static func version(of name: String, in family: String) -> String? {
        guard family.contains(word) else { return name == family ? "" : nil }
        let parts = family.split(separator: word, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, name.utf8.count > parts[0].utf8.count + parts[1].utf8.count,
            name.hasPrefix(parts[0]), name.hasSuffix(parts[1])
        else { return nil }
        let version = name.dropFirst(parts[0].count).dropLast(parts[1].count)
        return version.allSatisfy { $0.isNumber || $0 == "." } ? String(version) : nil
    }
}

extension Eligibility.Rule {
    fileprivate func expanded(_ version: String) -> Self {
        var rule = self
        rule.directories = directories?.map { $0.replacing("{version}", with: version) }
        rule.links = links?.map { $0.replacing("{version}", with: version) }
        return rule
    }
}
