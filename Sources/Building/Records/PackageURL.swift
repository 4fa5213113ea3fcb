// SPDX-License-Identifier: Apache-2.0

internal import Acceleration

/// Package URLs (ECMA-427), which name a package of a distribution wherever it is spoken of.
enum PackageURL {
    static func make(
        _ package: InstalledPackages.Package, of manager: InstalledPackages.Manager, distro: String, release: String
    ) -> String {
        let type = manager == .dpkg ? "deb" : "apk"
        return "pkg:\(type)/\(distro)/\(escaped(package.name))@\(escaped(package.version))"
            + "?arch=\(escaped(package.architecture))&distro=\(escaped("\(distro)-\(release)"))"
    }

    static func source(_ name: String, version: String?, distro: String) -> String {
        "pkg:deb/\(distro)/\(escaped(name))\(version.map { "@\(escaped($0))" } ?? "")?arch=source"
    }

    /// All but letters, digits, ".", "_", "~" and "-" is written as %XX; ":" may stand as it is.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                byte < 0x80 && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                || ".-_~:".unicodeScalars.contains(scalar)
            return isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
