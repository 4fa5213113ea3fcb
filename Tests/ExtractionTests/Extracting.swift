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
        try writeFile(archive, to: scratch.appending("archive"))
        let file = try OwnedDescriptor.open(scratch.appending("archive"), .readOnly)
        let report = try Extractor(policy: policy).extract(from: file, name: "archive", into: try .open(root))
        return try body(report, root)
    }
}

/// What unpacking `archive` fails with; nothing may have been made but below the root.
func refusal(of archive: [UInt8], _ policy: ExtractionPolicy = .unprivileged) throws -> ExtractionError {
    try withScratchDirectory { scratch in
        try Directory.open(scratch).makeDirectory("root")
        try Directory.open(scratch).makeDirectory("outside")
        try writeFile(Array("secret".utf8), to: scratch.appending("outside/secret"))
        try writeFile(archive, to: scratch.appending("archive"))
        let file = try OwnedDescriptor.open(scratch.appending("archive"), .readOnly)
        let error = #expect(throws: ExtractionError.self) {
            try Extractor(policy: policy).extract(
                from: file, name: "archive", into: try .open(scratch.appending("root")))
        }
        try #expect(Set(Directory.open(scratch).names().map(\.string)) == ["root", "outside", "archive"])
        try #expect(Directory.open(scratch.appending("outside")).names().map(\.string) == ["secret"])
        try #expect(scratch.appending("outside/secret").readFile() == Array("secret".utf8))
        try #expect(status(scratch.appending("outside/secret")).links == 1)
        return try #require(error)
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

/// A small root, with a file large and dull enough that every filter has something to do.
func sampleTar() -> TarBuilder {
    var tar = TarBuilder()
    tar.add("./", .directory, mode: 0o755)
    tar.add("./etc/", .directory, mode: 0o755)
    tar.add("./etc/hostname", content: "root\n")
    var random = SystemRandomNumberGenerator()
    let noise = (0..<100_000).map { _ in UInt8.random(in: 0...63, using: &random) }
    tar.add("./etc/noise".utf8, content: noise, target: "".utf8)
    tar.add("./etc/last", content: "last\n")
    return tar
}

/// Not to the disk: the tests write many.
func writeFile(_ bytes: [UInt8], to path: FilePath) throws {
    try OwnedDescriptor.open(path, .writeOnly, options: .create).write(bytes, to: path)
}
