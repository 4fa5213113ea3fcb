// SPDX-License-Identifier: Apache-2.0

/// Text with names in braces that something else is put in for: "releases/{number}/release/{file}".
enum URLTemplate {
    /// `template` with `values` put in. Values may hold braces themselves, one level deep. A name that has no value
    /// stays as it is.
    static func expand(_ template: String, _ values: [String: String]) -> String {
        var text = template
        for _ in 0..<2 {
            text = pieces(text).map { piece in
                switch piece {
                case .text(let text): text
                case .name(let name): values[name] ?? "{\(name)}"
                }
            }.joined()
        }
        return text
    }

    /// The names in braces in it.
    static func names(in template: String) -> [String] {
        pieces(template).compactMap { if case .name(let name) = $0 { name } else { nil } }
    }

    /// What stands for `{version}` in `text`, where it has the template's form otherwise.
    static func version(in text: some StringProtocol, of template: String) -> VersionNumber? {
        let pieces = pieces(template)
        guard let place = pieces.firstIndex(of: .name("version")) else { return nil }
        let (before, after) = (join(pieces[..<place]), join(pieces[(place + 1)...]))
        guard text.hasPrefix(before), text.hasSuffix(after), text.utf8.count > before.utf8.count + after.utf8.count
        else { return nil }
        return VersionNumber(text.dropFirst(before.count).dropLast(after.count))
    }

    private enum Piece: Equatable {
        case text(String)
        case name(String)
    }

    private static func join(_ pieces: ArraySlice<Piece>) -> String {
        pieces.map { if case .text(let text) = $0 { text } else { "" } }.joined()
    }

    private static func pieces(_ template: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            pieces.append(.text(String(rest[..<open])))
            pieces.append(.name(String(rest[rest.index(after: open)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        return pieces + [.text(String(rest))]
    }
}
