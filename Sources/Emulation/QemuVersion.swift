// SPDX-License-Identifier: Apache-2.0

/// The version of a qemu.
package struct QemuVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// The first line of what `--version` prints: "qemu-aarch64 version 7.2.22 (Debian …)".
    package init?(parsing output: String) {
        let words = output.prefix { !$0.isNewline }.split(separator: " ")
        guard let word = words.firstIndex(of: "version"), words.indices.contains(word + 1) else { return nil }
        let numbers = words[word + 1].split(separator: ".").map { $0.prefix(while: \.isNumber) }.map { Int($0) }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        self.init(major, minor, numbers.count > 2 ? numbers[2] ?? 0 : 0)
    }

    package static func < (left: QemuVersion, right: QemuVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    package var description: String { "\(major).\(minor).\(patch)" }

    /// Understands what the kernel says of a rule's flag `P` (`AT_FLAGS`).
    package var readsPreservedArgument0: Bool { self >= QemuVersion(6, 0) }
    /// Its emulated aarch64 CPUs have the properties `pauth` and `pauth-impdef`.
    package var hasPointerAuthenticationProperty: Bool { self >= QemuVersion(6, 0) }
    /// It lays out a program's memory as it goes and may find its place taken: the run's own address space should
    /// not be randomised (`personality(ADDR_NO_RANDOMIZE)`), or programs die now and then.
    package var wantsFixedAddresses: Bool { self < QemuVersion(10, 0) }
}
