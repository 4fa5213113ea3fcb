// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Provisioning

/// What was installed where something was built: an SPDX document (<https://spdx.github.io/spdx-spec/v2.3/>).
struct BillOfMaterials: Encodable {
    struct Creation: Encodable {
        let created: String
        let creators: [String]
    }

    struct Reference: Encodable {
        let referenceCategory = "PACKAGE-MANAGER"
        let referenceType = "purl"
        let referenceLocator: String
    }

    struct Package: Encodable {
        let SPDXID: String
        let name: String
        let versionInfo: String
        let downloadLocation = "NOASSERTION"
        let filesAnalyzed = false
        let licenseConcluded = "NOASSERTION"
        let licenseDeclared = "NOASSERTION"
        let copyrightText = "NOASSERTION"
        let externalRefs: [Reference]
    }

    struct Relationship: Encodable {
        let spdxElementId: String
        let relationshipType: String
        let relatedSpdxElement: String
    }

    let spdxVersion = "SPDX-2.3"
    let dataLicense = "CC0-1.0"
    let SPDXID = "SPDXRef-DOCUMENT"
    let name: String
    let documentNamespace: String
    let creationInfo: Creation
    let packages: [Package]
    let relationships: [Relationship]

    init(
        _ request: BuildRequest, _ outcome: BuildOutcome, root: RootRecord, installed: InstalledPackages,
        version: String
    ) {
        name = "\(request.name)-\(request.architecture)"
        // Unique for each document: the specification's demand.
        let digest = outcome.artifacts.files.compactMap(\.sha256).first ?? "none"
        documentNamespace =
            "https://spdx.org/spdxdocs/\(name)-\(outcome.finished.filter { $0.isLetter || $0.isNumber })-\(digest.prefix(16))"
        creationInfo = Creation(created: outcome.finished, creators: ["Tool: mangrove-\(version)"])
        packages = installed.names.compactMap { installed[$0] }.map { package in
            Package(
                SPDXID:
                    "SPDXRef-Package-\(package.name.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }.map(String.init).joined())",
                name: package.name, versionInfo: package.version,
                externalRefs: [
                    Reference(
                        referenceLocator: PackageURL.make(
                            package, of: installed.manager, distro: root.distro, release: root.release))
                ])
        }
        relationships = packages.map {
            Relationship(
                spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: $0.SPDXID)
        }
    }
}
