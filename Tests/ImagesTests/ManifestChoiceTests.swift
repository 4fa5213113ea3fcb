// SPDX-License-Identifier: Apache-2.0

import Architectures
import Testing

@testable import Images

@Suite struct ManifestChoiceTests {
    private static let index = """
        {"schemaVersion": 2, "manifests": [
          {"mediaType": "m", "digest": "sha256:01", "size": 1, "platform": {"architecture": "amd64", "os": "linux"}},
          {"mediaType": "m", "digest": "sha256:02", "size": 1, "platform": {"architecture": "arm", "os": "linux", "variant": "v7"}},
          {"mediaType": "m", "digest": "sha256:03", "size": 1, "platform": {"architecture": "arm64", "os": "linux", "variant": "v8"}},
          {"mediaType": "m", "digest": "sha256:04", "size": 1, "platform": {"architecture": "arm64", "os": "windows"}},
          {"mediaType": "m", "digest": "sha256:05", "size": 1, "platform": {"architecture": "unknown", "os": "unknown"}}
        ]}
        """

    @Test func thoseForTheArchitectureAreOffered() throws {
        let choice = try ManifestChoice(Array(Self.index.utf8), digest: "sha256:00", image: "oci:a")
        #expect(choice.candidates(.arm64).map(\.digest) == ["sha256:03"])
        #expect(choice.candidates(.armhf).map(\.digest) == ["sha256:02"])
        let error = #expect(throws: ImageError.self) { try choice.requireOffered(.riscv64) }
        #expect(error?.problem == "oci:a has no image for riscv64")
        #expect(error?.cause == "it has amd64, arm/v7, arm64, arm64/v8")
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"schemaVersion": 1, "name": "a"}"#, #"{"schemaVersion": 2}"#,
        #"{"schemaVersion": 2, "mediaType": "application/vnd.other", "manifests": []}"#,
        #"{"schemaVersion": 2, "manifests": [{"digest": 1}]}"#,
    ])
    func otherDocumentsAreRefused(text: String) {
        #expect(throws: ImageError.self) { try ManifestChoice(Array(text.utf8), digest: "sha256:00", image: "oci:a") }
    }

    @Test func oneManifestIsTheOnlyChoice() throws {
        let text = #"{"schemaVersion": 2, "config": {"digest": "sha256:01", "size": 1}, "layers": []}"#
        let choice = try ManifestChoice(Array(text.utf8), digest: "sha256:00", image: "oci:a")
        #expect(choice.candidates(.s390x).map(\.digest) == ["sha256:00"])
    }
}
