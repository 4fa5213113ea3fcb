// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Failures
internal import Provisioning
internal import Terminal

/// `inspect`: one root.
struct RootReport: FittingReport {
    let root: RootRecord
    /// What the last accelerated run found.
    var accelerated: Accelerated?
    /// Why the last run was not accelerated.
    var notAccelerated: String?
    /// Whether the text lists programs instead of counting them.
    var isVerbose = false

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

    func text(width: Int?) -> StyledText {
        let lines = lines
        let indent = lines.reduce(0) { max($0, $1.0.count) } + 2
        return lines.map { label, value in
            let value = value.printable
            // A digest: there is no place to break it.
            if let width, indent + value.count > width, !value.contains(" ") {
                return StyledText(label, .heading) + "\n  \(value)\n"
            }
            let padding = String(repeating: " ", count: indent - label.count)
            return StyledText(label, .heading) + "\(padding)\(value.wrapped(to: width, indent: indent))\n"
        }.joined()
    }

    private var lines: [(String, String)] {
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
        if let accelerated { lines += isVerbose ? accelerated.everyLine : accelerated.summary(of: root.name) }
        return lines + root.skipped.map { ("skipped", "\($0.path): \($0.reason)") }
    }
}

extension RootReport.Accelerated {
    init(of report: TreeAcceleration.Record) {
        programs = report.programs
        emulated = report.fallbacks.map { .init(package: $0.package, program: $0.program, reason: $0.reason) }
    }

    fileprivate var everyLine: [(String, String)] {
        programs.map { ("native", $0) } + emulated.map { ("emulated", "\($0.program ?? $0.package): \($0.reason)") }
    }

    /// Reasons that a summary shows.
    private static let shownReasons = 8

    /// How many for which reason, the most frequent first.
    fileprivate func summary(of name: RootName) -> [(String, String)] {
        let native = ("native", counted(programs.count, "program"))
        guard !emulated.isEmpty else { return [native] }
        let reasons = Dictionary(grouping: emulated, by: \.reason)
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        var lines = reasons.prefix(Self.shownReasons).map { ("emulated", "\(Self.count($0.value)): \($0.key)") }
        let others = reasons.dropFirst(Self.shownReasons).flatMap(\.value)
        if !others.isEmpty { lines.append(("emulated", "\(Self.count(others)): other reasons")) }
        return [native] + lines + [("", "each with its reason: mangrove inspect \(name) --verbose")]
    }

    /// "3 programs", "2 packages", "tar": what there is only one of is named.
    private static func count(_ emulated: [Emulated]) -> String {
        if emulated.count == 1, let only = emulated.first { return only.program ?? only.package }
        let programs = emulated.count { $0.program != nil }
        let packages = emulated.count - programs
        return [(programs, "program"), (packages, "package")].filter { $0.0 > 0 }
            .map { counted($0.0, $0.1) }.joined(separator: " and ")
    }
}
