// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import FoundationEssentials
package import Provisioning
package import SystemPackage

/// What a build came to: `ARCHITECTURE.json` beside the artifacts.
package struct BuildManifest: Codable, Equatable, Sendable {
    package struct File: Codable, Equatable, Sendable {
        /// Below the artifacts' directory.
        package let path: String
        /// In bytes.
        package let size: Int64
        /// Of a file.
        package let sha256: String?
        /// Of a symbolic link.
        package let link: String?
        /// In octal digits.
        package let mode: String
        /// Of an ELF file, under Debian's name.
        package let architecture: String?
    }

    package struct Step: Codable, Equatable, Sendable {
        package let name: String
        package let seconds: Double
    }

    package struct Base: Codable, Equatable, Sendable {
        package let distro: String
        package let release: String
        package let version: String
        package let source: String
        package let digest: String
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
    package let steps: [Step]
    package let artifacts: [File]

    package init(_ request: BuildRequest, _ outcome: BuildOutcome, root: RootRecord) {
        name = request.name
        architecture = request.architecture.rawValue
        (started, finished) = (outcome.started, outcome.finished)
        base = Base(
            distro: root.distro, release: root.release, version: root.version, source: root.source,
            digest: root.verified.digest, verified: root.verified.how.rawValue, created: root.created)
        packages = root.packages
        steps = outcome.steps.map { Step(name: $0.name, seconds: ($0.seconds * 1000).rounded() / 1000) }
        artifacts = outcome.artifacts.files.map {
            File(
                path: $0.path, size: $0.size, sha256: $0.sha256, link: $0.link, mode: String($0.mode, radix: 8),
                architecture: $0.architecture)
        }
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
