// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Provisioning
internal import Terminal

/// `refresh`: an array of roots.
struct RefreshReport: FittingReport {
    let outcomes: [RefreshOutcome]

    var document: [RefreshOutcome] { outcomes }

    func text(width: Int?) -> StyledText {
        var table = Table([
            Table.Column("name"), Table.Column("state"), Table.Column("what", wrapped: true),
            Table.Column("time", numeric: true),
        ])
        for outcome in outcomes {
            table.add([
                outcome.name, outcome.state.rawValue, outcome.why ?? outcome.news,
                Quantity.duration(.seconds(outcome.seconds)),
            ])
        }
        return table.text(width: width)
    }
}

extension RefreshOutcome {
    /// "24.04.3 → 24.04.4, 14 packages, generation 3": what a line has room for.
    var news: String {
        var words: [String] = []
        if let from, let to { words.append(from == to ? to : "\(from) → \(to)") }
        switch packages.count {
        case 0: break
        case 1...3: words.append(packages.map(\.description).joined(separator: ", "))
        default: words.append(counted(packages.count, "package"))
        }
        if let generation { words.append("generation \(generation)") }
        if let carried { words.append("carried over: \(carried)") }
        return words.joined(separator: ", ")
    }
}

extension PackageChange {
    /// "bash 5.2-1 → 5.2-2"
    var description: String { from.map { "\(name) \($0) → \(to)" } ?? "\(name) \(to)" }
}
