// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Images

/// containers-policy.json(5).
@Suite struct SignaturePolicyTests {
    private static let policy = """
        {
          "default": [{"type": "reject"}],
          "transports": {
            "docker": {
              "": [{"type": "insecureAcceptAnything"}],
              "docker.io/library/debian": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/k"}],
              "docker.io/library/debian:12": [{"type": "sigstoreSigned", "keyPath": "/k"}],
              "registry.example/team": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/k"}],
              "*.example": [{"type": "reject"}]
            },
            "oci": {"/images": [{"type": "insecureAcceptAnything"}]}
          }
        }
        """

    @Test(arguments: [
        ("oci:debian", "signedBy"), ("oci:debian:12", "sigstoreSigned"), ("oci:debian:13", "signedBy"),
        ("oci:docker.io/library/debian", "signedBy"), ("oci:docker.io/debian", "signedBy"),
        ("oci:arm64v8/debian", "insecureAcceptAnything"),
        ("oci:registry.example/team/a/b:1", "signedBy"), ("oci:registry.example/other", "reject"),
        ("oci:localhost:5000/a", "insecureAcceptAnything"), ("oci-layout:/images/a:1", "insecureAcceptAnything"),
        ("oci-layout:/other", "reject"), ("docker-archive:/images/a.tar", "reject"),
    ])
    func theNarrowestScopeCounts(image: String, requirement: String) throws {
        let source = try #require(try ImageSource(image, relativeTo: "/"))
        let policy = try #require(SignaturePolicy(Array(Self.policy.utf8), for: source))
        #expect(policy.requirements == [requirement])
        #expect(policy.requiresSignature == ["signedBy", "sigstoreSigned"].contains(requirement))
    }

    @Test func whatIsNoPolicySaysNothing() {
        #expect(SignaturePolicy(Array("{}".utf8), for: .registry("debian")) == nil)
    }
}
