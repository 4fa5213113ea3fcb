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
        guard let program = ELFProgram(parsing: bytes), program.isFixed else { return nil }
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
        guard var program = ELFProgram(parsing: bytes),
            program.replaceString(configuration, by: other.configuration),
            // The end of it may be another string's as well, so it stays.
            other.package == package || program.refer(toString: other.package, insteadOf: package)
        else { return nil }
        return program.bytes
    }
}
