// SPDX-License-Identifier: Apache-2.0

internal import Glibc

extension Architecture {
    /// The architecture of the running kernel (uname(2)); where its name is unknown, the one this program was built for.
    package static let host: Architecture = running.flatMap { Architecture(kernelName: $0) } ?? built

    /// The architecture of a kernel that calls its machine `name`; "armv6l" and the like have no floating point
    /// unit that armhf could rely on.
    package init?(kernelName name: String) {
        if name.hasPrefix("armv8") || name.hasPrefix("armv7") {
            self = .armhf
        } else if name.hasPrefix("armv") {
            self = .armel
        } else {
            self.init(name)
        }
    }

    private static var running: String? {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return nil }
        return unsafe withUnsafeBytes(of: names.machine) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static var built: Architecture {
        #if arch(arm64)
        .arm64
        #elseif arch(arm)
        .armhf
        #elseif arch(i386)
        .i386
        #elseif arch(riscv64)
        .riscv64
        #elseif arch(powerpc64le)
        .ppc64el
        #elseif arch(s390x)
        .s390x
        #else
        .amd64
        #endif
    }
}
