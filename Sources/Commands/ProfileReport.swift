// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Provisioning
internal import SystemPackage
internal import Terminal

/// `run --profile`: an array of programs, that which cost most under emulation first.
struct ProfileReport: FittingReport {
    struct Spent: Encodable {
        let executions: Int
        let seconds: Double?

        init(_ spent: RunProfile.Spent) {
            executions = spent.executions
            seconds = spent.seconds.map { ($0 * 1000).rounded() / 1000 }
        }
    }

    struct Item: Encodable {
        let program: String
        let native: Spent
        let emulated: Spent
        /// Why it was emulated, and how often.
        let reasons: [String: Int]
        /// Of those that cost more than 2 % of the run under emulation.
        let advice: Advice?
    }

    struct Advice: Encodable {
        let reason: String
        /// nil: nothing changes it.
        let remedy: String?
    }

    let profile: RunProfile
    let advice: [EmulationAdvice]

    var document: [Item] {
        let advice = Dictionary(advice.map { ($0.program, $0) }) { first, _ in first }
        return profile.rows.map { row in
            Item(
                program: row.program.string, native: Spent(row.native), emulated: Spent(row.emulated),
                reasons: Dictionary(uniqueKeysWithValues: row.reasons.map { ($0.key.reason, $0.value) }),
                advice: advice[row.program.string].map { Advice(reason: $0.reason, remedy: $0.remedy) })
        }
    }

    func text(width: Int?) -> StyledText {
        var table = Table([
            Table.Column("emulated", numeric: true), Table.Column("seconds", numeric: true),
            Table.Column("native", numeric: true), Table.Column("seconds", numeric: true), Table.Column("program"),
            Table.Column("why", wrapped: true),
        ])
        for item in document {
            table.add([
                String(item.emulated.executions), Self.seconds(item.emulated), String(item.native.executions),
                Self.seconds(item.native), item.program,
                item.reasons.sorted { $0.value > $1.value }.map(\.key).joined(separator: "; "),
            ])
        }
        return advice.reduce(table.text(width: width)) { $0 + Self.line($1, width) }
    }

    private static func line(_ advice: EmulationAdvice, _ width: Int?) -> StyledText {
        let percent = Int((advice.share * 100).rounded())
        let found = "\(advice.program), \(percent) % of the run: \(advice.reason)".wrapped(to: width, indent: 0)
        let remedy = advice.remedy.map { "\n    " + $0.wrapped(to: width, indent: 4) } ?? ""
        return "\(found)\(remedy)\n"
    }

    private static func seconds(_ spent: Spent) -> String {
        guard spent.executions > 0, let seconds = spent.seconds else { return "" }
        let hundredths = Int((seconds * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
