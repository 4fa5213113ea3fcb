// SPDX-License-Identifier: Apache-2.0

internal import Building
internal import Failures
internal import Provisioning
internal import SystemPackage
internal import Terminal

/// The results of `build`.
struct BuildReport: FittingReport {
    let manifests: [BuildManifest]
    /// The directory of each one's artifacts.
    let places: [FilePath]

    /// Further artifacts are only counted.
    private static let shown = 40

    struct Build: Encodable {
        let path: String
        let build: BuildManifest

        private enum Key: String, CodingKey {
            case path
        }

        func encode(to encoder: any Encoder) throws {
            try build.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(path, forKey: .path)
        }
    }

    var document: [Build] { zip(places, manifests).map { Build(path: $0.string, build: $1) } }

    func text(width: Int?) -> StyledText {
        var text: StyledText = ""
        for (place, manifest) in zip(places, manifests) {
            var table = Table([.init("Artifact"), .init("Size", numeric: true), .init("For", optional: true)])
            for file in manifest.artifacts.prefix(Self.shown) {
                table.add([
                    file.link.map { "\(file.path) -> \($0)" } ?? file.path,
                    file.link == nil ? Quantity.bytes(file.size) : "", file.architecture ?? "",
                ])
            }
            text = text + table.text(width: width)
            let rest = manifest.artifacts.count - Self.shown
            if rest > 0 { text = text + "and \(rest) more\n" }
            text = text + "in \(place.string.printable)\n"
        }
        return text
    }
}

/// A step of a recipe that failed.
struct StepFailure: Failure {
    let problem: String
    let remedy: String?
    let code: Int32

    var status: ExitStatus { ExitStatus(rawValue: code) }
}
