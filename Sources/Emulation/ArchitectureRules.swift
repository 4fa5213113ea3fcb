// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import SystemPackage

extension BinfmtRule {
    /// The rule that hands programs for `architecture` to `interpreter`.
    ///
    /// It matches executables of both kinds (`ET_EXEC` and `ET_DYN`) whatever their ABI says. armel and armhf
    /// have one rule between them: their headers are the same, as their interpreter is.
    package init(
        for architecture: Architecture, interpreter: FilePath, listed: FilePath? = nil, flags: Flags = .fixBinary,
        name: String? = nil
    ) {
        let elf = architecture.elf
        let type: [UInt8] = elf.byteOrder == .little ? [2, 0] : [0, 2]
        let low = UInt8(truncatingIfNeeded: elf.machine)
        let high = UInt8(truncatingIfNeeded: elf.machine >> 8)
        let machine = elf.byteOrder == .little ? [low, high] : [high, low]
        let identification = [0x7F, 0x45, 0x4C, 0x46, elf.fileClass.rawValue, elf.byteOrder.rawValue, 1]
        // ABI, its version and the padding are ignored: GNU's ABI is 3, and AppImages keep a mark there.
        let padding = [UInt8](repeating: 0, count: 9)
        // ET_EXEC is 2 and ET_DYN 3.
        let typeMask: [UInt8] = elf.byteOrder == .little ? [0xFE, 0xFF] : [0xFF, 0xFE]
        self.init(
            name: name ?? "qemu-" + architecture.qemuName, magic: identification + padding + type + machine,
            mask: [UInt8](repeating: 0xFF, count: 7) + padding + typeMask + [0xFF, 0xFF],
            interpreter: interpreter, listed: listed, flags: flags)
    }
}

extension Architecture {
    /// What qemu calls it, in the names of its programs.
    package var qemuName: String {
        switch self {
        case .amd64: "x86_64"
        case .arm64: "aarch64"
        case .armel, .armhf: "arm"
        case .i386: "i386"
        case .loong64: "loongarch64"
        case .ppc64el: "ppc64le"
        case .riscv64: "riscv64"
        case .s390x: "s390x"
        }
    }

    /// The other architecture whose programs machines of this one execute, as a rule.
    package var second: Architecture? {
        switch self {
        case .amd64: .i386
        case .arm64: .armhf
        default: nil
        }
    }

    /// Whether a kernel of architecture `host` usually executes its programs without an interpreter. Not checked: the
    /// kernel's configuration (CONFIG_IA32_EMULATION, CONFIG_COMPAT) and the CPU.
    package func runsNatively(on host: Architecture) -> Bool {
        switch (self, host) {
        case (.i386, .amd64), (.armel, .armhf), (.armhf, .armel): true
        default: self == host
        }
    }
}
