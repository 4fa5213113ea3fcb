// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
package import SystemPackage

/// A new directory for one test, deleted with everything in it when the test is over.
package func withScratchDirectory<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    var template = Array("/tmp/mangrove-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno.last }
    let path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    defer { if let name = path.lastComponent { try? Directory.open("/tmp").removeTree(name) } }
    return try body(path)
}
