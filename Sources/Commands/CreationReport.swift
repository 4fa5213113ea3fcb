// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Provisioning
internal import Terminal

/// `create --dry-run`.
struct CreationReport: CommandReport {
    let plan: CreationPlan
    /// A lock file says what it is made of.
    var isLocked = false

    var document: CreationPlan { plan }

    var text: StyledText {
        if let selected = plan.selected { return archiveText(selected) }
        if plan.copies == true { return copyText }
        var lines = plan.sources.prefix(1).map { "get \($0)" }
        lines += plan.sources.dropFirst().map { "  or \($0)" }
        switch plan.verification {
        case .signature: lines.append("verify its signature")
        case .checksum: lines.append("verify its checksum; no signature is published")
        case .none: lines.append("verify nothing: no signature and no checksum is published")
        }
        if let digest = plan.digest { lines.append("expect \(digest)") }
        lines.append("unpack it to \(plan.path)")
        if !plan.packages.isEmpty { lines.append("install \(plan.packages.joined(separator: " "))") }
        lines.append(plan.replaces ? "replace root \(plan.name)" : "make root \(plan.name)")
        return StyledText(lines.map { $0.printable + "\n" }.joined())
    }

    private var copyText: StyledText {
        var lines = plan.sources.map { "copy \($0)" }
        lines += [
            "  to \(plan.path)", "verify nothing: a directory has no signature or digest",
        ]
        if !plan.packages.isEmpty { lines.append("install \(plan.packages.joined(separator: " "))") }
        lines.append(plan.replaces ? "replace root \(plan.name)" : "make root \(plan.name)")
        return StyledText(lines.map { $0.printable + "\n" }.joined())
    }

    private func archiveText(_ selected: [String]) -> StyledText {
        var lines =
            isLocked
            ? ["compare every package with its digest in the lock file"]
            : plan.sources.map { "read the archive \($0) and verify its signature" }
        lines.append("get and unpack \(counted(selected.count, "package")) to \(plan.path)")
        lines += selected.map { "  \($0)" }
        lines.append("configure them in the root")
        lines.append(plan.replaces ? "replace root \(plan.name)" : "make root \(plan.name)")
        return StyledText(lines.map { $0.printable + "\n" }.joined())
    }
}
