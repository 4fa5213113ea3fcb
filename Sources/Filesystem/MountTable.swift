// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A line of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
package struct Mount: Hashable, Sendable {
    /// Where it is mounted, octal escapes decoded.
    package let point: FilePath
    package let fileSystem: String
    package let source: String
}

/// What is mounted in this process's mount namespace.
package struct MountTable: Sendable {
    package let mounts: [Mount]

    /// Reads the kernel's table.
    package static func current() throws(FilesystemError) -> MountTable {
        MountTable(parsing: try FilePath("/proc/self/mountinfo").readFile())
    }

    /// `bytes` in the form of proc_pid_mountinfo(5); lines of another form are passed over.
    package init(parsing bytes: [UInt8]) {
        mounts = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "))
            // Optional fields stand between the sixth and the separator "-".
            guard fields.count >= 10,
                let separator = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }),
                fields.indices.contains(separator + 2)
            else { return nil }
            return Mount(
                point: FilePath(Self.decode(fields[4])), fileSystem: Self.decode(fields[separator + 1]),
                source: Self.decode(fields[separator + 2]))
        }
    }

    /// The mounts at `path` and below it, by component: `/alpine2` is not below `/alpine`.
    package func mounts(under path: FilePath) -> [Mount] {
        mounts.filter { $0.point.starts(with: path) }
    }

    /// `\040` and its like: a backslash and three octal digits stand for a byte.
    private static func decode(_ field: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
