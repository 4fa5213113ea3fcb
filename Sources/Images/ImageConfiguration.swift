// SPDX-License-Identifier: Apache-2.0

/// The configuration of an image, as far as mangrove looks at it (OCI image specification, config.md).
package struct ImageConfiguration: Codable, Equatable, Sendable {
    package struct RootFilesystem: Codable, Equatable, Sendable {
        package var type = "layers"
        /// Digests of the layers with their compression taken off, lowest first.
        package var diffIDs: [String]

        package init(diffIDs: [String]) { self.diffIDs = diffIDs }

        private enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }
    }

    package struct History: Codable, Equatable, Sendable {
        package var created: String?
        package var createdBy: String?

        package init(created: String?, createdBy: String?) { (self.created, self.createdBy) = (created, createdBy) }

        private enum CodingKeys: String, CodingKey {
            case created
            case createdBy = "created_by"
        }
    }

    /// RFC 3339.
    package var created: String?
    package var architecture: String
    package var variant: String?
    package var os: String
    package var config: ImageSettings?
    package var rootfs: RootFilesystem

    /// Of an image without layers yet.
    package init(platform: Descriptor.Platform, config: ImageSettings?) {
        (architecture, variant, os) = (platform.architecture, platform.variant, platform.os)
        self.config = config
        rootfs = RootFilesystem(diffIDs: [])
    }

    package var platform: Descriptor.Platform { .init(architecture: architecture, os: os, variant: variant) }
}

/// What an image says of how it is to be run: as far as mangrove follows it, and hands it on.
package struct ImageSettings: Codable, Equatable, Sendable {
    /// `KEY=VALUE`.
    package var environment: [String]?
    package var entrypoint: [String]?
    package var command: [String]?
    /// `NAME`, `UID`, either with `:GROUP`.
    package var user: String?
    package var workingDirectory: String?
    package var labels: [String: String]?

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case environment = "Env"
        case entrypoint = "Entrypoint"
        case command = "Cmd"
        case user = "User"
        case workingDirectory = "WorkingDir"
        case labels = "Labels"
    }

    /// What is executed where nobody names a command; empty where the image does not say.
    package var defaultCommand: [String] { (entrypoint ?? []) + (command ?? []) }

    /// By name; what is no assignment is passed over.
    package var variables: [String: String] {
        var values: [String: String] = [:]
        for text in environment ?? [] {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex, !text.utf8.contains(0) else {
                continue
            }
            values[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return values
    }
}
