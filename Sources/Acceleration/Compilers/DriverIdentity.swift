// SPDX-License-Identifier: Apache-2.0

/// What a driver of gcc's says of itself (`gcc -v`, `gcc --version`): how it was configured, and of which package it is.
struct DriverIdentity: Hashable {
    /// "../src/configure …"
    let configuration: String
    /// "(Debian 12.2.0-14) "
    let package: String

    private static let beginning = "../src/configure "
    private static let option = "--with-pkgversion='"

    /// nil where `bytes` are no program that says that.
    init?(in bytes: [UInt8]) {
        guard let program = FixedProgram(parsing: bytes) else { return nil }
        let places = program.offsets(of: [0] + Array(Self.beginning.utf8))
        guard places.count == 1, let address = program.address(ofOffset: places[0] + 1),
            let configuration = program.string(at: address),
            let value = configuration.split(separator: Self.option, maxSplits: 1).dropFirst().first,
            let end = value.firstIndex(of: "'")
        else { return nil }
        self.configuration = configuration
        package = "(\(value[..<end])) "
        guard program.strings(package).count == 1 else { return nil }
    }

    /// `bytes`, a driver that says this, saying `other`; nil where that is not certain to work.
    func replaced(by other: DriverIdentity, in bytes: [UInt8]) -> [UInt8]? {
        guard other != self else { return bytes }
        guard var program = FixedProgram(parsing: bytes), let place = program.strings(configuration).first else {
            return nil
        }
        if other.configuration.utf8.count <= configuration.utf8.count {
            let fill = configuration.utf8.count - other.configuration.utf8.count
            program.set(Array(other.configuration.utf8) + [UInt8](repeating: 0, count: fill), at: place)
        } else {
            guard Self.refer(to: other.configuration, insteadOf: configuration, in: &program) else { return nil }
        }
        // The end of it may be another string's as well, so it stays.
        guard other.package == package || Self.refer(to: other.package, insteadOf: package, in: &program) else {
            return nil
        }
        return program.bytes
    }

    /// Adds `new`, and has all that refers to `old` refer to it; false where that is not certain to be all.
    private static func refer(to new: String, insteadOf old: String, in program: inout FixedProgram) -> Bool {
        let text = Array(new.utf8)
        guard let address = program.strings(old).first.flatMap({ program.address(ofOffset: $0) }),
            let room = program.room(for: text.count + 1), room.address < 1 << 31
        else { return false }
        // Only known ways to refer to it: a pointer in data, and an instruction that loads one (mov, 32-bit immediate).
        let references = program.offsets(of: encoded(address))
        guard !references.isEmpty else { return false }
        for reference in references {
            guard let place = program.address(ofOffset: reference) else { return false }
            if program.isExecutable(at: place) {
                guard (0xB8...0xBF).contains(program.bytes[reference - 1]) else { return false }
            } else {
                guard program.word(at: reference) == address else { return false }
            }
            program.set(encoded(room.address), at: reference)
        }
        program.set(text, at: room.offset)
        return true
    }

    private static func encoded(_ address: UInt64) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: address >> (8 * $0)) }
    }
}
