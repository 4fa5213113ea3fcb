// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning
internal import Terminal

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show everything that is known of a root.")

    @Argument(help: "The root.")
    var name: String

    @OptionGroup var output: FormatOptions

    func run() throws {
        let store = RootStore(try Surroundings.locations().roots)
        try OutputRendering.show(RootReport(root: try store.find(name)), as: output.format)
    }
}

/// `inspect`: one root.
struct RootReport: Report {
    let root: RootRecord

    var document: RootRecord { root }

    func text(colour: Bool) -> String {
        var lines: [(String, String)] = [
            ("name", root.name.description), ("distro", root.distro), ("release", root.release),
            ("version", root.version),
        ]
        if let codename = root.codename { lines.append(("codename", codename)) }
        lines += [
            ("architecture", root.architecture), ("path", root.path), ("created", root.created),
            ("source", root.source), ("verified", root.verified.how.rawValue), ("digest", root.verified.digest),
        ]
        if let fingerprint = root.verified.fingerprint { lines.append(("fingerprint", fingerprint)) }
        if let signer = root.verified.signedBy { lines.append(("signed by", signer)) }
        lines += root.verified.urls.map { ("url", $0) }
        if !root.packages.isEmpty { lines.append(("packages", root.packages.joined(separator: " "))) }
        lines += [("ownership", root.ownership.rawValue), ("generation", String(root.generation))]
        lines += root.skipped.map { ("skipped", "\($0.path): \($0.reason)") }
        let width = lines.reduce(0) { max($0, $1.0.count) }
        return lines.map { label, value in
            let padding = String(repeating: " ", count: width - label.count)
            return Style.heading.applied(to: label, colour: colour) + padding + "  " + value.printable + "\n"
        }.joined()
    }
}
