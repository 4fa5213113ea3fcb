// SPDX-License-Identifier: Apache-2.0

import Extraction
import Failures
import Filesystem
import Fixtures
import Glibc
import PackageArchive
import SystemPackage
import Testing

struct UnpackerTests {
    static func plan(_ packages: [BootstrapPlan.Package], codename: String = "trixie") -> BootstrapPlan {
        let suites = [("", "debian"), ("-security", "debian-security")].map {
            BootstrapPlan.Suite(
                name: codename + $0.0, codename: codename + $0.0, uri: "http://archive.example/\($0.1)", url: "",
                date: nil,
                fingerprint: "")
        }
        return BootstrapPlan(
            architecture: "arm64", variant: .minbase, suites: suites,
            sources: suites.map { BootstrapPlan.Source(uri: $0.uri, suite: $0.name) }, components: ["main"],
            packages: packages,
            automatic: ["lib"])
    }

    /// Unpacks in the given order and returns what is left to do and where the root is.
    static func unpack(
        _ scratch: FilePath, _ plan: BootstrapPlan, order: [Int]? = nil
    ) throws -> (todo: ConfigurationPlan, root: FilePath) {
        try Directory.open(scratch).makeDirectory("root")
        let root = scratch.appending("root")
        var unpacker = try Unpacker(plan, into: try Directory.open(root), ownership: .caller)
        for index in order ?? Array(plan.packages.indices) { try unpacker.unpack(index) }
        return (try unpacker.finish(), root)
    }

    static func text(_ root: FilePath, _ path: String) throws -> String {
        String(decoding: try root.pushing(FilePath(path)).readFile(), as: UTF8.self)
    }

    static func baseFiles() -> DebBuilder {
        var deb = DebBuilder("base-files")
        deb.data.add("./", .directory, mode: 0o755)
        deb.data.add("./bin/", .directory, mode: 0o755)
        deb.data.add("./var/", .directory, mode: 0o2775)
        deb.data.add("./etc/", .directory, mode: 0o755)
        return deb
    }

    @Test func theDatabaseIsAsDpkgLeavesItAfterUnpacking() throws {
        try withScratchDirectory { scratch in
            var tool = DebBuilder("tool")
            tool.fields = "Multi-Arch: same\nEssential: yes\n"
            tool.control = [
                ("conffiles", "/etc/tool.conf\n"), ("md5sums", "x  usr/bin/tool\n"), ("postinst", "#!/bin/sh\n"),
                ("triggers", "# of a test\ninterest-noawait /usr/share/x\ninterest rebuild\nactivate ldconfig\n"),
            ]
            tool.data.add("./", .directory, mode: 0o755)
            tool.data.add("./etc/", .directory, mode: 0o755)
            tool.data.add("./etc/tool.conf", content: "a\n")
            tool.data.add("./bin/", .directory, mode: 0o755)
            tool.data.add("./bin/tool", content: "program", mode: 0o755)
            let packages = [
                try tool.write(to: scratch, isSameForArchitectures: true), try Self.baseFiles().write(to: scratch),
            ]
            let (_, root) = try Self.unpack(scratch, Self.plan(packages))
            #expect(try Self.text(root, "usr/bin/tool") == "program")
            let status = try Stanza.parse(try Self.text(root, "var/lib/dpkg/status"), file: "status")
            #expect(status.map { $0["Package"] } == ["base-files", "tool"])
            #expect(status.map { $0["Status"] } == ["install ok unpacked", "install ok unpacked"])
            #expect(status[1]["Essential"] == "yes")
            // md5sum(1) of "a\n"
            #expect(status[1]["Conffiles"] == "/etc/tool.conf 60b725f10c9c85c70d97880dfe8191b3")
            #expect(
                try Self.text(root, "var/lib/dpkg/info/tool:arm64.list")
                    == "/.\n/etc\n/etc/tool.conf\n/bin\n/bin/tool\n")
            #expect(try Self.text(root, "var/lib/dpkg/info/tool:arm64.md5sums") == "x  usr/bin/tool\n")
            #expect(try Self.text(root, "var/lib/dpkg/info/format") == "1\n")
            #expect(try Self.text(root, "var/lib/dpkg/arch") == "arm64\n")
            #expect(try Self.text(root, "var/lib/dpkg/triggers/File") == "/usr/share/x tool:arm64/noawait\n")
            #expect(try Self.text(root, "var/lib/dpkg/triggers/rebuild") == "tool:arm64\n")
            #expect(
                try Self.text(root, "var/lib/apt/extended_states")
                    == "Package: lib\nArchitecture: arm64\nAuto-Installed: 1\n\n")
            #expect(access(root.appending("var/lib/dpkg/info/tool:arm64.postinst").string, X_OK) == 0)
            #expect(access(root.appending("var/lib/dpkg/info/tool:arm64.control").string, F_OK) != 0)
        }
    }

    /// Whichever came first, base-files decides what the directories are like.
    @Test(arguments: [[0, 1], [1, 0]]) func theOrderOfArrivalChangesNothing(_ order: [Int]) throws {
        try withScratchDirectory { scratch in
            var other = DebBuilder("other")
            other.data.add("./var/", .directory, mode: 0o700)
            other.data.add("./var/file", content: "x")
            let packages = [try other.write(to: scratch), try Self.baseFiles().write(to: scratch)]
            let (_, root) = try Self.unpack(scratch, Self.plan(packages), order: order)
            let status = try #require(try Directory.open(root).status(of: "var"))
            #expect(status.permissions & 0o777 == 0o775)
            #expect(try Self.text(root, "var/file") == "x")
        }
    }

    @Test(arguments: [("trixie", "usr/bin"), ("stretch", nil as String?)])
    func usrIsMergedWhereTheReleaseCanDoIt(_ codename: String, _ target: String?) throws {
        try withScratchDirectory { scratch in
            let (_, root) = try Self.unpack(
                scratch, Self.plan([try Self.baseFiles().write(to: scratch)], codename: codename))
            #expect(try Directory.open(root).symbolicLinkTarget(of: "bin") == target)
        }
    }

    @Test func aFileOfTwoPackagesIsRefusedUnlessOneReplacesTheOther() throws {
        var one = DebBuilder("one")
        one.data.add("./etc/shared", content: "one")
        one.data.add("./etc/mine", content: "one")
        var two = DebBuilder("two")
        two.data.add("./etc/shared", content: "two")
        try withScratchDirectory { scratch in
            let packages = [try one.write(to: scratch), try two.write(to: scratch)]
            #expect { try Self.unpack(scratch, Self.plan(packages)) } throws: {
                let error = $0 as? PackageArchiveError
                return error?.kind == .overlap && error?.status == .badData
                    && error?.cause == "it would overwrite /etc/shared, which is also in one"
            }
        }
        try withScratchDirectory { scratch in
            let packages = [try two.write(to: scratch, replaces: ["one"]), try one.write(to: scratch)]
            let (_, root) = try Self.unpack(scratch, Self.plan(packages))
            #expect(try Self.text(root, "etc/shared") == "two")
            #expect(try Self.text(root, "var/lib/dpkg/info/one.list").split(separator: "\n").last == "/etc/mine")
            #expect(try !Self.text(root, "var/lib/dpkg/info/one.list").contains("shared"))
        }
    }

    @Test func aDamagedOrExchangedPackageIsRefused() throws {
        try withScratchDirectory { scratch in
            let package = try Self.baseFiles().write(to: scratch)
            try AtomicFile.write(Array(DebBuilder("other").bytes), to: FilePath(package.file))
            #expect { try Self.unpack(scratch, Self.plan([package])) } throws: {
                ($0 as? PackageArchiveError)?.kind == .mismatch
            }
        }
        try withScratchDirectory { scratch in
            let package = try Self.baseFiles().write(to: scratch)
            try AtomicFile.write(Array(Self.baseFiles().bytes.dropLast(900)), to: FilePath(package.file))
            #expect { try Self.unpack(scratch, Self.plan([package])) } throws: {
                ($0 as? PackageArchiveError)?.status == .badData
            }
        }
    }

    @Test func sourcesAreAsTheReleaseWantsThem() throws {
        var keyring = DebBuilder("debian-archive-keyring")
        keyring.data.add("./usr/share/keyrings/debian-archive-keyring.gpg", content: "key")
        var apt = DebBuilder("apt")
        apt.version = "2.6.1"
        try withScratchDirectory { scratch in
            let packages = [try keyring.write(to: scratch), try apt.write(to: scratch)]
            let (_, root) = try Self.unpack(scratch, Self.plan(packages))
            #expect(
                try Self.text(root, "etc/apt/sources.list") == """
                    deb http://archive.example/debian trixie main
                    deb http://archive.example/debian-security trixie-security main

                    """)
        }
        apt.version = "3.0.3"
        try withScratchDirectory { scratch in
            let packages = [try keyring.write(to: scratch), try apt.write(to: scratch)]
            let (_, root) = try Self.unpack(scratch, Self.plan(packages))
            let sources = try AptSource.parse(
                sources: try Self.text(root, "etc/apt/sources.list.d/debian.sources"), file: "debian.sources")
            #expect(sources.map(\.suites) == [["trixie"], ["trixie-security"]])
            #expect(sources[0].signedBy == ["/usr/share/keyrings/debian-archive-keyring.gpg"])
        }
    }
}
