// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Images

@Suite struct TransportComplaintTests {
    /// As skopeo 1.9 and 1.18 say it.
    @Test(arguments: [
        (
            "pinging container registry 127.0.0.1:5059: Get \"https://127.0.0.1:5059/v2/\": dial tcp 127.0.0.1:5059: connect: connection refused",
            TransportComplaint.unreachable
        ),
        ("Get \"https://a.example/v2/\": dial tcp: lookup a.example on 1.1.1.1:53: no such host", .unreachable),
        ("reading manifest latest in 127.0.0.1:5055/nothere: manifest unknown: manifest unknown", .notThere),
        (
            "reading manifest latest in docker.io/library/x: errors: denied: requested access to the resource is denied unauthorized: authentication required",
            .notAuthorized
        ),
        ("reading manifest 1 in a/b: received unexpected HTTP status: 429 Too Many Requests", .rateLimited),
        (
            "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating",
            .rateLimited
        ),
        (
            "pinging container registry a:1: Get \"https://a:1/v2/\": http: server gave HTTP response to HTTPS client",
            .notEncrypted
        ),
        ("Source image rejected: Running image docker://a:1 is rejected by policy.", .rejectedByPolicy),
        ("Source image rejected: A signature was required, but no signature exists", .rejectedByPolicy),
        ("Error loading trust policy: open /etc/containers/policy.json: no such file or directory", .noPolicy),
        ("writing blob: write /x/oci-put-blob1: no space left on device", .diskFull),
        ("no image found in manifest list for architecture riscv64, variant \"\", OS linux", .noSuchArchitecture),
        ("writing blob: Digest did not match, expected sha256:00, got sha256:11", .damaged),
        ("creating signature: key \"nobody\" not found", .notSigned),
        ("Error parsing image name \"docker://A\": invalid reference format", .badReference),
        ("something that nobody has heard of", .other),
    ])
    func skopeosWordsAreUnderstood(words: String, complaint: TransportComplaint) {
        #expect(TransportComplaint(words) == complaint)
    }

    @Test(arguments: [
        ("initializing source oci:/a:: unexpected EOF", TransportComplaint.damaged),
        ("open /a/blobs/sha256/00: no such file or directory", .damaged),
        ("more than one image in oci, choose an image", .notThere),
        ("Source image rejected: Running image oci:/a is rejected by policy.", .rejectedByPolicy),
    ])
    func nothingOnThisMachineIsUnreachable(words: String, complaint: TransportComplaint) {
        #expect(TransportComplaint(ofFile: words) == complaint)
    }

    @Test func theMessageIsTakenOutOfItsLine() {
        let text = """
            time="2026-01-01T00:00:00Z" level=warning msg="a warning"
            time="2026-01-01T00:00:00Z" level=fatal msg="reading \\"a\\\\b\\": it failed\\n"

            """
        #expect(Skopeo.complaint(in: text) == #"reading "a\b": it failed "#)
        #expect(Skopeo.complaint(in: "FATA[0000] plain words\n") == "FATA[0000] plain words")
        #expect(Skopeo.complaint(in: "").isEmpty)
    }
}
