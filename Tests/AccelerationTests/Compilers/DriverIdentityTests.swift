// SPDX-License-Identifier: Apache-2.0

import Architectures
import Testing

@testable import Acceleration

@Suite struct DriverIdentityTests {
    private static func configuration(_ package: String, _ rest: String) -> String {
        "../src/configure -v --with-pkgversion='\(package)' \(rest)"
    }

    /// A driver that refers to the name of its package by an instruction that begins with `opcode`, and from data.
    private static func driver(_ package: String, _ rest: String, opcode: UInt8 = 0xBA) -> [UInt8] {
        var builder = ELFProgramBuilder(.amd64)
        let name = builder.string("(\(package)) ")
        let options = builder.string(configuration(package, rest))
        for address in [name, options] {
            builder.code([opcode] + (0..<4).map { UInt8(truncatingIfNeeded: address >> (8 * $0)) })
        }
        builder.word(name)
        return builder.bytes
    }

    private let own = driver("Debian 1-2+deb12u1", "--short")
    private let ownIdentity = DriverIdentity(in: driver("Debian 1-2+deb12u1", "--short"))

    @Test func `a driver says of itself what another one does`() throws {
        let bytes = Self.driver("Debian 1-2", "--with-more-options")
        let identity = try #require(ownIdentity)
        let changed = try #require(DriverIdentity(in: bytes)?.replaced(by: identity, in: bytes))
        #expect(changed.count == bytes.count)
        #expect(DriverIdentity(in: changed) == ownIdentity)
        // Both references lead to the new name now, which is where nothing was, behind the code.
        let program = try #require(ELFProgram(parsing: changed))
        let place = try #require(program.strings("(Debian 1-2+deb12u1) ").first)
        let address = 0x40_0200 - 0x200 + UInt64(place)
        #expect(program.words(address).count == 1)
        #expect(program.offsets(of: [0xBA] + (0..<4).map { UInt8(truncatingIfNeeded: address >> (8 * $0)) }).count == 1)
        #expect(program.strings("(Debian 1-2) ").count == 1)
    }

    @Test func `what says the same already is left as it is`() throws {
        let identity = try #require(ownIdentity)
        #expect(identity.replaced(by: identity, in: own) == own)
    }

    @Test func `what is longer gets another place`() throws {
        let bytes = Self.driver("Debian 1-2", "")
        let identity = try #require(ownIdentity)
        let changed = try #require(DriverIdentity(in: bytes)?.replaced(by: identity, in: bytes))
        let place = try #require(ELFProgram(parsing: changed)?.strings(identity.configuration).first)
        let address = 0x40_0200 - 0x200 + UInt64(place)
        let pattern = [0xBA] + (0..<4).map { UInt8(truncatingIfNeeded: address >> (8 * $0)) }
        #expect(ELFProgram(parsing: changed)?.offsets(of: pattern).count == 1)
    }

    @Test func `what does not fit, or is referred to in an unknown way, is not changed`() throws {
        let identity = try #require(ownIdentity)
        let unknown = Self.driver("Debian 1-2", "--with-more-options", opcode: 0x90)
        #expect(DriverIdentity(in: unknown)?.replaced(by: identity, in: unknown) == nil)
        let bytes = Self.driver("Debian 1-2", "")
        let long = try #require(DriverIdentity(in: Self.driver("Debian 1-2", String(repeating: "x", count: 4000))))
        #expect(DriverIdentity(in: bytes)?.replaced(by: long, in: bytes) == nil)
        #expect(DriverIdentity(in: CompilerPrograms.driver()) == nil)
        #expect(DriverIdentity(in: []) == nil)
    }
}
