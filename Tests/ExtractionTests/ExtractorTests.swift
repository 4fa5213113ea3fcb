// SPDX-License-Identifier: Apache-2.0

import Extraction
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

/// Unpacks `archive` into a new directory and gives it to `body`.
func extracting<Result>(
    _ archive: [UInt8], _ policy: ExtractionPolicy = .unprivileged,
    _ body: (ExtractionReport, FilePath) throws -> Result
) throws -> Result {
    try withScratchDirectory { scratch in
        let root = scratch.appending("root")
        try Directory.open(scratch).makeDirectory("root")
        try AtomicFile.write(archive, to: scratch.appending("archive"))
        let file = try OwnedDescriptor.open(scratch.appending("archive"), .readOnly)
        let report = try Extractor(policy: policy).extract(from: file, name: "archive", into: try .open(root))
        return try body(report, root)
    }
}

extension ExtractionPolicy {
    /// Works for whoever runs the tests.
    static var unprivileged: ExtractionPolicy {
        var policy = ExtractionPolicy.base
        policy.ownership = .caller
        return policy
    }
}

func status(_ path: FilePath) throws -> FileStatus {
    var status = stat()
    guard lstat(path.string, &status) == 0 else { throw Errno(rawValue: errno) }
    return FileStatus(status)
}

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
            #expect(try root.appending("usr/c").readFile() == Array("through the link".utf8))
        }
    }
}
