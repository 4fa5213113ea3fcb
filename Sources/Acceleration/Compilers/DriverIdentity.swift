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

    /// `bytes`, a driver of a 64-bit x86 or any other machine's that says this, saying `other`; nil where that is not
    /// certain to work.
    func replaced(by other: DriverIdentity, in bytes: [UInt8]) -> [UInt8]? {
        guard other != self else { return bytes }
        guard var program = FixedProgram(parsing: bytes), let place = program.strings(configuration).first,
            other.configuration.utf8.count <= configuration.utf8.count
        else { return nil }
        let fill = configuration.utf8.count - other.configuration.utf8.count
        program.set(Array(other.configuration.utf8) + [UInt8](repeating: 0, count: fill), at: place)
        guard other.package != package else { return program.bytes }
        guard let old = program.strings(package).first.flatMap({ program.address(ofOffset: $0) }),
            let room = program.room(for: other.package.utf8.count + 1)
        else { return nil }
        // Only known ways to refer to it: a pointer in data, and an instruction that loads one (mov, 32-bit immediate).
        let references = program.offsets(of: (0..<4).map { UInt8(truncatingIfNeeded: old >> (8 * $0)) })
        guard !references.isEmpty, room.address < 1 << 31 else { return nil }
        for reference in references {
            guard let address = program.address(ofOffset: reference) else { return nil }
            if program.isExecutable(at: address) {
                guard (0xB8...0xBF).contains(program.bytes[reference - 1]) else { return nil }
            } else {
                guard program.word(at: reference) == old else { return nil }
            }
            program.set((0..<4).map { UInt8(truncatingIfNeeded: room.address >> (8 * $0)) }, at: reference)
        }
        program.set(Array(other.package.utf8), at: room.offset)
        return program.bytes
    }
}
