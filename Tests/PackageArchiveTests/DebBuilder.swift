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
        var deb = ArBuilder()
        deb.add("debian-binary", Array("2.0\n".utf8))
        deb.add("control.tar", control.finished)
        deb.add("data.tar", data.finished)
        return deb.bytes
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
