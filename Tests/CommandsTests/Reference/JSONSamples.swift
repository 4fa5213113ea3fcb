// SPDX-License-Identifier: Apache-2.0

import Architectures
import Catalogue
import Emulation
import Failures
import FoundationEssentials
import Provisioning
import SystemPackage

@testable import Commands

/// What `docs/json.md` shows of every report, by the name it has there.
enum JSONSamples {
    static func all() throws -> [(name: String, json: String)] {
        let root = try root()
        return [
            ("list", render(RootList(roots: [root]))),
            ("inspect", render(RootReport(root: root))),
            ("create --dry-run", render(CreationReport(plan: try plan()))),
            ("distros", render(DistroReport(distros: [try Catalogue.load().distro("archlinuxarm")]))),
            ("doctor", render(DoctorReport(findings: findings))),
            ("binfmt status", render(BinfmtReport(statuses: statuses))),
            ("cache list", render(CacheReport(entries: [try entry()]))),
        ]
    }

    private static func render(_ report: some Report) -> String {
        OutputRendering.render(report, as: .json, colour: false)
    }

    private static func decode<Value: Decodable>(_ json: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(json.utf8))
    }

    private static func root() throws -> RootRecord {
        var root = RootRecord(
            name: try RootName("xen"), distro: "ubuntu", release: "24.04", version: "24.04.4", codename: "noble",
            architecture: "arm64", path: "/var/lib/mangrove/roots/xen/rootfs", created: "2026-11-23T03:16:45Z",
            verified: Verification(
                how: .signature,
                digest: "sha256:04207713ece899c3740823d33690441ad3a7f0ded1101aca744e2b0f37ac7ff2",
                fingerprint: "843938DF228D22F7B3742BC0D94AA3F0EFE21092",
                signedBy: "Ubuntu CD Image Automatic Signing Key (2012) <cdimage@ubuntu.com>",
                urls: [base, "https://cdimage.ubuntu.com/ubuntu-base/releases/24.04/release/SHA256SUMS"]),
            source: "ubuntu-base-24.04.4-base-arm64.tar.gz", ownership: .archive)
        root.packages = ["gcc", "make"]
        root.skipped = [.init(path: "dev/console", reason: "devices cannot be made here")]
        root.resolvConf = .symbolicLink(target: "../run/systemd/resolve/stub-resolv.conf")
        return root
    }

    private static let base =
        "https://cdimage.ubuntu.com/ubuntu-base/releases/24.04/release/ubuntu-base-24.04.4-base-arm64.tar.gz"

    private static func plan() throws -> CreationPlan {
        try decode(
            """
            {"name": "xen", "distro": "ubuntu", "release": "24.04", "version": "24.04.4", "architecture": "arm64",
             "sources": ["\(base)"], "verification": "signature", "replaces": false, "packages": ["gcc", "make"],
             "digest": "sha256:04207713ece899c3740823d33690441ad3a7f0ded1101aca744e2b0f37ac7ff2",
             "path": "/var/lib/mangrove/roots/xen/rootfs"}
            """)
    }

    private static let findings = [
        Finding("kernel", .ok, "Linux 6.18"),
        Finding(
            "arm64 interpreter", .problem, "no interpreter for arm64: qemu-aarch64 is not installed",
            remedy: "sudo apt install qemu-user-static"),
    ]

    private static let statuses = [
        BinfmtStatus(
            architecture: .arm64, state: .enabled,
            entries: [
                BinfmtEntry(
                    rule: BinfmtRule(
                        for: .arm64, interpreter: "/usr/bin/qemu-aarch64-static", flags: [.fixBinary],
                        name: "qemu-aarch64"), isEnabled: true)
            ], outcome: .works)
    ]

    private static func entry() throws -> Cache.Entry {
        try decode(
            """
            {"name": "ubuntu-base-24.04.4-base-arm64.tar.gz", "size": 29339648, "used": "2026-11-23T03:16:45Z",
             "path": "/var/cache/mangrove/bases/sha256-04207713ece899c3740823d33690441ad3a7f0ded1101aca744e2b0f37ac7ff2"}
            """)
    }
}
