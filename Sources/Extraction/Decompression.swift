// SPDX-License-Identifier: Apache-2.0

package import Filesystem

/// A file in one of the compressions archives come in that is no archive itself: a package index, say.
package enum Decompression {
    /// Gives `body` the decompressed bytes of what `source` is at the beginning of, in parts of 256 KiB; what is not
    /// compressed comes as it is. Cut short or damaged, it throws, at the latest after the last part.
    ///
    /// `body` returns whether it wants more. `name` as in `Extractor.extract`.
    package static func decompress(
        _ source: borrowing OwnedDescriptor, name: String, body: (UnsafeRawBufferPointer) -> Bool
    ) throws(ExtractionError) {
        let decoder = try makeDecoder(for: DescriptorSource(source.rawValue, name: name, progress: nil), name: name)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { unsafe buffer.deallocate() }
        while true {
            let count = try unsafe decoder.decode(into: buffer)
            guard count > 0 else { return }
            guard unsafe body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
        }
    }
}
