// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Provisioning

/// How artifacts were made: an in-toto Statement with SLSA's provenance predicate, version 1
/// (<https://slsa.dev/spec/v1.0/provenance>). Unsigned, and made by the builder itself: SLSA build level 1.
struct Provenance: Encodable {
    struct Subject: Encodable {
        let name: String
        let digest: [String: String]
    }

    struct Dependency: Encodable {
        let uri: String
        var digest: [String: String]?
    }

    struct Parameters: Encodable {
        struct Step: Encodable {
            let name: String
            let run: String
        }

        let architecture: String
        let environment: [String: String]
        let packages: [String]
        let steps: [Step]
        let user: String
        let network: Bool
    }

    struct Definition: Encodable {
        let buildType: String
        let externalParameters: Parameters
        let resolvedDependencies: [Dependency]
    }

    struct Builder: Encodable {
        let id: String
        let version: [String: String]
    }

    struct Metadata: Encodable {
        let startedOn: String
        let finishedOn: String
    }

    struct Details: Encodable {
        let builder: Builder
        let metadata: Metadata
    }

    struct Predicate: Encodable {
        let buildDefinition: Definition
        let runDetails: Details
    }

    let _type = "https://in-toto.io/Statement/v1"
    let subject: [Subject]
    let predicateType = "https://slsa.dev/provenance/v1"
    let predicate: Predicate

    init(
        _ request: BuildRequest, _ outcome: BuildOutcome, root: RootRecord, installed: InstalledPackages?,
        version: String
    ) {
        subject = outcome.artifacts.files.compactMap { file in
            file.sha256.map { Subject(name: file.path, digest: ["sha256": $0]) }
        }
        let recipe = request.recipe
        var base = Dependency(uri: root.verified.urls.first ?? root.source)
        let parts = (root.verified.digest ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        if parts.count == 2 { base.digest = [parts[0]: parts[1]] }
        let packages =
            installed.map { installed in
                installed.names.compactMap { installed[$0] }.map {
                    Dependency(
                        uri: PackageURL.make($0, of: installed.manager, distro: root.distro, release: root.release))
                }
            } ?? []
        let toolchain = request.toolchain.map { toolchain in
            var dependency = Dependency(uri: "urn:x-mangrove:toolchain:\(toolchain.prefix)gcc")
            dependency.digest = DirectoryHash.make(of: toolchain.directory).map { ["dirHash": $0] }
            return [dependency]
        }
        predicate = Predicate(
            buildDefinition: Definition(
                buildType: "urn:x-mangrove:build:v1",
                externalParameters: Parameters(
                    architecture: request.architecture.rawValue, environment: recipe.environment,
                    packages: recipe.packages, steps: recipe.steps.map { .init(name: $0.name, run: $0.script) },
                    user: recipe.user, network: recipe.network),
                resolvedDependencies: [base] + [request.sourceDependency(distro: root.distro)].compactMap(\.self)
                    + (toolchain ?? []) + packages),
            runDetails: Details(
                builder: Builder(
                    id: "urn:x-mangrove", version: ["mangrove": version]),
                metadata: Metadata(startedOn: outcome.started, finishedOn: outcome.finished)))
    }
}
