// SPDX-License-Identifier: Apache-2.0

/// A `.deb` written byte by byte (deb(5)).
package struct DebBuilder {
    package var name: String
    package var version = "1"
    package var architecture = "arm64"
    /// Of its control file, besides the name, version, architecture and description: `Depends: x\n`.
    package var fields = ""
    /// Of the control archive, besides `control`. What begins with `#!` is executable.
    package var control: [(name: String, text: String)] = []
    package var data = TarBuilder()

    package init(_ name: String) {
        self.name = name
    }

    package var paragraph: String { "Package: \(name)\nVersion: \(version)\nArchitecture: \(architecture)\n\(fields)" }

    package var bytes: [UInt8] {
        var control = TarBuilder()
        control.add("./control", content: "\(paragraph)Description: of a test\n")
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
}
