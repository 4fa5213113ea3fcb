// SPDX-License-Identifier: Apache-2.0

extension Architecture {
    /// The GNU name of it with the GNU C library, `aarch64-linux-gnu`: that of Debian's library directories and of cross
    /// compilers' programs (https://wiki.debian.org/Multiarch/Tuples).
    package var triplet: String {
        switch self {
        case .amd64: "x86_64-linux-gnu"
        case .arm64: "aarch64-linux-gnu"
        case .armel: "arm-linux-gnueabi"
        case .armhf: "arm-linux-gnueabihf"
        case .i386: "i386-linux-gnu"
        case .loong64: "loongarch64-linux-gnu"
        case .ppc64el: "powerpc64le-linux-gnu"
        case .riscv64: "riscv64-linux-gnu"
        case .s390x: "s390x-linux-gnu"
        }
    }

    /// What the GNU C library calls its loader, the path that programs name as their interpreter.
    package var loader: String {
        switch self {
        case .amd64: "/lib64/ld-linux-x86-64.so.2"
        case .arm64: "/lib/ld-linux-aarch64.so.1"
        case .armel: "/lib/ld-linux.so.3"
        case .armhf: "/lib/ld-linux-armhf.so.3"
        case .i386: "/lib/ld-linux.so.2"
        case .loong64: "/lib64/ld-linux-loongarch-lp64d.so.1"
        case .ppc64el: "/lib64/ld64.so.2"
        case .riscv64: "/lib/ld-linux-riscv64-lp64d.so.1"
        case .s390x: "/lib/ld64.so.1"
        }
    }

    /// What musl calls its loader.
    package var muslLoader: String {
        let name =
            switch self {
            case .amd64: "x86_64"
            case .arm64: "aarch64"
            case .armel: "arm"
            case .armhf: "armhf"
            case .i386: "i386"
            case .loong64: "loongarch64"
            case .ppc64el: "powerpc64le"
            case .riscv64: "riscv64"
            case .s390x: "s390x"
            }
        return "/lib/ld-musl-\(name).so.1"
    }
}
