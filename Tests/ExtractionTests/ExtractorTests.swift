// SPDX-License-Identifier: Apache-2.0

import Extraction
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@Suite struct ExtractorTests {
    @Test func filesDirectoriesAndLinks() throws {
        var tar = TarBuilder()
        tar.add("./", .directory, mode: 0o755)
        tar.add("./usr/", .directory, mode: 0o555, modified: 1_600_000_000)
        tar.add("./usr/a", content: "hello", mode: 0o4751)
        tar.add("./usr/b", .hardLink, target: "./usr/a")
        tar.add("./bin", .symbolicLink, target: "usr")
        tar.add("./bin/c", content: "through the link")
        try extracting(tar.finished) { report, root in
            #expect(report.entries == 6)
            #expect(report.bytes == 21)
            #expect(report.skipped.isEmpty)
            let file = try status(root.appending("usr/a"))
            #expect(file.permissions == 0o4751)
            #expect(file.links == 2)
            #expect(file.modified == 1_700_000_000_000_000_000)
            let directory = try status(root.appending("usr"))
            #expect(directory.permissions == 0o555)
            #expect(directory.modified == 1_600_000_000_000_000_000)
            try #expect(root.appending("usr/c").readFile() == Array("through the link".utf8))
        }
    }

    @Test func timesOfDirectoriesModesAndHoles() throws {
        var tar = TarBuilder()
        tar.add("d/", .directory, mode: 0o1777, modified: 5)
        tar.add("d/f", content: "x", pax: [("mtime", Array("1700000001.123456789".utf8))])
        tar.add(
            "d/sparse".utf8,
            content: Array("1\n1048576\n4\n".utf8) + [UInt8](repeating: 0, count: 500) + Array("tail".utf8),
            target: "".utf8,
            pax: [
                ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
                ("GNU.sparse.name", Array("d/sparse".utf8)), ("GNU.sparse.realsize", Array("2097152".utf8)),
            ])
        tar.add("d/pipe", .fifo, mode: 0o622)
        try extracting(tar.finished) { report, root in
            #expect(report.bytes == 5)
            try #expect(status(root.appending("d")).permissions == 0o1777)
            try #expect(status(root.appending("d")).modified == 5_000_000_000)
            try #expect(status(root.appending("d/f")).modified == 1_700_000_001_123_456_789)
            let sparse = try status(root.appending("d/sparse"))
            #expect(sparse.size == 2_097_152)
            #expect(sparse.allocated < 1_000_000)
            try #expect(Array(root.appending("d/sparse").readFile()[1_048_575...1_048_580]) == Array("\0tail\0".utf8))
            try #expect(status(root.appending("d/pipe")).kind == .fifo)
            try #expect(status(root.appending("d/pipe")).permissions == 0o622)
        }
    }

    @Test func theLastOfEqualNamesWins() throws {
        var tar = TarBuilder()
        tar.add("a", content: "first, and longer")
        tar.add("a", content: "second")
        tar.add("b", .symbolicLink, target: "a")
        tar.add("b", content: "a file now")
        tar.add("c/", .directory, mode: 0o700)
        tar.add("c/in", content: "kept")
        tar.add("c/", .directory, mode: 0o750)
        tar.add("e/", .directory)
        tar.add("e", .symbolicLink, target: "c")
        tar.add("e/through", content: "in c")
        tar.add("g", content: "file")
        tar.add("g/", .directory, mode: 0o711)
        tar.add("g/in", content: "below")
        try extracting(tar.finished) { report, root in
            try #expect(root.appending("a").readFile() == Array("second".utf8))
            try #expect(root.appending("b").readFile() == Array("a file now".utf8))
            try #expect(status(root.appending("c")).permissions == 0o750)
            try #expect(root.appending("c/in").readFile() == Array("kept".utf8))
            try #expect(root.appending("c/through").readFile() == Array("in c".utf8))
            try #expect(root.appending("g/in").readFile() == Array("below".utf8))
        }
    }

    @Test func namesAreBytes() throws {
        let raw: [UInt8] = Array("caf".utf8) + [0xE9, 0xFF]
        let long = [UInt8](repeating: 0xFF, count: 120)
        var tar = TarBuilder()
        tar.add("é", content: "1")
        tar.add(raw, content: [0x32], target: "".utf8)
        tar.add(long, content: [0x33], target: "".utf8)
        tar.add("link".utf8, .symbolicLink, target: long)
        tar.add("hard".utf8, .hardLink, target: long)
        tar.add("ü" + String(repeating: "x", count: 110), content: "4")
        try extracting(tar.finished) { _, root in
            let umlaut = Array(("ü" + String(repeating: "x", count: 110)).utf8)
            let listed = try rawNames(in: root)
            #expect(listed == [Array("é".utf8), raw, long, Array("link".utf8), Array("hard".utf8), umlaut])
            var buffer = [CChar](repeating: 0, count: 256)
            let count = readlink(root.appending("link").string, &buffer, 256)
            #expect(buffer[..<count].map { UInt8(bitPattern: $0) } == long)
            try #expect(root.appending("hard").readFile() == [0x33])
        }
    }

    @Test func pathsLongerThanTheKernelTakes() throws {
        let component = String(repeating: "d", count: 200)
        let path = (0..<25).map { _ in component }.joined(separator: "/")
        var tar = TarBuilder()
        tar.add("\(path)/file", content: "deep")
        tar.add("\(path)/other", content: "deep too")
        tar.add("shallow", .hardLink, target: "\(path)/file")
        try extracting(tar.finished) { report, root in
            #expect(report.entries == 3)
            try #expect(root.appending("shallow").readFile() == Array("deep".utf8))
        }
    }

    @Test func devicesAndSocketsAreNeverMade() throws {
        var tar = TarBuilder()
        tar.add("dev/", .directory, mode: 0o755)
        tar.add("dev/null", .characterDevice, mode: 0o666, device: (1, 3))
        tar.add("dev/sda", .blockDevice, mode: 0o660, device: (8, 0))
        tar.add("dev/other", .hardLink, target: "dev/null")
        tar.add("replaced", content: "what was there before the device")
        tar.add("replaced", .characterDevice, device: (1, 1))
        try extracting(tar.finished) { report, root in
            #expect(report.skipped.map(\.path) == ["dev/null", "dev/sda", "dev/other", "replaced"])
            try #expect(Directory.open(root.appending("dev")).names().isEmpty)
            try #expect(Directory.open(root).names() == ["dev"])
        }
    }

    @Test func setuidAsThePolicySays() throws {
        var tar = TarBuilder()
        tar.add("su", content: "x", mode: 0o6755)
        try extracting(tar.finished) { _, root in try #expect(status(root.appending("su")).permissions == 0o6755) }
        var policy = ExtractionPolicy.unprivileged
        policy.keepsSetuid = false
        try extracting(tar.finished, policy) { _, root in
            try #expect(status(root.appending("su")).permissions == 0o755)
        }
    }

    @Test func ownersAreNumbers() throws {
        guard geteuid() == 0 else { return print("ownersAreNumbers: skipped, only root can give files away") }
        var tar = TarBuilder()
        tar.add("f", content: "x", mode: 0o4755, user: 12345, group: 54321, pax: [("uname", Array("root".utf8))])
        tar.add("d/", .directory, mode: 0o2775, user: 1, group: 2)
        tar.add("d/in", content: "x", user: 0, group: 0)
        tar.add("l", .symbolicLink, target: "f", user: 7, group: 8)
        tar.add("big", content: "x", pax: [("uid", Array("4294967295".utf8))])
        try extracting(tar.finished, .base) { report, root in
            let file = try status(root.appending("f"))
            #expect(file.user == 12345 && file.group == 54321 && file.permissions == 0o4755)
            try #expect(status(root.appending("d")).permissions == 0o2775)
            try #expect(status(root.appending("d/in")).group == 0)
            try #expect(status(root.appending("l")).user == 7)
            #expect(report.skipped.map(\.path) == ["big"])
        }
    }
}

/// Names as they are on the disk, in no order.
func rawNames(in directory: FilePath) throws -> Set<[UInt8]> {
    let stream = try #require(opendir(directory.string))
    defer { closedir(stream) }
    var names: Set<[UInt8]> = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
        if name != [0x2E], name != [0x2E, 0x2E] { names.insert(name) }
    }
    return names
}
