// SPDX-License-Identifier: Apache-2.0

import Architectures
import Building
import Catalogue
import Emulation
import Failures
import FoundationEssentials
import Provisioning
import SystemPackage
import Terminal

@testable import Acceleration
@testable import Commands

/// The report that each JSON example in `docs/json*.md` shows, by the name in the comment before it.
enum JSONSamples {
    static func all() throws -> [(name: String, json: String)] {
        let root = try root()
        return [
            ("list", render(RootList(roots: [root]))),
            ("inspect", render(RootReport(root: root))),
            ("inspect, accelerated", render(Extract(of: RootReport(root: root, accelerated: accelerated)))),
            ("refresh", render(RefreshReport(outcomes: try refreshes()))),
            ("run --profile", render(ProfileReport(profile: profile, advice: advice))),
            ("lock", String(decoding: try lock().encoded(), as: UTF8.self)),
            ("create --dry-run", render(CreationReport(plan: try plan()))),
            ("distros", render(DistroReport(distros: [try Catalogue.load().distro("archlinuxarm")]))),
            ("doctor", render(DoctorReport(findings: findings))),
            ("binfmt status", render(BinfmtReport(statuses: statuses))),
            ("build", render(BuildReport(manifests: [try manifest()], places: ["/home/u/hello/mangrove-out/arm64"]))),
            ("tools list", render(ToolsReport(entries: [tools]))),
            ("tools build", render(ToolsBuildReport(entries: [compiler]))),
            ("cache list", render(CacheReport(entries: [try entry()]))),
        ]
    }

    private static func render(_ report: some CommandReport) -> String {
        Console.json(report.document)
    }

    private static func manifest() throws -> BuildManifest {
        try decode(
            """
            {"schema": 1, "name": "hello", "architecture": "arm64", "started": "2026-11-29T15:37:05Z",
             "finished": "2026-11-29T15:37:08Z", "packages": ["gcc", "libc6-dev"],
             "base": {"distro": "debian", "release": "12", "version": "12.15", "verified": "signature",
                      "source": "http://ftp.debian.org/debian bookworm", "created": "2026-11-29T15:36:58Z",
                      "digest": "sha256:62e2b9031c31f736da40ec18ad68bba5f7aa1eb68ffc6d1e77df8165e0076e98"},
             "steps": [{"name": "compile", "seconds": 0.412}],
             "artifacts": [
               {"path": "hello", "size": 70512, "mode": "755", "architecture": "arm64",
                "sha256": "0fdee66b7f3199e74638af8893ccf0d67344ef410e97b73dd92187359d03a47c"},
               {"path": "hi", "size": 0, "mode": "777", "link": "hello"}]}
            """)
    }

    private static func refreshes() throws -> [RefreshOutcome] {
        try decode(
            """
            [{"name": "arm", "state": "refreshed", "from": "12.15", "to": "12.15", "generation": 2, "bytes": 1487320,
              "seconds": 12.25, "packages": [{"name": "libc6", "from": "2.36-9+deb12u13", "to": "2.36-9+deb12u14"}]},
             {"name": "mine", "state": "held", "why": "made from your own tarball, rootfs.tar.xz", "packages": [],
              "bytes": 0, "seconds": 0.001}]
            """)
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
        root.sourceDate = "2026-08-04T17:02:11Z"
        root.skipped = [.init(path: "dev/console", reason: "devices cannot be made here")]
        root.resolvConf = .symbolicLink(target: "../run/systemd/resolve/stub-resolv.conf")
        return root
    }

    private static func lock() throws -> LockFile {
        let json = """
            {"schema": 1, "kind": "archive", "distro": "debian", "release": "13", "codename": "trixie",
             "architecture": "arm64", "requested": ["hello"], "snapshot": "20260901T000000Z", "variant": "minbase",
             "components": ["main"],
             "sources": [{"suite": "trixie", "url": "\(kept)"}],
             "suites": [
               {"name": "trixie", "codename": "trixie", "url": "\(kept)", "release": "\(kept)/dists/trixie/InRelease",
                "date": "2026-08-08T09:35:11Z", "fingerprint": "04B54C3CDCA79751B16BC6B5225629DF75B188BD",
                "signedBy": "Debian Stable Release Key (13/trixie) <debian-release@lists.debian.org>"}],
             "packages": [
               {"name": "hello", "version": "2.10-5", "architecture": "arm64", "size": 53232, "suite": "trixie",
                "path": "pool/main/h/hello/hello_2.10-5_arm64.deb",
                "sha256": "5d9b3dc2cb6fb8c9c1e2a7fbd3a4c20fb0f1d7f5f9c2fef8d6a6bb2d1f4d2b77"}],
             "automatic": []}
            """
        return try LockFile(parsing: Array(json.utf8), at: "mangrove.lock.json")
    }

    private static let kept = "https://snapshot.debian.org/archive/debian/20260901T000000Z"

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

    /// Of a report that is shown in full elsewhere, what is special about this one.
    private struct Extract: CommandReport {
        struct Document: Encodable {
            let accelerated: RootReport.Accelerated?
        }

        let document: Document

        init(of report: RootReport) { document = Document(accelerated: report.document.accelerated) }

        var text: StyledText { "" }
    }

    private static let accelerated = RootReport.Accelerated(
        programs: ["/usr/bin/make", "/usr/bin/sed"],
        emulated: [
            .init(package: "coreutils", program: "/usr/bin/nproc", reason: "the emulator may report other CPUs"),
            .init(package: "tar", program: nil, reason: "version 1.35-2 differs from the tools tree's 1.34-1"),
        ])

    /// sed twice by itself, and once with a library to preload; something that is emulated always.
    private static var profile: RunProfile {
        let outcomes: [(FilePath, DispatchLog.Outcome)] = [
            ("/usr/bin/sed", .native), ("/usr/bin/sed", .native), ("/usr/bin/sed", .byEnvironment),
            ("/usr/bin/cmake", .notListed),
        ]
        let log = DispatchLog(
            records: outcomes.enumerated().map { index, outcome in
                .init(
                    time: UInt64(index + 1) * 10_000_000, process: UInt32(index + 2), outcome: outcome.1,
                    program: outcome.0)
            })
        var samples = ProcessSamples(processors: 1)
        for look in UInt64(0)...12 {
            let number = min(5, 2 + UInt32(look) / 2)
            samples.add(
                [
                    .init(
                        number: number, parent: 1, isRunning: true, started: UInt64(number - 1), time: look * 10_000_000
                    )
                ],
                at: look * 10_000_000)
        }
        return RunProfile(log, samples)
    }

    private static let advice = [
        EmulationAdvice(
            program: "/usr/bin/cmake", share: 0.58, reason: "package cmake has not been reviewed",
            remedy:
                "if its output is architecture-independent, add to the configuration: accelerate: {add: [\"cmake\"]}"
        )
    ]

    private static let tools = ToolsReport.Entry(
        name: "debian-12-arm64.2", distro: "debian", release: "12", created: "2026-11-30T21:40:12Z",
        path: "/var/cache/mangrove/tools/debian-12-arm64.2/rootfs",
        compilers: [.init(gcc: "12", packageVersion: "12.2.0-14+deb12u1")])

    private static let compiler = ToolsBuildReport.Entry(
        root: "xen", gcc: "12", packageVersion: "12.2.0-14+deb12u1", state: .missing,
        differences: ["-fstack-protector"])

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
            {"name": "ubuntu-base-24.04.4-base-arm64.tar.gz", "size": 29339648, "frees": 29339648,
             "used": "2026-11-23T03:16:45Z",
             "path": "/var/cache/mangrove/bases/sha256-04207713ece899c3740823d33690441ad3a7f0ded1101aca744e2b0f37ac7ff2"}
            """)
    }
}
