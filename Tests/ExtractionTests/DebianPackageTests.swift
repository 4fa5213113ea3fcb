// SPDX-License-Identifier: Apache-2.0

import Extraction
import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct DebianPackageTests {
    static let controlText = "Package: x\nVersion: 1\n"

    static func package(
        version: String = "2.0\n", filter: TestFilter = .xz, extra: (inout TarBuilder) -> Void = { _ in }
    ) throws -> [UInt8] {
        var control = TarBuilder()
        control.add("./", .directory, mode: 0o755)
        control.add("./control", content: controlText)
        control.add("./postinst", content: "#!/bin/sh\n", mode: 0o755)
        control.add("./conffiles", content: "/etc/x.conf\n")
        var data = TarBuilder()
        data.add("./", .directory, mode: 0o755)
        data.add("./bin/", .directory, mode: 0o755)
        data.add("./bin/x", content: "program", mode: 0o755)
        data.add("./etc/", .directory, mode: 0o755)
        data.add("./etc/x.conf", content: "a=b\n")
        data.add("./bin/y", .symbolicLink, target: "x")
        extra(&data)
        var archive = ArBuilder()
        archive.add("debian-binary", Array(version.utf8))
        archive.add("_gpgorigin", [1, 2, 3])
        archive.add("control.tar.gz", try compressed(control.finished, .gzip))
        archive.add("data.tar.\(filter.rawValue)", try compressed(data.finished, filter))
        return archive.bytes
    }

    /// Unpacks into a root with a merged `/usr`.
    func unpacking(_ archive: [UInt8], _ body: (DebianPackage, FilePath) throws -> Void) throws {
        try withScratchDirectory { scratch in
            let root = scratch.appending("root")
            try Directory.open(scratch).makeDirectory("root")
            try Directory.open(root).makeDirectory("usr", mode: 0o711)
            try Directory.open(root.appending("usr")).makeDirectory("bin", mode: 0o711)
            try Directory.open(root).makeSymbolicLink("bin", to: "/usr/bin")
            try writeFile(archive, to: scratch.appending("x.deb"))
            let file = try OwnedDescriptor.open(scratch.appending("x.deb"), .readOnly)
            var policy = ExtractionPolicy.package
            policy.ownership = .caller
            let package = try DebianPackage.unpack(
                StartedPackage(file, name: "x.deb"), into: try .open(root), policy: policy)
            try body(package, root)
        }
    }

    @Test(arguments: TestFilter.allCases) func unpacksIntoMergedUsr(_ filter: TestFilter) throws {
        try unpacking(Self.package(filter: filter)) { package, root in
            #expect(package.control.map(\.name) == ["control", "postinst", "conffiles"])
            #expect(package.control.map(\.permissions) == [0o644, 0o755, 0o644])
            #expect(package.control[2].bytes == Array("/etc/x.conf\n".utf8))
            let list = "/.\n/bin\n/bin/x\n/etc\n/etc/x.conf\n/bin/y\n"
            #expect(package.fileList == Array(list.utf8))
            #expect(package.report.entries == 6)
            try #expect(status(root.appending("bin")).kind == .symbolicLink)
            try #expect(status(root.appending("usr/bin")).permissions == 0o711)
            try #expect(status(root.appending("usr/bin/x")).permissions == 0o755)
            try #expect(root.appending("usr/bin/y").readFile() == Array("program".utf8))
        }
    }

    @Test func linksOutOfTheRootStayInIt() throws {
        let archive = try Self.package { data in
            data.add("./up", .symbolicLink, target: "../../../usr")
            data.add("./up/z", content: "below")
        }
        try unpacking(archive) { _, root in
            try #expect(root.appending("usr/z").readFile() == Array("below".utf8))
        }
    }

    @Test func controlAlone() throws {
        try withScratchDirectory { scratch in
            let whole = try Self.package()
            // The rest need not even be there.
            try writeFile(Array(whole.dropLast(100)), to: scratch.appending("x.deb"))
            let file = try OwnedDescriptor.open(scratch.appending("x.deb"), .readOnly)
            let control = try DebianPackage.readControl(from: file, name: "x.deb")
            #expect(control.first?.bytes == Array(Self.controlText.utf8))
        }
    }

    @Test func cutShortIsAnError() throws {
        let whole = try Self.package()
        for end in stride(from: 0, to: whole.count - 1, by: whole.count / 40) {
            let error = #expect(throws: ExtractionError.self, "cut at \(end)") {
                try unpacking(Array(whole[..<end])) { _, _ in }
            }
            #expect(error?.status == .badData)
        }
    }

    @Test func whatIsNoPackage() throws {
        var reordered = ArBuilder()
        reordered.add("debian-binary", Array("2.0\n".utf8))
        reordered.add("data.tar", TarBuilder().finished)
        var hostile = TarBuilder()
        hostile.add("../control", content: "x")
        var outside = ArBuilder()
        outside.add("debian-binary", Array("2.0\n".utf8))
        outside.add("control.tar", hostile.finished)
        outside.add("data.tar", TarBuilder().finished)
        let archives = try [
            reordered.bytes, outside.bytes, Self.package(version: "3.0\n"), sampleTar().finished, [],
            Self.package { $0.add("./../x", content: "x") },
        ]
        for archive in archives {
            let error = #expect(throws: ExtractionError.self) { try unpacking(archive) { _, _ in } }
            #expect(error?.status == .badData)
        }
    }
}
