// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// What a system says it is (os-release(5)).
package struct OSRelease: Hashable, Sendable {
    private let fields: [String: String]

    /// `text` in the form of os-release(5); of two lines with one name the last counts.
    package init(parsing text: String) {
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard !line.hasPrefix("#"), let sign = line.firstIndex(of: "=") else { continue }
            fields[String(line[..<sign])] = Self.unquoted(line[line.index(after: sign)...])
        }
        self.fields = fields
    }

    /// That of this machine; nothing is known where it has none.
    package static let host = OSRelease(
        parsing: String(
            decoding: (try? FilePath("/etc/os-release").readFile(limit: 64 << 10))
                ?? (try? FilePath("/usr/lib/os-release").readFile(limit: 64 << 10)) ?? [], as: UTF8.self))

    package subscript(_ name: String) -> String? { fields[name] }

    /// `ID`: "debian", "alpine"; "linux" where nothing is said.
    package var id: String { fields["ID"] ?? "linux" }
    /// `ID_LIKE`: what it is made from, nearest first.
    package var like: [String] { (fields["ID_LIKE"] ?? "").split(separator: " ").map(String.init) }
    /// `VERSION_ID`: "12", "24.04", "3.20.3"; nil for distributions without versions and Debian's testing.
    package var version: String? { fields["VERSION_ID"] }
    /// `VERSION_CODENAME`: "bookworm".
    package var codename: String? { fields["VERSION_CODENAME"] }

    /// What installs a package on this distribution, its name to follow: "sudo apt install"; nil where that is not known.
    package var installer: String? {
        for family in [id] + like {
            switch family {
            case "debian", "ubuntu": return "sudo apt install"
            case "fedora", "rhel", "centos": return "sudo dnf install"
            case "arch": return "sudo pacman -S"
            case "alpine": return "sudo apk add"
            case "suse", "opensuse": return "sudo zypper install"
            case "void": return "sudo xbps-install"
            default: continue
            }
        }
        return nil
    }

    /// Values are as in a shell: quoted, with backslashes before `"$\` and the backquote.
    private static func unquoted(_ value: Substring) -> String {
        guard let quote = value.first, quote == "\"" || quote == "'", value.count >= 2, value.last == quote else {
            return String(value)
        }
        var result = ""
        var rest = value.dropFirst().dropLast()
        while let character = rest.popFirst() {
            if quote == "\"", character == "\\", let escaped = rest.first, "\"$\\`".contains(escaped) {
                rest.removeFirst()
                result.append(escaped)
            } else {
                result.append(character)
            }
        }
        return result
    }
}
