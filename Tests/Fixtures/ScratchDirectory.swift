// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
package import SystemPackage

/// A new directory for one test, deleted with everything in it when the test is over.
package func withScratchDirectory<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    let path = try makeScratchDirectory()
    defer { removeScratchDirectory(path) }
    return try body(path)
}

/// The same for a test that awaits.
package nonisolated(nonsending) func withScratchDirectory<Result>(
    _ body: nonisolated(nonsending) (FilePath) async throws -> Result
) async throws -> Result {
    let path = try makeScratchDirectory()
    defer { removeScratchDirectory(path) }
    return try await body(path)
}

private func makeScratchDirectory() throws -> FilePath {
    var template = Array("/tmp/mangrove-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno.last }
    return FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
}

private func removeScratchDirectory(_ path: FilePath) {
    if let name = path.lastComponent { try? Directory.open("/tmp").removeTree(name) }
}
