// SPDX-License-Identifier: Apache-2.0

package import Architectures

extension Architecture {
    /// A static program of this architecture that does nothing but exit with status 42.
    package var probeProgram: [UInt8] {
        let code = probeCode
        let wide = elf.fileClass == .bits64
        var image = ImageWriter(order: elf.byteOrder, wide: wide)
        let headers = wide ? 64 + 56 : 52 + 32
        let length = headers + code.count
        // Above what mmap_min_addr forbids, and a multiple of every page size.
        let base = 0x40_0000
        image.bytes = [0x7F, 0x45, 0x4C, 0x46, elf.fileClass.rawValue, elf.byteOrder.rawValue, 1]
        image.bytes += [UInt8](repeating: 0, count: 9)
        image.halves(2, Int(elf.machine))  // ET_EXEC
        image.word(1)  // EV_CURRENT
        image.addresses(base + headers, wide ? 64 : 52, 0)  // entry, program headers, no section headers
        image.word(probeFlags)
        image.halves(wide ? 64 : 52, wide ? 56 : 32, 1, wide ? 64 : 40, 0, 0)  // sizes and numbers of headers
        image.word(1)  // PT_LOAD
        if wide { image.word(5) }  // readable, executable
        image.addresses(0, base, base, length, length)  // offset, addresses, sizes
        if !wide { image.word(5) }
        image.addresses(0x1_0000)  // alignment
        return image.bytes + code
    }

    /// `e_flags`, which some loaders compare.
    private var probeFlags: Int {
        switch self {
        case .armel: 0x0500_0200  // EABI 5, floating point in software
        case .armhf: 0x0500_0400  // EABI 5, floating point in hardware
        case .loong64: 0x43  // LP64D, object file ABI 1
        case .ppc64el: 2  // ELFv2
        case .riscv64: 5  // compressed instructions, double floats in registers
        case .amd64, .arm64, .i386, .s390x: 0
        }
    }

    /// exit(42).
    private var probeCode: [UInt8] {
        switch self {
        case .amd64:
            [
                0xB8, 0x3C, 0x00, 0x00, 0x00,  // mov eax, 60
                0xBF, 0x2A, 0x00, 0x00, 0x00,  // mov edi, 42
                0x0F, 0x05,  // syscall
            ]
        case .arm64:
            [
                0x40, 0x05, 0x80, 0xD2,  // mov x0, #42
                0xA8, 0x0B, 0x80, 0xD2,  // mov x8, #93
                0x01, 0x00, 0x00, 0xD4,  // svc #0
            ]
        case .armel, .armhf:
            [
                0x2A, 0x00, 0xA0, 0xE3,  // mov r0, #42
                0x01, 0x70, 0xA0, 0xE3,  // mov r7, #1
                0x00, 0x00, 0x00, 0xEF,  // svc #0
            ]
        case .i386:
            [
                0xB8, 0x01, 0x00, 0x00, 0x00,  // mov eax, 1
                0xBB, 0x2A, 0x00, 0x00, 0x00,  // mov ebx, 42
                0xCD, 0x80,  // int 0x80
            ]
        case .loong64:
            [
                0x04, 0xA8, 0x80, 0x03,  // ori $a0, $zero, 42
                0x0B, 0x74, 0x81, 0x03,  // ori $a7, $zero, 93
                0x00, 0x00, 0x2B, 0x00,  // syscall 0
            ]
        case .ppc64el:
            [
                0x01, 0x00, 0x00, 0x38,  // li r0, 1
                0x2A, 0x00, 0x60, 0x38,  // li r3, 42
                0x02, 0x00, 0x00, 0x44,  // sc
            ]
        case .riscv64:
            [
                0x13, 0x05, 0xA0, 0x02,  // li a0, 42
                0x93, 0x08, 0xD0, 0x05,  // li a7, 93
                0x73, 0x00, 0x00, 0x00,  // ecall
            ]
        case .s390x:
            [
                0xA7, 0x29, 0x00, 0x2A,  // lghi %r2, 42
                0x0A, 0x01,  // svc 1
            ]
        }
    }
}

/// Writes the integers of an ELF header in the machine's own order and width.
private struct ImageWriter {
    let order: ELFIdentity.ByteOrder
    let wide: Bool
    var bytes: [UInt8] = []

    mutating func halves(_ values: Int...) {
        for value in values { append(value, size: 2) }
    }

    mutating func word(_ value: Int) {
        append(value, size: 4)
    }

    mutating func addresses(_ values: Int...) {
        for value in values { append(value, size: wide ? 8 : 4) }
    }

    private mutating func append(_ value: Int, size: Int) {
        let little = (0..<size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        bytes += order == .little ? little : little.reversed()
    }
}
