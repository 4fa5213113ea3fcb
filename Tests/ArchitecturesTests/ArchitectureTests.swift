// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import SystemPackage
import Testing

@Suite struct ArchitectureTests {
    @Test(arguments: [
        ("arm64", Architecture.arm64), ("aarch64", .arm64), ("AArch64", .arm64), ("armv7", .armhf), ("x86_64", .amd64),
        ("x86", .i386), ("ppc64le", .ppc64el), ("loongarch64", .loong64), ("s390x", .s390x), ("riscv64", .riscv64),
    ])
    func otherNamesMeanTheSame(name: String, meant: Architecture) {
        #expect(Architecture(name) == meant)
        #expect(Architecture(kernelName: meant.kernelName) == meant)
    }

    @Test func noNameMeansTwo() {
        let names = Architecture.allCases.flatMap { [$0.rawValue] + $0.aliases }
        #expect(Set(names).count == names.count)
        #expect(Architecture("vax") == nil)
        #expect(Architecture("") == nil)
    }

    @Test func armKernelsAreToldApartByFloatingPoint() {
        #expect(Architecture(kernelName: "armv8l") == .armhf)
        #expect(Architecture(kernelName: "armv6l") == .armel)
    }

    @Test func theHeaderOfThisProgramIsTheHosts() throws {
        let header = try FilePath("/proc/self/exe").readFile(limit: 1 << 30).prefix(20)
        #expect(ELFIdentity(parsing: header) == Architecture.host.elf)
    }

    @Test func aHeaderIsReadInItsOwnByteOrder() {
        let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
        let s390x = magic + [2, 2, 1] + [UInt8](repeating: 0, count: 9) + [0, 2, 0, 22]
        #expect(ELFIdentity(parsing: s390x) == Architecture.s390x.elf)
        #expect(ELFIdentity(parsing: s390x.dropLast()) == nil)
        #expect(ELFIdentity(parsing: Array("#!/bin/sh\n# as long as a header".utf8)) == nil)
    }
}
