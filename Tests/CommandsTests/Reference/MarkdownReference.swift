// SPDX-License-Identifier: Apache-2.0

/// `docs/commands.md` and the pages it links to.
enum MarkdownReference {
    /// The pages, each with the commands on it.
    private static let pages: [(file: String, title: String, commands: Set<String>)] = [
        ("commands-run.md", "Creating roots and running commands", ["create", "run", "shell"]),
        ("commands-build.md", "Building, refreshing and locking", ["build", "refresh", "rollback", "lock"]),
        ("commands-roots.md", "Managing roots", ["list", "inspect", "remove", "export", "distros"]),
        ("commands-machine.md", "The machine and the cache", ["doctor", "binfmt", "cache", "tools", "worker"]),
    ]

    /// Every page with its file's name.
    static func render(_ groups: [(name: String, commands: [CommandDescription])]) -> [(file: String, text: String)] {
        let all = groups.flatMap(\.commands)
        var index = """
            # Commands

            Every command has `--help`. `scripts/document` generates these pages from the commands. bash, zsh and fish
            complete names of roots, generations, distros, releases and packages; the Debian package and
            `scripts/install` install what they need for that (`mangrove --generate-completion-script SHELL`).

            """
        var rendered: [(file: String, text: String)] = []
        for page in pages {
            let commands = all.filter { page.commands.contains($0.commandName) }.flatMap(\.leaves)
            index += "\n## \(page.title)\n\n| command | |\n|---|---|\n"
            for command in commands {
                let link = "[`\(command.path)`](\(page.file)#\(anchor(command)))"
                index += "| \(link) | \(escaped(command.abstract ?? "")) |\n"
            }
            let text = "# Commands: \(lowercasedFirst(page.title))\n\nAll commands: [Commands](commands.md).\n"
            rendered.append((page.file, text + commands.map(section).joined()))
        }
        return [("commands.md", index)] + rendered
    }

    /// Commands that are on no page.
    static func missing(_ groups: [(name: String, commands: [CommandDescription])]) -> [String] {
        groups.flatMap(\.commands).map(\.commandName).filter { name in
            !pages.contains { $0.commands.contains(name) }
        }
    }

    private static func anchor(_ command: CommandDescription) -> String {
        command.path.split(separator: " ").joined(separator: "-")
    }

    private static func lowercasedFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }

    private static func section(_ command: CommandDescription) -> String {
        var text = "\n## \(command.path)\n\n\(escaped(command.abstract ?? ""))\n\n    \(command.synopsis)\n"
        if let discussion = command.discussion { text += "\n\(wrapped(escaped(discussion)))\n" }
        if let aliases = command.aliases, !aliases.isEmpty {
            text += "\nAlso: " + aliases.map { "`\($0)`" }.joined(separator: ", ") + ".\n"
        }
        let arguments = command.positionals + command.options
        guard !arguments.isEmpty else { return text }
        text += "\n| argument | |\n|---|---|\n"
        for argument in arguments {
            text += "| `\(argument.written.replacing("|", with: "\\|"))` | \(escaped(argument.explanation)) |\n"
        }
        return text
    }

    /// In lines of at most 120 characters, unless a word is longer.
    private static func wrapped(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
            var lines = [""]
            for word in paragraph.split(separator: " ") {
                let last = lines[lines.count - 1]
                if last.isEmpty {
                    lines[lines.count - 1] = String(word)
                } else if last.count + 1 + word.count <= 120 {
                    lines[lines.count - 1] = last + " " + word
                } else {
                    lines.append(String(word))
                }
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// Text in which nothing is markup.
    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("<", with: "\\<").replacing("*", with: "\\*")
            .replacing("_", with: "\\_")
    }
}
