// SPDX-License-Identifier: Apache-2.0

import Extraction
import Filesystem
import Failures
import Fixtures
import SystemPackage
import Testing

@Suite struct DamageTests {
    @Test(arguments: TestFilter.allCases) func everyFilterUnpacks(_ filter: TestFilter) throws {
        try extracting(compressed(sampleTar().finished, filter)) { report, root in
            #expect(report.entries == 5)
            try #expect(root.appending("etc/last").readFile() == Array("last\n".utf8))
        }
    }

    @Test(arguments: TestFilter.allCases) func cutShortIsAnError(_ filter: TestFilter) throws {
        let whole = try compressed(sampleTar().finished, filter)
        let ends = [1, 2, 3, 4, 5, 8, 11, 18] + stride(from: 100, to: whole.count, by: whole.count / 20)
        for end in ends + (1...13).map({ whole.count - $0 }) {
            let error = try refusal(of: Array(whole[..<end]))
            #expect(error.status == .badData, "cut at \(end) of \(whole.count)")
        }
    }

    @Test func cutShortWithoutCompressionIsAnError() throws {
        let entries = sampleTar().bytes
        for end in Set(stride(from: 0, through: entries.count, by: 512) + [1, 511, 513, entries.count - 1]) {
            try #expect(refusal(of: Array(entries[..<end])).status == .badData, "cut at \(end)")
        }
    }

    /// zstd is not among them: its frames need not carry a checksum, and libarchive's do not.
    @Test(arguments: TestFilter.allCases.filter { $0 != .zstd }) func flippedBitsAreErrors(_ filter: TestFilter) throws
    {
        let whole = try compressed(sampleTar().finished, filter)
        // Not in the headers, where some bits mean nothing (gzip's time and system).
        for offset in stride(from: 20, to: whole.count, by: whole.count / 40) {
            var damaged = whole
            damaged[offset] ^= 0x10
            try #expect(refusal(of: damaged).status == .badData, "flipped at \(offset)")
        }
    }

    @Test func theChecksumOfGzipIsCompared() throws {
        var gzip = try compressed(sampleTar().finished, .gzip)
        gzip[gzip.count - 6] ^= 1
        guard case .damaged = try refusal(of: gzip).reason else { throw HostileArchiveTests.Unexpected() }
    }

    @Test func membersInARowAndWhatFollows() throws {
        let tar = sampleTar().finished
        let half = tar.count / 2
        let members = try compressed(Array(tar[..<half]), .gzip) + compressed(Array(tar[half...]), .gzip)
        try extracting(members) { report, _ in #expect(report.entries == 5) }
        try extracting(members + [UInt8](repeating: 0, count: 700)) { report, _ in #expect(report.entries == 5) }
        try #expect(refusal(of: Array(members.dropLast(5))).status == .badData)
        // After the end mark, as tape blocks have it.
        try extracting(tar + [UInt8](repeating: 0, count: 10240)) { report, _ in #expect(report.entries == 5) }
    }

    @Test(arguments: [
        ("", "an empty file"),
        ("<!DOCTYPE html><html><body>404</body></html>", "an HTML page"),
        ("#mtree\n./a type=file\n", "an mtree specification"),
        ("Not Found\n", "text: \"Not Found\""),
        ("PK\u{3}\u{4}aaaaaaaaaaaaaaaaaaaaaaaaaa", "a zip archive"),
        ("\u{0}\u{0}\u{0}\u{0}", "only zero bytes"),
    ]) func whatIsNoArchive(_ content: String, _ found: String) throws {
        let error = try refusal(of: Array(content.utf8))
        #expect(error.cause?.hasSuffix(", found \(found)") == true, "\(error)")
        #expect(error.status == .badData)
        if !content.isEmpty {
            let inside = try refusal(of: compressed(Array(content.utf8), .gzip))
            #expect(inside.cause?.hasSuffix(", found \(found)") == true, "\(inside)")
        }
    }

    /// What is where, in a file of zeros otherwise; what it is called, and what to do with it.
    @Test(arguments: [
        ("CD001", 0x8001, "an ISO 9660 image", "mount it"), ("hsqs", 0, "a squashfs image", "mount it"),
        ("QFI", 0, "a qcow2 disk image", "mount it"), ("\u{53}\u{EF}", 1080, "an ext4 image", "mount it"),
        ("\u{55}\u{AA}", 510, "a disk image", "mount it"),
        ("!<arch>\ndebian-binary", 0, "a Debian package", "--package"),
        ("\u{1F}\u{9D}\u{90}", 0, "data compressed by compress(1)", "decompress it"),
    ]) func aFileOfAnotherKind(_ magic: String, _ offset: Int, _ found: String, _ remedy: String) throws {
        var bytes = [UInt8](repeating: 0, count: 40_000)
        bytes.replaceSubrange(
            offset..<offset + magic.unicodeScalars.count, with: magic.unicodeScalars.map { UInt8($0.value) })
        let error = try refusal(of: bytes)
        #expect(error.cause?.hasSuffix(", found \(found)") == true, "\(error)")
        #expect(error.remedy?.contains(remedy) == true, "\(error)")
    }

    @Test func compressedTwiceOrNothingInside() throws {
        let twice = try compressed(compressed(sampleTar().finished, .gzip), .xz)
        try #expect(refusal(of: twice).cause?.hasSuffix("found gzip data inside the compression") == true)
        // libarchive's lz4 writer cannot write nothing.
        for filter in TestFilter.allCases where filter != .lz4 {
            #expect(try refusal(of: compressed([], filter)).cause?.hasSuffix("found no data") == true)
        }
        #expect(
            try refusal(of: TarBuilder().finished).cause?.hasSuffix("found an archive without entries") == true)
    }

    @Test func nothingHangsOnNoise() throws {
        var random = SystemRandomNumberGenerator()
        for magic: [UInt8] in [
            [0x1F, 0x8B, 8, 0], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], [0x28, 0xB5, 0x2F, 0xFD], Array("BZh9".utf8),
            [4, 0x22, 0x4D, 0x18], Array("070701".utf8), [],
        ] {
            for _ in 0..<20 {
                let noise = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
                try #expect(refusal(of: magic + noise).status == .badData)
            }
        }
    }
}
