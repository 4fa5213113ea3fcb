// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import FoundationEssentials
package import Provisioning
package import SystemPackage

/// The result of a build: `ARCHITECTURE.json` beside the artifacts.
package struct BuildManifest: Codable, Equatable, Sendable {
    package struct Base: Codable, Equatable, Sendable {
        package let distro: String
        package let release: String
        package let version: String
        package let source: String
        /// nil of a root that was copied from a directory.
        package let digest: String?
        package let verified: String
        package let created: String
    }

    package var schema = 1
    package let name: String
    package let architecture: String
    package let started: String
    package let finished: String
    package let base: Base
    package let packages: [String]
    package let steps: [BuildOutcome.StepTime]
    package let artifacts: [ArtifactCollection.File]

    package init(_ request: BuildRequest, _ outcome: BuildOutcome, root: RootRecord) {
        name = request.name
        architecture = request.architecture.rawValue
        (started, finished) = (outcome.started, outcome.finished)
        base = Base(
            distro: root.distro, release: root.release, version: root.version, source: root.source,
            digest: root.verified.digest, verified: root.verified.how.rawValue, created: root.created)
        packages = root.packages
        (steps, artifacts) = (outcome.steps, outcome.artifacts.files)
    }

    package static func read(_ path: FilePath) -> BuildManifest? {
        guard let bytes = try? path.readFile() else { return nil }
        return try? JSONDecoder().decode(BuildManifest.self, from: Data(bytes))
    }
}

/// JSON as the records of a build are written.
enum RecordEncoding {
    static func bytes(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // What is recorded is made of strings, numbers, lists and objects: it always encodes.
        return Array((try? encoder.encode(value)) ?? Data()) + [UInt8(ascii: "\n")]
    }
}
