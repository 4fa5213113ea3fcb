// SPDX-License-Identifier: Apache-2.0

/// What the header of an ELF file says of the machine it is for (elf(5)).
package struct ELFIdentity: Hashable, Sendable {
    /// `EI_CLASS`; the raw value is the one in the file.
    package enum Class: UInt8, Sendable {
        case bits32 = 1
        case bits64 = 2
    }

    /// `EI_DATA`; the raw value is the one in the file.
    package enum ByteOrder: UInt8, Sendable {
        case little = 1
        case big = 2
    }

    package let fileClass: Class
    package let byteOrder: ByteOrder
    /// `e_machine`, an `EM_` constant.
    package let machine: UInt16

    package init(_ fileClass: Class, _ byteOrder: ByteOrder, machine: UInt16) {
        self.fileClass = fileClass
        self.byteOrder = byteOrder
        self.machine = machine
    }

    /// Reads the first 20 bytes of a file; nil where they are no ELF header.
    package init?(parsing header: some Collection<UInt8>) {
        let header = Array(header.prefix(20))
        guard header.count == 20, header.starts(with: [0x7F, 0x45, 0x4C, 0x46]),
            let fileClass = Class(rawValue: header[4]), let byteOrder = ByteOrder(rawValue: header[5])
        else { return nil }
        let (low, high) = byteOrder == .little ? (header[18], header[19]) : (header[19], header[18])
        self.init(fileClass, byteOrder, machine: UInt16(high) << 8 | UInt16(low))
    }
}

extension Architecture {
    /// The header of its programs. armel and armhf have the same.
    package var elf: ELFIdentity {
        switch self {
        case .amd64: ELFIdentity(.bits64, .little, machine: 62)
        case .arm64: ELFIdentity(.bits64, .little, machine: 183)
        case .armel, .armhf: ELFIdentity(.bits32, .little, machine: 40)
        case .i386: ELFIdentity(.bits32, .little, machine: 3)
        case .loong64: ELFIdentity(.bits64, .little, machine: 258)
        case .ppc64el: ELFIdentity(.bits64, .little, machine: 21)
        case .riscv64: ELFIdentity(.bits64, .little, machine: 243)
        case .s390x: ELFIdentity(.bits64, .big, machine: 22)
        }
    }
}
