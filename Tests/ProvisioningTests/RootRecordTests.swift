// SPDX-License-Identifier: Apache-2.0

import Failures
import Provisioning
import SystemPackage
import Testing

@Suite struct RootRecordTests {
    static func record(_ name: String = "xen", path: FilePath = "/roots/xen/rootfs") throws -> RootRecord {
        RootRecord(
            name: try RootName(name), distro: "ubuntu", release: "24.04", version: "24.04.4", codename: "noble",
            architecture: "arm64", path: path, created: "2026-11-23T02:08:22Z",
            verified: Verification(
                how: .signature, digest: "sha256:00", fingerprint: "AB", signedBy: "Someone <a@b>",
                urls: ["https://example.org/base.tar.gz"]),
            source: "base.tar.gz", ownership: .archive)
    }

    @Test func comesBackAsItWasWritten() throws {
        var record = try Self.record()
        record.packages = ["gcc"]
        record.skipped = [.init(path: "dev/null", reason: "device")]
        record.resolvConf = .symbolicLink(target: "../run/resolv.conf")
        #expect(try RootRecord(parsing: record.encoded(), at: "root.json") == record)
    }

    /// Scripts read these.
    @Test func theKeysAreTheDocumentedOnes() throws {
        let text = String(decoding: try Self.record().encoded(), as: UTF8.self)
        for line in [
            #""name" : "xen""#, #""distro" : "ubuntu""#, #""release" : "24.04""#, #""version" : "24.04.4""#,
            #""architecture" : "arm64""#, #""path" : "/roots/xen/rootfs""#, #""created" : "2026-11-23T02:08:22Z""#,
            #""how" : "signature""#, #""signedBy" : "Someone <a@b>""#, #""schema" : 1"#,
        ] {
            #expect(text.contains(line))
        }
    }

    @Test func keysOfALaterVersionArePassedOver() throws {
        let record = try Self.record()
        let later = String(decoding: record.encoded(), as: UTF8.self)
            .replacing("\"schema\" : 1", with: "\"schema\" : 1, \"tomorrow\" : {\"a\": [1]}")
        #expect(try RootRecord(parsing: Array(later.utf8), at: "root.json") == record)
    }

    @Test(arguments: [
        ("", "JSON"), ("{}", "schema: missing"), (#"{"schema": 2}"#, "newer"),
        (#"{"schema": 1, "name": "../x"}"#, "invalid root name"),
        (#"{"schema": 1, "name": 7}"#, "name: expected a string"),
    ])
    func whatIsWrongIsSaid(text: String, reason: String) {
        let error = #expect(throws: ProvisioningError.self) {
            try RootRecord(parsing: Array(text.utf8), at: "/r/x/root.json")
        }
        #expect(error?.status == .badConfiguration)
        #expect(error.map { "\($0.problem) \($0.cause ?? "")" }?.contains(reason) == true)
    }
}
