// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Images

@Suite struct ImageSourceTests {
    @Test(arguments: [
        ("oci:debian", "docker://debian"), ("oci:arm64v8/debian:12", "docker://arm64v8/debian:12"),
        ("oci:localhost:5000/a/b@sha256:00", "docker://localhost:5000/a/b@sha256:00"),
        ("oci-layout:images/a", "oci:/here/images/a"), ("oci-layout:/images/a:1.2", "oci:/images/a:1.2"),
        ("docker-archive:a.tar", "docker-archive:/here/a.tar"),
        ("docker-archive:/a.tar:me/a:1", "docker-archive:/a.tar:me/a:1"),
    ])
    func whatIsNamedIsNamedToSkopeo(text: String, name: String) throws {
        let source = try #require(try ImageSource(text, relativeTo: "/here"))
        #expect(source.transportName == name)
        #expect(ImageSource.isMeant(by: text))
        // What is written into records says the same from anywhere.
        #expect(try ImageSource(source.description, relativeTo: "/elsewhere") == source)
    }

    @Test(arguments: ["debian:12", "ubuntu", "docker://debian", "./oci", "alpine:3.20@20260101T000000Z"])
    func otherNamesAreNoImages(text: String) throws {
        #expect(try ImageSource(text, relativeTo: "/") == nil)
        #expect(!ImageSource.isMeant(by: text))
    }

    @Test(arguments: [
        "oci:", "oci:-x", "oci:/etc", "oci:a b", "oci:a//b", "oci://a", "oci:a:", "oci:a/", "oci:\u{e9}", "oci-layout:",
        "oci-layout::tag", "oci-layout:a:", "oci-layout:a:b c", "oci-layout:a:@0", "oci-layout:a:--x",
        "docker-archive:",
    ])
    func whatCannotBeANameIsRefused(text: String) {
        #expect(throws: ImageError.self) { try ImageSource(text, relativeTo: "/") }
    }

    @Test(arguments: [
        ("debian", "debian"), ("debian:12", "debian"), ("localhost:5000/a", "localhost:5000/a"),
        ("localhost:5000/a:1", "localhost:5000/a"), ("a/b:1@sha256:00", "a/b"),
    ])
    func aRepositoryIsWhatIsBeforeTagAndDigest(reference: String, repository: String) throws {
        #expect(ImageSource.repository(of: reference) == repository)
        let pinned = ImageSource.registry(reference).pinned(to: "sha256:11")
        #expect(pinned == .registry("\(repository)@sha256:11") && pinned?.pinnedDigest == "sha256:11")
    }
}
