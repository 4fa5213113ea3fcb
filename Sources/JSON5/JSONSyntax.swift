// SPDX-License-Identifier: Apache-2.0

/// Finds where a document stops being JSON5. To be asked before Foundation's decoder is: that does not say where, and ends
/// the process (Swift 6.3) at numbers such as `1e-`, at a key that ends in the middle of a character, and at some texts
/// that zero bytes make it take for UTF-16.
package struct JSONSyntax {
    /// A place in a document, counted from one; columns in bytes.
    package struct Fault: Error, Equatable {
        package let line: Int
        package let column: Int
        package let reason: String

        package var place: String { "line \(line), column \(column)" }
    }

    /// The first fault in `bytes`; nil where there is none.
    package static func firstFault(in bytes: [UInt8]) -> Fault? {
        if let fault = encodingFault(in: bytes) { return fault }
        var syntax = JSONSyntax(bytes: bytes)
        do throws(Fault) {
            try syntax.document()
            return nil
        } catch {
            return error
        }
    }

    /// By where a value stands, as `JSONField.path` has it, the line where it begins, from one; what it got to where there
    /// is a fault. Of keys that are escaped nothing is known.
    static func lines(in bytes: [UInt8]) -> [String: Int] {
        var syntax = JSONSyntax(bytes: bytes)
        try? syntax.document()
        return syntax.lines
    }

    /// The first bytes that are no text in UTF-8.
    private static func encodingFault(in bytes: [UInt8]) -> Fault? {
        var syntax = JSONSyntax(bytes: bytes)
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let scalar) where scalar.first == 0: return syntax.fault("unexpected zero byte")
            case .valid(let scalar): syntax.position += scalar.count
            case .emptyInput: return nil
            case .error: return syntax.fault("invalid UTF-8")
            }
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var lines: [String: Int] = [:]
    /// How many lines begin before `counted`.
    private var line = 1
    private var counted = 0

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func document() throws(Fault) {
        try value(at: "", depth: 0)
        try space()
        if next != nil { throw fault("unexpected text after the end") }
    }

    private mutating func note(_ path: String) {
        while counted < position {
            if bytes[counted] == UInt8(ascii: "\n") { line += 1 }
            counted += 1
        }
        lines[path] = line
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ reason: String) -> Fault {
        let before = bytes[..<min(position, bytes.count)]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return Fault(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: before.count - start + 1,
            reason: next == nil ? "it ends too early" : reason)
    }

    /// Passes over white space and comments.
    private mutating func space() throws(Fault) {
        while let byte = next {
            if byte <= 0x20 {
                position += 1
            } else if byte >= 0x80 {
                // A no-break space, a byte order mark.
                var rest = bytes[position...].makeIterator()
                var decoder = UTF8()
                guard case .scalarValue(let scalar) = decoder.decode(&rest),
                    scalar.properties.isWhitespace || scalar == "\u{FEFF}"
                else { return }
                position += String(scalar).utf8.count
            } else if byte == UInt8(ascii: "/") {
                let start = position
                let second = position + 1 < bytes.count ? bytes[position + 1] : 0
                position += 2
                if second == UInt8(ascii: "/") {
                    while let byte = next, byte != UInt8(ascii: "\n") { position += 1 }
                } else if second == UInt8(ascii: "*") {
                    while position + 1 < bytes.count, bytes[position...].prefix(2) != [0x2A, 0x2F] { position += 1 }
                    guard position + 1 < bytes.count else {
                        position = start
                        throw fault("unterminated comment")
                    }
                    position += 2
                } else {
                    position = start
                    throw fault("invalid comment")
                }
            } else {
                return
            }
        }
    }

    private mutating func value(at path: String, depth: Int) throws(Fault) {
        try space()
        guard depth < 128 else { throw fault("nested too deeply") }
        note(path)
        switch next {
        case UInt8(ascii: "{"):
            var keys: Set<String> = []
            try members(until: UInt8(ascii: "}")) { (syntax, _) throws(Fault) in
                let start = syntax.position
                let key = try syntax.key()
                // Which of them counts would be a matter of luck.
                guard keys.insert(key).inserted else {
                    syntax.position = start
                    throw syntax.fault("duplicate key \(key)")
                }
                let path = path.isEmpty ? key : "\(path).\(key)"
                syntax.note(path)
                try syntax.space()
                guard syntax.next == UInt8(ascii: ":") else { throw syntax.fault("expected a colon before this") }
                syntax.position += 1
                try syntax.value(at: path, depth: depth + 1)
            }
        case UInt8(ascii: "["):
            try members(until: UInt8(ascii: "]")) { (syntax, index) throws(Fault) in
                try syntax.value(at: "\(path)[\(index)]", depth: depth + 1)
            }
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try string()
        default: try word(["true", "false", "null"], or: "expected a value")
        }
    }

    private mutating func members(until closing: UInt8, _ member: (inout JSONSyntax, Int) throws(Fault) -> Void)
        throws(Fault)
    {
        position += 1
        var index = 0
        while true {
            try space()
            if next == closing { break }
            try member(&self, index)
            index += 1
            try space()
            if next == closing { break }
            guard next == UInt8(ascii: ",") else { throw fault("expected a comma before this") }
            position += 1
        }
        position += 1
    }

    /// The key as it is written, without quotes.
    private mutating func key() throws(Fault) -> String {
        let start = position
        let isQuoted = next == UInt8(ascii: "\"") || next == UInt8(ascii: "'")
        if isQuoted { try string() } else { try word(nil, or: "expected a key") }
        let text = bytes[start..<position]
        return String(decoding: isQuoted ? text.dropFirst().dropLast() : text, as: UTF8.self)
    }

    private mutating func string() throws(Fault) {
        let quote = next
        let start = position
        position += 1
        while let byte = next, byte != quote {
            guard byte >= 0x20 else {
                position = byte == 0x0A ? start : position
                throw fault(byte == 0x0A ? "unterminated string on this line" : "a control character in a string")
            }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard next != nil else {
            position = start
            throw fault("unterminated string")
        }
        position += 1
    }

    /// One of `words` or, where it may be, a number; with nil any word.
    private mutating func word(_ words: [String]?, or reason: String) throws(Fault) {
        let start = position
        while let byte = next,
            byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || Self.isAlphanumeric(byte)
                || words == nil && (byte >= 0x80 || byte == UInt8(ascii: "\\"))
        {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard !text.isEmpty, words.map({ $0.contains(text) || Double(text) != nil }) ?? true else {
            position = start
            throw fault(reason)
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
}
