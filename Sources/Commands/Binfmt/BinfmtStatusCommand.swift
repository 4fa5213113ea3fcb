// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Emulation
internal import SystemPackage
internal import Terminal

struct BinfmtStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how the host executes foreign programs.",
        discussion: "Tests each architecture by executing a program.")

    @Argument(help: "The architectures (default: all).")
    var architectures: [Architecture] = []

    @OptionGroup var output: FormatOptions

    func run() throws {
        let wanted = architectures.isEmpty ? Architecture.allCases : architectures
        let report = BinfmtReport(statuses: try wanted.map { try BinfmtStatus.current(of: $0) })
        try OutputRendering.show(report, as: output.format)
    }
}

/// `binfmt status`: an array of architectures.
struct BinfmtReport: FittingReport {
    struct Item: Encodable {
        struct Rule: Encodable {
            let name: String
            let interpreter: String
            let flags: String
            let enabled: Bool
            /// What is wrong with the interpreter.
            let fault: String?
        }

        let architecture: String
        /// Programs are executed.
        let works: Bool
        /// Also in a root, where the interpreter's path leads to nothing.
        let worksInRoots: Bool
        let reason: String?
        let rules: [Rule]
    }

    let statuses: [BinfmtStatus]

    var document: [Item] {
        statuses.map { status in
            var reason: String?
            if case .fails(let why) = status.outcome { reason = why }
            return Item(
                architecture: status.architecture.rawValue, works: reason == nil, worksInRoots: status.worksInRoots,
                reason: reason,
                rules: status.entries.map { entry in
                    Item.Rule(
                        name: entry.rule.name, interpreter: entry.rule.interpreter.string,
                        flags: entry.rule.flags.letters, enabled: entry.isEnabled, fault: entry.interpreterFault)
                })
        }
    }

    func text(width: Int?) -> StyledText {
        var table = Table(
            [
                Table.Column("architecture"), Table.Column("executed"), Table.Column("rules", wrapped: true),
                Table.Column("remark", wrapped: true),
            ])
        for item in document {
            let executed = item.worksInRoots ? "yes" : item.works ? "outside roots" : "no"
            let rules = item.rules.map { "\($0.name)\($0.enabled ? "" : " (off)") [\($0.flags)]" }
            let remarks = [item.reason].compactMap(\.self) + item.rules.compactMap(\.fault)
            table.add(
                [
                    item.architecture, executed, rules.isEmpty ? "-" : rules.joined(separator: ", "),
                    remarks.joined(separator: "; "),
                ])
        }
        return table.text(width: width)
    }
}
