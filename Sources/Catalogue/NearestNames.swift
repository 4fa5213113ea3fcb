// SPDX-License-Identifier: Apache-2.0

/// Names that somebody may have meant.
enum NearestNames {
    /// The three nearest of `names` to `name`, nearest first: those a third of its letters away at most, or that
    /// begin with it. With none of them, nothing.
    static func of(_ name: String, among names: some Sequence<String>) -> [String] {
        let wanted = Array(name.lowercased().unicodeScalars)
        let allowed = max(1, (wanted.count + 2) / 3)
        var seen: Set<String> = []
        let candidates = names.filter { seen.insert($0).inserted }.enumerated().compactMap { order, candidate in
            let scalars = Array(candidate.lowercased().unicodeScalars)
            let begins = !wanted.isEmpty && scalars.starts(with: wanted)
            let distance = begins ? 0 : distance(wanted, scalars)
            return distance <= allowed ? (distance, order, candidate) : nil
        }
        return candidates.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.prefix(3).map(\.2)
    }

    /// Insertions, deletions, replacements and exchanges of neighbours that lead from one to the other (Damerau's
    /// distance in its restricted form).
    static func distance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var last = Array(0...other.count)
        for (row, left) in one.enumerated() {
            var current = [row + 1]
            for (column, right) in other.enumerated() {
                var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (left == right ? 0 : 1))
                if row > 0, column > 0, left == other[column - 1], one[row - 1] == right {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            (before, last) = (last, current)
        }
        return last[other.count]
    }
}
