// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage

@testable import Extraction
@testable import Filesystem

/// Archives, read as they are before anything is made of them.
enum ArchiveFuzzing {
    /// Of decompressed bytes: a few bytes may stand for very many.
    private static let limit: Int64 = 4 << 20

    private static func withFile(_ bytes: [UInt8], _ body: (borrowing OwnedDescriptor) throws -> Void) {
        guard let file = try? OwnedDescriptor.inMemory("fuzz", holding: bytes) else { return }
        try? body(file)
    }

    /// tar or cpio: every header, name, link, ACL and block.
    static func entries(_ bytes: [UInt8]) {
        withFile(bytes) { (file) throws in
            let source = DescriptorSource(file.rawValue, name: "a", progress: nil)
            let reader = try ArchiveReader(name: "a", byteLimit: limit, source: { () throws(ExtractionError) in try source.read() })
            while let entry = try reader.nextEntry() {
                if let pointer = entry.name { _ = try? EntryName(pointer) }
                if let pointer = entry.hardLinkTarget { _ = try? EntryName(pointer) }
                _ = entry.displayName
                while try reader.nextBlock() != nil {}
            }
        }
    }

    static func decompress(_ bytes: [UInt8]) {
        withFile(bytes) { (file) throws in
            let decoder = try makeDecoder(
                for: DescriptorSource(file.rawValue, name: "a", progress: nil), name: "a")
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
            defer { block.deallocate() }
            var total: Int64 = 0
            while total < limit {
                let count = try decoder.decode(into: block)
                if count == 0 { break }
                total += Int64(count)
            }
        }
    }

    static func package(_ bytes: [UInt8]) {
        withFile(bytes) { (file) throws in _ = try DebianPackage.readControl(from: file, name: "a.deb") }
    }
}
