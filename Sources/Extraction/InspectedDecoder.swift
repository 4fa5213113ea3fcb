// SPDX-License-Identifier: Apache-2.0

/// A decoder whose output is also passed to an observer.
@safe final class InspectedDecoder: Decoder {
    private let decoder: any Decoder
    private let inspect: (UnsafeRawBufferPointer) -> Void
    private let name: String
    /// Bytes at most.
    private let limit: Int64
    private var total: Int64 = 0
    private var hasEnded = false

    init(_ decoder: any Decoder, name: String, limit: Int64, _ inspect: @escaping (UnsafeRawBufferPointer) -> Void) {
        (self.decoder, self.name, self.limit) = (decoder, name, limit)
        unsafe self.inspect = unsafe inspect
    }

    func decode(into buffer: UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int {
        guard !hasEnded else { return 0 }
        let count = try unsafe decoder.decode(into: buffer)
        hasEnded = count == 0
        total += Int64(count)
        unsafe inspect(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return count
    }

    /// Decodes what nobody has asked for.
    func finish() throws(ExtractionError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { unsafe buffer.deallocate() }
        while try unsafe decode(into: buffer) > 0 {
            guard total <= limit else {
                throw ExtractionError(name, .tooLarge("more than the limit of \(limit) bytes"))
            }
        }
    }
}
