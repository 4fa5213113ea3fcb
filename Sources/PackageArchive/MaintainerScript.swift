// SPDX-License-Identifier: Apache-2.0

/// A `preinst`, analysed for its effects when a package is installed into an empty root.
struct MaintainerScript {
    private let lines: [Substring]

    init(_ bytes: [UInt8]) {
        // A line that ends in a backslash goes on in the next.
        let text = String(decoding: bytes, as: UTF8.self).replacing("\\\n", with: " ")
        lines = text.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    /// Whether it diverts files of other packages (dpkg-divert(1)). A diversion without `--rename` moves none: it is
    /// for files that are unpacked later.
    var diverts: Bool {
        lines.contains { $0.contains("dpkg-divert") && $0.contains("--rename") }
    }

    /// False where it certainly does nothing when called as `preinst install`.
    ///
    /// Many only call dpkg-maintscript-helper(1), which does nothing without an old version. The twenty of one keyring
    /// package take seconds in an emulated shell to find that out.
    var matters: Bool {
        lines.contains { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            switch words.first {
            case "set": return words.count != 2 || !["-e", "-eu", "-u"].contains(words[1])
            case "exit": return words.count > 1 && words[1] != "0"
            case "dpkg-maintscript-helper":
                let kinds = ["rm_conffile", "mv_conffile", "symlink_to_dir", "dir_to_symlink"]
                // Nothing before or after it on the line that the shell would execute.
                let isPlain = !line.contains { "`$;&|<>()".contains($0) } || Self.isPlain(line)
                return words.count < 2 || !kinds.contains(String(words[1])) || !isPlain
            default: return true
            }
        }
    }

    /// `"$@"` at the end is what the helper is always given.
    private static func isPlain(_ line: Substring) -> Bool {
        let known = line.replacing("\"$@\"", with: "")
        return !known.contains { "`$;&|<>()".contains($0) }
    }
}
