// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// What `/proc/sys/fs/binfmt_misc/NAME` says.
package struct BinfmtEntry: Hashable, Sendable {
    package let rule: BinfmtRule
    package let isEnabled: Bool

    package init(rule: BinfmtRule, isEnabled: Bool) {
        self.rule = rule
        self.isEnabled = isEnabled
    }

    /// nil where `text` is no entry, or one that goes by a file's extension.
    package init?(name: String, parsing text: String) {
        var magic: [UInt8] = []
        var mask: [UInt8] = []
        var offset = 0
        var interpreter: FilePath?
        var flags: BinfmtRule.Flags = []
        let lines = text.split(separator: "\n")
        guard let state = lines.first, state == "enabled" || state == "disabled" else { return nil }
        for line in lines.dropFirst() {
            guard let space = line.firstIndex(of: " ") else { continue }
            let value = line[line.index(after: space)...]
            switch line[..<space] {
            case "interpreter": interpreter = FilePath(String(value))
            case "flags:":
                // Letters of a newer kernel change nothing of what we ask of an entry.
                flags = BinfmtRule.Flags(letters: value.filter { "POCF".contains($0) }) ?? []
            case "offset": offset = Int(value) ?? 0
            case "magic": magic = Hexadecimal.bytes(value) ?? []
            case "mask": mask = Hexadecimal.bytes(value) ?? []
            default: continue
            }
        }
        guard let interpreter, !magic.isEmpty, mask.isEmpty || mask.count == magic.count else { return nil }
        rule = BinfmtRule(
            name: name, magic: magic, mask: mask, offset: offset, interpreter: interpreter, flags: flags)
        isEnabled = state == "enabled"
    }
}
