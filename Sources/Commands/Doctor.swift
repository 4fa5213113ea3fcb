// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Emulation
internal import Failures
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Diagnose problems and suggest fixes.",
        discussion: "Exits with 78 if something makes mangrove fail.")

    @Argument(help: "The architectures (default: arm64 and those of existing roots).")
    var architectures: [Architecture] = []

    @OptionGroup var output: FormatOptions

    func run() throws {
        let store = RootStore(try Surroundings.locations().roots)
        let path = Interpreter.searchPath()
        var wanted = architectures
        if wanted.isEmpty {
            let inUse = try store.list().records.compactMap { Architecture($0.architecture) }
            wanted = [.arm64] + Set(inUse).subtracting([.arm64]).sorted { $0.rawValue < $1.rawValue }
        }
        var findings = NamespaceFindings().findings(
            using: try Surroundings.workers(), path: path, roots: StorageFindings(store).place ?? "/")
        findings += wanted.flatMap { Finding.emulation(of: $0) }
        findings += ToolFindings(path: path, environment: Surroundings.environment).findings()
        findings += StorageFindings(store).findings()
        findings += try AccelerationFindings(store, ToolsTrees(Cache(try Surroundings.locations().cache))).findings()
        try OutputRendering.show(DoctorReport(findings: findings), as: output.format)
        if findings.contains(where: { $0.state == .problem }) {
            throw ExitCode(ExitStatus.badConfiguration.rawValue)
        }
    }
}

/// `doctor`: an array of findings.
struct DoctorReport: FittingReport {
    struct Item: Encodable {
        let subject: String
        let state: String
        let detail: String
        let remedy: String?
    }

    let findings: [Finding]

    var document: [Item] {
        findings.map { Item(subject: $0.subject, state: $0.state.rawValue, detail: $0.detail, remedy: $0.remedy) }
    }

    func text(width: Int?) -> StyledText {
        let indent = findings.reduce(0) { max($0, $1.subject.count) } + 10
        return findings.map { finding in
            let (style, label): (Style, String) =
                switch finding.state {
                case .ok: (.good, "ok      ")
                case .warning: (.doubtful, "warning ")
                case .problem: (.bad, "problem ")
                }
            let subject = finding.subject + String(repeating: " ", count: indent - 8 - finding.subject.count)
            let lines = [finding.detail, finding.remedy].compactMap(\.self).map {
                $0.printable.wrapped(to: width, indent: indent)
            }
            return StyledText(label, style)
                + "\(subject)\(lines.joined(separator: "\n" + String(repeating: " ", count: indent)))\n"
        }.joined()
    }
}
