// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The version of a Linux kernel.
package struct KernelRelease: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    package init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// What `uname -r` prints: "6.12.3-amd64"; nil where it begins otherwise.
    package init?(parsing release: String) {
        let numbers = release.split(separator: ".", maxSplits: 2).map { Int($0.prefix(while: \.isNumber)) }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        self.init(major, minor)
    }

    /// The running kernel's; 0.0, which can do nothing, where it does not say.
    package static let current: KernelRelease = {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return KernelRelease(0, 0) }
        let release = unsafe withUnsafeBytes(of: names.release) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return KernelRelease(parsing: release) ?? KernelRelease(0, 0)
    }()

    package static func < (left: KernelRelease, right: KernelRelease) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    package var description: String { "\(major).\(minor)" }

    /// A user namespace can have a binfmt_misc of its own.
    package var hasPrivateBinfmt: Bool { self >= KernelRelease(6, 7) }
    /// An interpreter is told that its rule has flag `P`.
    package var tellsPreservedArgument0: Bool { self >= KernelRelease(5, 12) }
}
