// SPDX-License-Identifier: Apache-2.0

/// `docs/commands.md`.
enum MarkdownReference {
    static func render(_ groups: [(name: String, commands: [CommandDescription])]) -> String {
        var text = """
            # Commands

            Every command takes `--help`. Made from the commands themselves by `scripts/document`.

            """
        for group in groups {
            text += "\n\(group.name): " + group.commands.flatMap(\.leaves).map(link).joined(separator: ", ") + "\n"
        }
        for command in groups.flatMap(\.commands).flatMap(\.leaves) { text += section(command) }
        return text
    }

    private static func link(_ command: CommandDescription) -> String {
        let words = command.path.split(separator: " ").dropFirst()
        return "[\(words.joined(separator: " "))](#\((["mangrove"] + words).joined(separator: "-")))"
    }

    private static func section(_ command: CommandDescription) -> String {
        var text = "\n## \(command.path)\n\n\(command.abstract ?? "")\n\n    \(command.synopsis)\n"
        if let discussion = command.discussion { text += "\n\(escaped(discussion))\n" }
        if let aliases = command.aliases, !aliases.isEmpty {
            text += "\nAlso: " + aliases.map { "`\($0)`" }.joined(separator: ", ") + ".\n"
        }
        let arguments = command.positionals + command.options
        guard !arguments.isEmpty else { return text }
        text += "\n| | |\n|---|---|\n"
        for argument in arguments {
            text += "| `\(argument.written.replacing("|", with: "\\|"))` | \(escaped(argument.explanation)) |\n"
        }
        return text
    }

    /// Text in which nothing is markup.
    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("<", with: "\\<").replacing("*", with: "\\*")
            .replacing("_", with: "\\_")
    }
}
