// SPDX-License-Identifier: Apache-2.0

import Architectures
import Emulation
import Foundation
import SystemPackage
import Testing

@Suite struct BinfmtRuleTests {
    private let interpreter: FilePath = "/usr/bin/qemu-aarch64-static"

    @Test func theLineForArm64IsWhatTheKernelTakes() throws {
        let rule = BinfmtRule(for: .arm64, interpreter: interpreter, flags: [.fixBinary, .preserveArgument0])
        #expect(
            try rule.registrationLine()
                == #":qemu-aarch64:M:0:\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"#
                + #":\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff"#
                + ":/usr/bin/qemu-aarch64-static:PF")
    }

    @Test func bigEndianMachinesHaveTheirTypeInTheOtherByte() {
        let rule = BinfmtRule(for: .s390x, interpreter: "/q")
        #expect(rule.magic.suffix(4) == [0, 2, 0, 22])
        #expect(rule.mask.suffix(4) == [0xFF, 0xFE, 0xFF, 0xFF])
    }

    @Test func aColonInThePathMovesTheSeparator() throws {
        let rule = BinfmtRule(name: "a", magic: [0], interpreter: "/opt/a:b/qemu", flags: [])
        #expect(try rule.registrationLine() == #"|a|M|0|\x00||/opt/a:b/qemu|"#)
    }

    @Test func whatTheKernelWouldRefuseIsNotWritten() throws {
        func refused(_ rule: BinfmtRule) -> Bool {
            do throws(EmulationError) {
                _ = try rule.registrationLine()
                return false
            } catch {
                return error.kind == .unregistrable
            }
        }
        func rule(
            name: String = "a", magic: [UInt8] = [1], mask: [UInt8] = [], offset: Int = 0, path: String = "/q"
        ) -> BinfmtRule {
            BinfmtRule(name: name, magic: magic, mask: mask, offset: offset, interpreter: FilePath(path), flags: [])
        }
        #expect(!refused(rule()))
        #expect(refused(rule(name: "")))
        #expect(refused(rule(name: "..")))
        #expect(refused(rule(name: "a/b")))
        #expect(refused(rule(magic: [])))
        #expect(refused(rule(mask: [1, 2])))
        #expect(refused(rule(offset: 256)))
        #expect(refused(rule(path: "qemu")))
        #expect(refused(rule(path: "/a\nb")))
        // 14 bytes stand around the path.
        #expect(try rule(path: "/" + String(repeating: "q", count: 1905)).registrationLine().utf8.count == 1920)
        #expect(refused(rule(path: "/" + String(repeating: "q", count: 1906))))
    }

    @Test(arguments: Architecture.allCases)
    func aRuleTakesProgramsOfItsArchitectureOnly(_ architecture: Architecture) {
        let rule = BinfmtRule(for: architecture, interpreter: "/q")
        for other in Architecture.allCases {
            #expect(rule.matches(other.probeProgram) == (other.elf == architecture.elf), "\(other)")
        }
    }

    @Test func positionIndependentProgramsAndOtherABIsMatchAndLibraryTypesDoNot() {
        let rule = BinfmtRule(for: .arm64, interpreter: "/q")
        var program = Architecture.arm64.probeProgram
        program[7] = 3  // ELFOSABI_GNU
        program.replaceSubrange(8..<11, with: [0x41, 0x49, 0x02])  // an AppImage
        #expect(rule.matches(program))
        program[16] = 3  // ET_DYN
        #expect(rule.matches(program))
        program[16] = 4  // ET_CORE
        #expect(!rule.matches(program))
        program[16] = 1  // ET_REL
        #expect(!rule.matches(program))
        #expect(!rule.matches(Array(program.prefix(19))))
    }

    @Test func readsWhatTheKernelSaysOfAnEntry() throws {
        let text = """
            enabled
            interpreter /usr/bin/qemu-aarch64-static
            flags: POCF
            offset 0
            magic 7f454c460201010000000000000000000200b700
            mask ffffffffffffff000000000000000000feffffff

            """
        let entry = try #require(BinfmtEntry(name: "qemu-aarch64", parsing: text))
        #expect(entry.isEnabled)
        #expect(
            entry.rule
                == BinfmtRule(
                    for: .arm64, interpreter: interpreter,
                    flags: [.preserveArgument0, .openBinary, .credentials, .fixBinary]))
        let bare = try #require(
            BinfmtEntry(name: "x", parsing: "disabled\ninterpreter /a b\nflags: \noffset 3\nmagic 0aff\n"))
        #expect(!bare.isEnabled)
        #expect(
            bare.rule == BinfmtRule(name: "x", magic: [0x0A, 0xFF], offset: 3, interpreter: "/a b", flags: []))
    }

    @Test func aRuleIsWrittenAndReadAsJSON() throws {
        let rule = BinfmtRule(for: .arm64, interpreter: interpreter, flags: [.fixBinary, .preserveArgument0])
        let json = try JSONEncoder().encode(rule)
        #expect(String(decoding: json, as: UTF8.self).contains(#""flags":"PF""#))
        #expect(try JSONDecoder().decode(BinfmtRule.self, from: json) == rule)
        let damaged = #"{"name":"a","magic":"7f4","mask":"","offset":0,"interpreter":"/q","flags":""}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(BinfmtRule.self, from: Data(damaged.utf8))
        }
    }

    @Test(arguments: [
        "", "enabled\n", "enabled\ninterpreter /q\nflags: \nextension .py\n",
        "enabled\ninterpreter /q\nflags: \noffset 0\nmagic 0a\nmask ffff\n", "interpreter /q\nmagic 0a\n",
    ])
    func whatIsNoRuleByMagicIsPassedOver(_ text: String) {
        #expect(BinfmtEntry(name: "x", parsing: text) == nil)
    }
}
