// SPDX-License-Identifier: Apache-2.0

/// Suggestions for a misspelt name.
package enum NearestNames {
    /// Those of `candidates` that are one or two typos away from `name`, or begin with it, each once; nearest first, in
    /// the given order among equals, at most `limit`.
    package static func of(_ name: String, among candidates: some Sequence<String>, limit: Int = 3) -> [String] {
        let wanted = Array(name.lowercased().utf8)
        // A third of the letters may be wrong, and at least one.
        let allowed = max(1, wanted.count / 3)
        var seen: Set<String> = []
        let ranked = candidates.filter { seen.insert($0).inserted }.enumerated().compactMap {
            order, candidate -> (distance: Int, order: Int, name: String)? in
            let letters = Array(candidate.lowercased().utf8)
            if wanted.count >= 2, letters.starts(with: wanted) { return (0, order, candidate) }
            let distance = distance(wanted, letters)
            return distance <= allowed ? (distance, order, candidate) : nil
        }
        return ranked.sorted { ($0.distance, $0.order) < ($1.distance, $1.order) }.prefix(limit).map(\.name)
    }

    /// `did you mean "a" or "b"?`; nil where nothing is near.
    package static func question(_ name: String, among candidates: some Sequence<String>) -> String? {
        let names = of(name, among: candidates).map { "\"\($0)\"" }
        return names.isEmpty ? nil : "did you mean \(names.joined(separator: " or "))?"
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...other.count)
        for row in one.indices {
            var line = [row + 1]
            for column in other.indices {
                let same = one[row] == other[column]
                var best = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, line[column] + 1)
                if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
                    best = min(best, before[column - 1] + 1)
                }
                line.append(best)
            }
            before = last
            last = line
        }
        return last[other.count]
    }
}
