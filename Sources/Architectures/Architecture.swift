// SPDX-License-Identifier: Apache-2.0

/// A machine architecture under Debian's name for it, which is the raw value.
package enum Architecture: String, CaseIterable, Hashable, Sendable {
    case amd64, arm64, armel, armhf, i386, loong64, ppc64el, riscv64, s390x

    /// The architecture that `name` means: Debian's name or another one in common use, in any case.
    package init?(_ name: some StringProtocol) {
        let name = name.lowercased()
        guard let found = Self.allCases.first(where: { $0.rawValue == name || $0.aliases.contains(name) }) else {
            return nil
        }
        self = found
    }

    /// Other names for it: those of the kernel, of distributions and of OCI images.
    package var aliases: [String] {
        switch self {
        case .amd64: ["x86_64", "x86-64", "x64"]
        case .arm64: ["aarch64", "armv8", "arm64v8"]
        case .armel: ["armv5", "armv5te", "arm32v5"]
        case .armhf: ["armv7", "armv7l", "armv7hl", "arm32v7"]
        case .i386: ["i486", "i586", "i686", "x86"]
        case .loong64: ["loongarch64"]
        case .ppc64el: ["ppc64le", "powerpc64le"]
        case .riscv64: ["riscv64gc", "rv64gc"]
        case .s390x: []
        }
    }

    /// What `uname -m` says on such a machine.
    package var kernelName: String {
        switch self {
        case .amd64: "x86_64"
        case .arm64: "aarch64"
        case .armel: "armv5tel"
        case .armhf: "armv7l"
        case .i386: "i686"
        case .loong64: "loongarch64"
        case .ppc64el: "ppc64le"
        case .riscv64: "riscv64"
        case .s390x: "s390x"
        }
    }

    /// Whether C's plain `char` has a sign (its psABI).
    package var hasSignedCharacters: Bool {
        switch self {
        case .amd64, .i386, .loong64: true
        case .arm64, .armel, .armhf, .ppc64el, .riscv64, .s390x: false
        }
    }
}

extension Architecture: CustomStringConvertible {
    package var description: String { rawValue }
}
