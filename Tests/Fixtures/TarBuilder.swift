// SPDX-License-Identifier: Apache-2.0

/// A tar archive written byte by byte, so that a test can make what no tar program would.
package struct TarBuilder {
    /// The type flags of POSIX ustar (pax(1)).
    package enum Kind: Character, Sendable {
        case file = "0"
        case hardLink = "1"
        case symbolicLink = "2"
        case characterDevice = "3"
        case blockDevice = "4"
        case directory = "5"
        case fifo = "6"
    }

    package var bytes: [UInt8] = []

    package init() {}

    /// Appends a ustar entry; a name or target that does not fit its field goes into a pax header before it.
    ///
    /// `pax` adds records of that header. Names are `String` or any bytes.
    package mutating func add(
        _ name: some Sequence<UInt8>, _ kind: Kind = .file, content: [UInt8] = [], target: some Sequence<UInt8> = [],
        mode: Int = 0o644, user: Int = 0, group: Int = 0, modified: Int = 1_700_000_000, device: (Int, Int) = (0, 0),
        pax: [(key: String, value: [UInt8])] = []
    ) {
        var records = pax
        let name = Array(name)
        let target = Array(target)
        if name.count > 100 { records.append(("path", name)) }
        if target.count > 100 { records.append(("linkpath", target)) }
        if !records.isEmpty {
            let body = records.flatMap { Self.record($0.key, $0.value) }
            header(Array("pax".utf8), "x", size: body.count, [], 0o644, 0, 0, modified, (0, 0))
            append(body)
        }
        header(name, kind.rawValue, size: content.count, target, mode, user, group, modified, device)
        append(content)
    }

    package mutating func add(
        _ name: String, _ kind: Kind = .file, content: String = "", target: String = "", mode: Int = 0o644,
        user: Int = 0, group: Int = 0, modified: Int = 1_700_000_000, device: (Int, Int) = (0, 0),
        pax: [(key: String, value: [UInt8])] = []
    ) {
        add(
            name.utf8, kind, content: Array(content.utf8), target: target.utf8, mode: mode, user: user, group: group,
            modified: modified, device: device, pax: pax)
    }

    /// The archive, closed by its end mark.
    package var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// `LENGTH KEY=VALUE\n`, where LENGTH counts itself.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = 3 + key.utf8.count + value.count
        var length = rest + String(rest).utf8.count
        if String(length).utf8.count > String(rest).utf8.count { length = rest + String(length).utf8.count }
        return Array("\(length) \(key)=".utf8) + value + [0x0A]
    }

    private mutating func append(_ content: [UInt8]) {
        bytes += content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private mutating func header(
        _ name: [UInt8], _ flag: Character, size: Int, _ target: [UInt8], _ mode: Int, _ user: Int, _ group: Int,
        _ modified: Int, _ device: (Int, Int)
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ field: [UInt8], at offset: Int, limit: Int) {
            for (index, byte) in field.prefix(limit).enumerated() { block[offset + index] = byte }
        }
        func put(octal value: Int, at offset: Int, width: Int) {
            let digits = String(value, radix: 8)
            put(
                Array((String(repeating: "0", count: max(width - 1 - digits.count, 0)) + digits).utf8), at: offset,
                limit: width)
        }
        put(name, at: 0, limit: 100)
        put(octal: mode, at: 100, width: 8)
        put(octal: user, at: 108, width: 8)
        put(octal: group, at: 116, width: 8)
        put(octal: size, at: 124, width: 12)
        put(octal: modified, at: 136, width: 12)
        put(Array("        ".utf8), at: 148, limit: 8)
        put(Array(String(flag).utf8), at: 156, limit: 1)
        put(target, at: 157, limit: 100)
        put(Array("ustar\u{0}00".utf8), at: 257, limit: 8)
        put(octal: device.0, at: 329, width: 8)
        put(octal: device.1, at: 337, width: 8)
        put(octal: block.reduce(0) { $0 + Int($1) }, at: 148, width: 7)
        block[155] = 0x20
        bytes += block
    }
}
