// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Finds the paragraphs of a `Packages` file in a stream, and records where each is and which names it provides. A
/// distribution has 60,000 and more: their text is not kept.
struct IndexScanner {
    struct Paragraph: Sendable {
        var offset: UInt32
        var length: UInt32
        /// Essential, or of priority required.
        var isBase: Bool
    }

    struct Name: Sendable {
        var hash: UInt64
        var paragraph: UInt32
    }

    private(set) var paragraphs: [Paragraph] = []
    private(set) var names: [Name] = []
    private(set) var provided: [Name] = []
    /// The beginning of a paragraph whose end has not come yet.
    private var pending: [UInt8] = []
    private var offset = 0
    private let file: String

    init(file: String) {
        self.file = file
    }

    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(PackageArchiveError) {
        if pending.isEmpty {
            let used = try unsafe scan(bytes)
            unsafe pending.append(contentsOf: bytes[used...])
        } else {
            unsafe pending.append(contentsOf: bytes)
            let whole = pending
            pending = []
            let used = try scanned(whole)
            pending = Array(whole[used...])
        }
        guard pending.count < 16 << 20 else { throw .malformed(file, "unterminated paragraph") }
    }

    private mutating func scanned(_ bytes: [UInt8]) throws(PackageArchiveError) -> Int {
        // A typed throw does not pass through withUnsafeBytes.
        let result = unsafe bytes.withUnsafeBytes { buffer -> Result<Int, PackageArchiveError> in
            do throws(PackageArchiveError) {
                return .success(try unsafe scan(buffer))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The last paragraph need not be followed by an empty line.
    mutating func finish() throws(PackageArchiveError) {
        guard !pending.isEmpty else { return }
        let last = pending + [0x0A, 0x0A]
        let end = offset + pending.count
        pending = []
        _ = try scanned(last)
        // Of the line ends only those that the file has.
        guard let paragraph = paragraphs.last, Int(paragraph.offset) + Int(paragraph.length) > end else { return }
        paragraphs[paragraphs.count - 1].length = UInt32(end - Int(paragraph.offset))
    }

    /// Notes the paragraphs that end in `bytes` and returns how many bytes they take.
    private mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(PackageArchiveError) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var (start, line) = (0, 0)
        var found = Found()
        while line < bytes.count,
            let end = unsafe memchr(base + line, 0x0A, bytes.count - line).map({ unsafe base.distance(to: $0) })
        {
            if end > line {
                unsafe found.note(bytes, line..<end)
            } else {
                if let name = found.name { try add(name, found, start..<line) }
                found = Found()
                start = end + 1
            }
            line = end + 1
        }
        offset += start
        return start
    }

    private mutating func add(_ name: UInt64, _ found: Found, _ range: Range<Int>) throws(PackageArchiveError) {
        guard let place = UInt32(exactly: offset + range.lowerBound) else { throw .malformed(file, "it is too large") }
        let index = UInt32(paragraphs.count)
        paragraphs.append(Paragraph(offset: place, length: UInt32(range.count), isBase: found.isBase))
        names.append(Name(hash: name, paragraph: index))
        provided += found.provided.map { Name(hash: $0, paragraph: index) }
    }

    /// FNV-1a; that two names may have one hash is for the reader of the paragraph to see.
    static func hash(_ name: some Sequence<UInt8>) -> UInt64 {
        name.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// What was seen in the lines of the current paragraph.
    private struct Found {
        var name: UInt64?
        var isBase = false
        var provided: [UInt64] = []
        private var isInProvides = false

        mutating func note(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) {
            let first = unsafe bytes[line.lowerBound]
            switch first {
            case UInt8(ascii: "P"):
                isInProvides = false
                if let value = unsafe value("Package:", bytes, line) {
                    name = unsafe IndexScanner.hash(bytes[value])
                } else if let value = unsafe value("Priority:", bytes, line) {
                    isBase = unsafe isBase || bytes[value].elementsEqual("required".utf8)
                } else if let value = unsafe value("Provides:", bytes, line) {
                    isInProvides = true
                    unsafe noteProvided(bytes, value)
                }
            case UInt8(ascii: "E"):
                isInProvides = false
                if let value = unsafe value("Essential:", bytes, line) {
                    isBase = unsafe isBase || bytes[value].elementsEqual("yes".utf8)
                }
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                if isInProvides { unsafe noteProvided(bytes, line) }
            default: isInProvides = false
            }
        }

        /// The value of the field, without space at its ends; nil where `line` is another one.
        private func value(_ field: StaticString, _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Range<Int>? {
            let length = field.utf8CodeUnitCount
            guard line.count > length, let base = bytes.baseAddress,
                unsafe memcmp(base + line.lowerBound, field.utf8Start, length) == 0
            else { return nil }
            var value = line.lowerBound + length..<line.upperBound
            while let byte = value.first, unsafe bytes[byte] <= 0x20 { value = value.dropFirst() }
            while let byte = value.last, unsafe bytes[byte] <= 0x20 { value = value.dropLast() }
            return value
        }

        private mutating func noteProvided(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) {
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            var (length, isOver) = (0, false)
            for index in value.lowerBound...value.upperBound {
                let byte = unsafe index < value.upperBound ? bytes[index] : UInt8(ascii: ",")
                if byte == UInt8(ascii: ",") {
                    if length > 0 { provided.append(hash) }
                    hash = 0xCBF2_9CE4_8422_2325
                    (length, isOver) = (0, false)
                } else if byte <= 0x20 || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ":") {
                    isOver = isOver || length > 0
                } else if !isOver {
                    hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
                    length += 1
                }
            }
        }
    }
}
