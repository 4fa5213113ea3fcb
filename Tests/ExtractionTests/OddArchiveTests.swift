// SPDX-License-Identifier: Apache-2.0

import Extraction
import Failures
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

/// Archives that contradict themselves, or ask for what a system has not room for.
@Suite struct OddArchiveTests {
    static let refused: [HostileArchiveTests.Case] = [
        .init("a closed root", entry: "./") { $0.add("./", .directory, mode: 0) },
        .init("a root without search permission", entry: "./") { $0.add("./", .directory, mode: 0o600) },
        .init("a hole map beyond the end", entry: "s") { $0.addSparse("s", map: "9000,512", size: "1000") },
        .init("a hole map beyond what a file can be", entry: "s") {
            $0.addSparse("s", map: "9223372036854775000,512", size: "1000")
        },
        .init("a hole map that goes back", entry: "s") { $0.addSparse("s", map: "8192,256,0,256", size: "10000") },
        .init("a hole map of a file that is too large", entry: "s") {
            $0.addSparse("s", map: "0,512", size: "9223372036854775807")
        },
        .init("a size in words", entry: "f") { $0.add("f", content: "x", pax: [("size", Array("many".utf8))]) },
        .init("a size below nothing", entry: "f") { $0.add("f", content: "x", pax: [("size", Array("-1".utf8))]) },
        .init("a size below nothing in the header", entry: "f") {
            $0.add("f", content: "x")
            $0.bytes.setSize([0xFF] + [UInt8](repeating: 0xFF, count: 11))
        },
        .init("a pax header of more than there is", entry: "f") {
            $0.add("f", content: "x", pax: [("comment", Array("x".utf8))])
            $0.bytes.setSize(Array("77777777777\u{0}".utf8), header: 0)
        },
        .init("a link with too long a target", entry: "l") {
            $0.add("l", .symbolicLink, target: String(repeating: "t/", count: 4000))
        },
        .init("a hard link to what is in no directory", entry: "h") { $0.add("h", .hardLink, target: "no/where") },
        .init("a hard link to a parent", entry: "h") { $0.add("h", .hardLink, target: "a/../b") },
    ]

    @Test(arguments: refused) func isRefused(_ odd: HostileArchiveTests.Case) throws {
        var tar = TarBuilder()
        odd.build(&tar)
        let error = try refusal(of: tar.finished)
        #expect(error.status == .badData, "\(error.reason)")
    }

    /// Nonsense that libarchive makes something harmless of.
    @Test func whatIsTolerated() throws {
        var tar = TarBuilder()
        tar.addSparse("words", map: "many,few", size: "1000")
        tar.addSparse("below", map: "-512,512", size: "1000")
        tar.add("f", content: "x", pax: [("comment", Array("x".utf8))])
        tar.bytes.replace("13 comment=", with: "99 comment=")
        try extracting(tar.finished) { report, _ in #expect(report.entries == 3) }
    }

    /// Every kind in the place of every other: the later one counts, or the archive is refused.
    @Test(arguments: TarBuilder.Kind.all, TarBuilder.Kind.all)
    func entriesReplaceOthers(first: TarBuilder.Kind, second: TarBuilder.Kind) throws {
        var tar = TarBuilder()
        tar.add("target", content: "of the links")
        tar.add("x", first, target: first.target)
        tar.add("x", second, target: second.target)
        try extracting(tar.finished) { _, root in
            let there = try Directory.open(root).status(of: "x")?.kind
            // An empty directory does not keep a file from its place.
            #expect(there == second.made)
            try #expect(root.appending("target").readFile() == Array("of the links".utf8))
        }
    }

    @Test func deepTreesAreUnpackedArchivedAndRemoved() throws {
        let path = [String](repeating: "d", count: 1_500)
        var tar = TarBuilder()
        tar.add(path.joined(separator: "/") + "/", .directory, mode: 0o751, modified: 1_000_000_000)
        tar.add(path.joined(separator: "/") + "/file", content: "deep")
        tar.add(path.prefix(100).joined(separator: "/") + "/", .directory, mode: 0o700)
        tar.add(path.prefix(1_200).joined(separator: "/") + "/file", content: "less deep")
        try extracting(tar.finished) { report, root in
            #expect(report.entries == 4)
            let archive = root.removingLastComponent().appending("again")
            let output = try OwnedDescriptor.open(archive, .writeOnly, options: .create)
            let written = try TreeArchive(compression: .gzip)
                .write(try .open(root), to: output, name: "again")
            #expect(written.entries == 1_503)
            #expect(written.leftOut.isEmpty)
            let parent = try Directory.open(root.removingLastComponent())
            try parent.makeDirectory("copy")
            let copied = try Extractor(policy: .unprivileged).extract(
                from: try .open(archive, .readOnly), name: "again",
                into: try .open(root.removingLastComponent().appending("copy")))
            #expect(copied.entries == written.entries)
            try parent.removeTree("copy")
            try parent.removeTree("root")
            try parent.makeDirectory("root")
        }
    }

    @Test func manyEmptyMembersAreNoMatter() throws {
        var tar = TarBuilder()
        for index in 0..<2_000 { tar.add("\(index % 50)/\(index)", content: "") }
        try extracting(tar.finished) { report, _ in #expect(report.entries == 2_000) }
    }

    /// All that was left out is kept in one record.
    @Test func whatIsRecordedOfLongPathsIsShort() throws {
        var tar = TarBuilder()
        let directory = String(repeating: String(repeating: "n", count: 200) + "/", count: 150)
        for index in 0..<1_200 { tar.add("\(directory)\(index)", .characterDevice) }
        try extracting(tar.finished) { report, _ in
            #expect(report.skippedCount == 1_200 && report.skipped.count == 1_000)
            #expect(report.skipped.reduce(0) { $0 + $1.path.utf8.count } < 1 << 20)
        }
    }

    @Test func whatBelongsToPrivilegesIsKeptOrRecorded() throws {
        var tar = TarBuilder()
        // Version 2, cap_net_raw (capability.h, vfs_cap_data).
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        tar.add("f", content: "x", mode: 0o4755, pax: [("SCHILY.xattr.security.capability", capability)])
        tar.add("g", content: "x", pax: [("SCHILY.xattr.security.selinux", Array("label".utf8))])
        try extracting(tar.finished) { report, root in
            #expect(report.entries == 2)
            try #expect(status(root.appending("f")).permissions == 0o4755)
            #expect(report.skipped.allSatisfy { $0.path == "f" && $0.reason.contains("security.capability") })
        }
    }
}

extension TarBuilder.Kind {
    static let all: [Self] = [.file, .hardLink, .symbolicLink, .characterDevice, .directory, .fifo]

    var target: String {
        switch self {
        case .hardLink: "target"
        case .symbolicLink: "nowhere"
        default: ""
        }
    }

    /// What is there then; nil: nothing.
    var made: FileStatus.Kind? {
        switch self {
        case .file, .hardLink: .regular
        case .symbolicLink: .symbolicLink
        case .characterDevice, .blockDevice: nil
        case .directory: .directory
        case .fifo: .fifo
        }
    }
}

extension TarBuilder {
    /// A sparse file as GNU tar has it (version 0.1): `OFFSET,SIZE,…`.
    fileprivate mutating func addSparse(_ name: String, map: String, size: String) {
        add(
            name, content: String(repeating: "x", count: 512),
            pax: [
                ("GNU.sparse.size", Array(size.utf8)),
                ("GNU.sparse.numblocks", Array("\(map.split(separator: ",").count / 2)".utf8)),
                ("GNU.sparse.map", Array(map.utf8)),
            ])
    }
}

extension [UInt8] {
    /// Puts `field` in the place of the size in a header and mends that header's checksum.
    fileprivate mutating func setSize(_ field: [UInt8], header start: Int = 0) {
        replaceSubrange(start + 124..<start + 136, with: field)
        replaceSubrange(start + 148..<start + 156, with: Array("        ".utf8))
        let sum = self[start..<start + 512].reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        let text = String(repeating: "0", count: 6 - digits.count) + digits + "\u{0} "
        replaceSubrange(start + 148..<start + 156, with: Array(text.utf8))
    }

    fileprivate mutating func replace(_ old: String, with new: String) {
        let old = Array(old.utf8)
        guard let place = indices.first(where: { self[$0...].starts(with: old) }) else { return }
        replaceSubrange(place..<place + old.count, with: Array(new.utf8))
    }
}
