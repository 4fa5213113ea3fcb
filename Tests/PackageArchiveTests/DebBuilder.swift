// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import PackageArchive
import SystemPackage

/// A `.deb` written byte by byte.
struct DebBuilder {
    var name: String
    var version = "1"
    var fields = ""
    /// Of the control archive, besides `control`.
    var control: [(name: String, text: String)] = []
    var data = TarBuilder()

    init(_ name: String) {
        self.name = name
    }

    var bytes: [UInt8] {
        var control = TarBuilder()
        control.add(
            "./control",
            content: "Package: \(name)\nVersion: \(version)\nArchitecture: arm64\n\(fields)Description: of a test\n")
        for (name, text) in self.control {
            let isScript = text.hasPrefix("#!")
            control.add("./\(name)", content: text, mode: isScript ? 0o755 : 0o644)
        }
        return Array("!<arch>\n".utf8) + Self.member("debian-binary", Array("2.0\n".utf8))
            + Self.member("control.tar", control.finished) + Self.member("data.tar", data.finished)
    }

    private static func member(_ name: String, _ content: [UInt8]) -> [UInt8] {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: width - text.count)
        }
        let header =
            padded(name, 16) + padded("0", 12) + padded("0", 6) + padded("0", 6) + padded("100644", 8)
            + padded("\(content.count)", 10) + "`\n"
        return Array(header.utf8) + content + (content.count % 2 == 1 ? [0x0A] : [])
    }

    /// Writes it into `directory` and says what a plan says of it.
    func write(
        to directory: FilePath, isSameForArchitectures: Bool = false, replaces: [String] = []
    ) throws -> BootstrapPlan.Package {
        let bytes = bytes
        let path = directory.appending("\(name).deb")
        try AtomicFile.write(bytes, to: path)
        return BootstrapPlan.Package(
            name: name, version: version, architecture: "arm64", size: Int64(bytes.count),
            sha256: try Digest.of(bytes).hex, file: path.string, isSameForArchitectures: isSameForArchitectures,
            replaces: replaces)
    }
}
