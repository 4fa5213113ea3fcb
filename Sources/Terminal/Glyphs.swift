// SPDX-License-Identifier: Apache-2.0

/// What progress is drawn with.
package struct Glyphs: Equatable, Sendable {
    let isUnicode: Bool

    package static let unicode = Glyphs(isUnicode: true)
    package static let ascii = Glyphs(isUnicode: false)

    /// Characters of a locale that is not UTF-8 are ASCII (locale(7): LC_ALL precedes LC_CTYPE, and that LANG).
    package init(_ environment: (String) -> String?) {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"]
        let locale = names.compactMap { environment($0) }.first { !$0.isEmpty } ?? ""
        let codeset = locale.lowercased().filter { $0 != "-" }
        self.init(isUnicode: codeset.hasSuffix(".utf8") || codeset.contains(".utf8@"))
    }

    private init(isUnicode: Bool) {
        self.isUnicode = isUnicode
    }

    /// A bar of `width` columns, of which `fraction`, from 0 to 1, is done.
    func bar(_ fraction: Double, width: Int) -> StyledText {
        guard isUnicode else {
            let done = Int(fraction * Double(width - 2))
            return StyledText(
                "[" + String(repeating: "#", count: done) + String(repeating: ".", count: width - 2 - done) + "]")
        }
        let halves = Int(fraction * Double(2 * width))
        let done = String(repeating: "━", count: halves / 2) + (halves % 2 == 1 ? "╸" : "")
        return StyledText(done, .good) + StyledText(String(repeating: "─", count: width - (halves + 1) / 2), .dim)
    }

    /// `text` on at most `width` columns.
    package func shortened(_ text: String, to width: Int) -> String {
        let text = isUnicode ? text : String(text.map { $0.isASCII ? $0 : "?" })
        guard text.columns > width else { return text }
        let ellipsis = isUnicode ? "…" : "..."
        guard width >= 3 * ellipsis.count else { return text.prefix(columns: width) }
        return text.prefix(columns: width - ellipsis.count) + ellipsis
    }
}

extension String {
    /// Columns of a terminal that the text takes.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// As much of it as fits on `width` columns.
    func prefix(columns width: Int) -> String {
        var left = width
        return String(
            prefix { character in
                left -= character.columns
                return left >= 0
            })
    }
}

extension Character {
    /// 2 for those that East Asian typography sets wide, and emoji (Unicode Standard Annex 11).
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
