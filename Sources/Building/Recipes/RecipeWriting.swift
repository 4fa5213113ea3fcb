// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import FoundationEssentials
internal import Provisioning
internal import SystemPackage

extension Recipe {
    /// As JSON5, with comments for the next author. Reading it gives the same recipe.
    package var text: String {
        var lines = [
            "// How `mangrove build` builds this: see the recipe's keys in docs/recipes.md.", "{",
            "  version: 1,", "  base: \(Self.text(of: base)),",
            "  architectures: \(Self.list(architectures.map(\.rawValue))),",
        ]
        if let origin { lines.append("  from: \(Self.text(of: origin)),") }
        lines.append("  packages: \(Self.list(packages)),")
        if !environment.isEmpty { lines.append("  environment: \(Self.object(environment)),") }
        if user != "root" { lines.append("  user: \(Self.quoted(user)),") }
        if !network { lines.append("  network: false,") }
        if let acceleration { lines.append("  acceleration: \(Self.quoted(acceleration.rawValue)),") }
        if usesCcache == true { lines.append("  ccache: true,") }
        if usesConfigureCache == true { lines.append("  configureCache: true,") }
        if source != .overlay { lines.append("  source: \(Self.quoted(source.rawValue)),") }
        if let directory { lines.append("  directory: \(Self.quoted(directory.string)),") }
        lines.append("  steps: [")
        lines += steps.map { "    \(Self.text(of: $0))," }
        lines += ["  ],", "  artifacts: ["]
        for artifact in artifacts {
            var keys = ["files: \(Self.quoted(artifact.pattern.text))"]
            if !artifact.directory.isEmpty { keys.append("to: \(Self.quoted(artifact.directory))") }
            if artifact.onlyPrograms { keys.append("programs: true") }
            if !artifact.isRequired { keys.append("optional: true") }
            if artifact.isFallback { keys.append("fallback: true") }
            lines.append(
                "    " + (keys.count == 1 ? Self.quoted(artifact.pattern.text) : "{\(keys.joined(separator: ", "))}")
                    + ",")
        }
        return (lines + ["  ],", "}", ""]).joined(separator: "\n")
    }

    private static func text(of step: Step) -> String {
        let script = step.script.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let run = script.count == 1 ? quoted(step.script) : list(script)
        var keys = ["name: \(quoted(step.name))", "run: \(run)"]
        if let user = step.user { keys.append("user: \(quoted(user))") }
        if let directory = step.directory { keys.append("directory: \(quoted(directory.string))") }
        if let network = step.network { keys.append("network: \(network)") }
        if !step.environment.isEmpty { keys.append("environment: \(object(step.environment))") }
        return "{\(keys.joined(separator: ", "))}"
    }

    private static func text(of base: Base) -> String {
        switch base {
        case .distro(let name), .image(let name): quoted(name)
        case .tarball(let place, nil): "{tarball: \(quoted(place))}"
        case .tarball(let place, let digits?): "{tarball: \(quoted(place)), sha256: \(quoted(digits))}"
        case .root(let name): "{root: \(quoted(name))}"
        }
    }

    private static func text(of origin: SourceOrigin) -> String {
        let pairs: [(String, String?)] =
            switch origin {
            case .directory: []
            case .tarball(let place, let digits): [("tarball", place), ("sha256", digits)]
            case .archived(let path, let digits): [("archive", path), ("sha256", digits)]
            case .git(let place, let revision): [("git", place), ("revision", revision)]
            case .package(let name, let version): [("package", name), ("version", version)]
            case .description(let place): [("dsc", place)]
            }
        return "{\(pairs.compactMap { key, value in value.map { "\(key): \(quoted($0))" } }.joined(separator: ", "))}"
    }

    private static func list(_ words: [String]) -> String { "[\(words.map(quoted).joined(separator: ", "))]" }

    private static func object(_ values: [String: String]) -> String {
        "{\(values.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value))" }.joined(separator: ", "))}"
    }

    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A string always encodes.
        return String(decoding: (try? encoder.encode(text)) ?? Data(), as: UTF8.self)
    }
}
