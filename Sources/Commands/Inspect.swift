// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import ArgumentParser
internal import Failures
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the details of a root.")

    @Argument(help: "The root.")
    var name: String

    @OptionGroup var output: FormatOptions

    func run() throws {
        let locations = try Surroundings.locations()
        let store = RootStore(locations.roots)
        let root = try store.find(name)
        let accelerated = TreeAcceleration.Report.last(in: store.path(of: root.name))
        var report = RootReport(root: root, accelerated: accelerated.map { .init(of: $0) })
        let tools = ToolsTrees(Cache(locations.cache))
        if let accelerator = Accelerator(AccelerationChoice(), for: ToolsTrees.Subject(root), tools: tools),
            accelerator.awaitsComparison(FilePath(root.path))
        {
            report.accelerated?.emulated.append(
                .init(package: "gcc", program: nil, reason: "not yet compared with the tools tree's; a run starts that")
            )
        }
        report.notAccelerated = AccelerationNote.unaccelerated.last(in: store.path(of: root.name))
        try OutputRendering.show(report, as: output.format)
    }
}

/// `inspect`: one root.
struct RootReport: Report {
    let root: RootRecord
    /// What the last accelerated run found.
    var accelerated: Accelerated?
    /// Why the last run was not accelerated.
    var notAccelerated: String?

    struct Document: Encodable {
        private enum Key: CodingKey {
            case accelerated, notAccelerated
        }

        let root: RootRecord
        let accelerated: Accelerated?
        var notAccelerated: String?

        func encode(to encoder: any Encoder) throws {
            try root.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encodeIfPresent(accelerated, forKey: .accelerated)
            try container.encodeIfPresent(notAccelerated, forKey: .notAccelerated)
        }
    }

    struct Accelerated: Encodable {
        struct Emulated: Encodable {
            let package: String
            /// nil: the whole package.
            let program: String?
            let reason: String
        }

        /// Paths of those that run as the host's own.
        let programs: [String]
        var emulated: [Emulated]
    }

    var document: Document { Document(root: root, accelerated: accelerated, notAccelerated: notAccelerated) }

    var text: StyledText {
        var lines: [(String, String)] = [
            ("name", root.name.description), ("distro", root.distro), ("release", root.release),
            ("version", root.version),
        ]
        if root.removedInPart == true {
            lines.append(("state", "removed in part; continue with: mangrove remove \(root.name)"))
        }
        if let codename = root.codename { lines.append(("codename", codename)) }
        lines += [
            ("architecture", root.architecture), ("path", root.path), ("created", root.created),
            ("source", root.source), ("verified", root.verified.how.rawValue),
        ]
        if let digest = root.verified.digest { lines.append(("digest", digest)) }
        if let fingerprint = root.verified.fingerprint { lines.append(("fingerprint", fingerprint)) }
        if let signer = root.verified.signedBy { lines.append(("signed by", signer)) }
        lines += root.verified.urls.map { ("url", $0) }
        if !root.packages.isEmpty { lines.append(("packages", root.packages.joined(separator: " "))) }
        lines += [("ownership", root.ownership.rawValue), ("generation", String(root.generation))]
        if let snapshot = root.snapshot { lines.append(("snapshot", snapshot)) }
        if let lock = root.lock { lines.append(("lock file", lock)) }
        if let date = root.sourceDate { lines.append(("newest source", date)) }
        if let allowances = root.allowances {
            lines.append(("allowed", AllowanceOptions.arguments(for: allowances).joined(separator: " ")))
        }
        if let extent = root.acceleration { lines.append(("acceleration", extent)) }
        if let notAccelerated { lines.append(("not accelerated", notAccelerated)) }
        if let accelerated {
            lines.append(("native", counted(accelerated.programs.count, "program")))
            lines += accelerated.emulated.map { ("emulated", "\($0.program ?? $0.package): \($0.reason)") }
        }
        lines += root.skipped.map { ("skipped", "\($0.path): \($0.reason)") }
        let width = lines.reduce(0) { max($0, $1.0.count) }
        return lines.map { label, value in
            let padding = String(repeating: " ", count: width - label.count)
            return StyledText(label, .heading) + "\(padding)  \(value.printable)\n"
        }.joined()
    }
}

extension RootReport.Accelerated {
    init(of report: TreeAcceleration.Report) {
        programs = report.programs
        emulated = report.fallbacks.map { .init(package: $0.package, program: $0.program, reason: $0.reason) }
    }
}
