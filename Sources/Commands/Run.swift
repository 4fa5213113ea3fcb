// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct Run: ParsableCommand, PassesStatus {
    static let configuration = CommandConfiguration(
        abstract: "Run a command in a root.",
        discussion: """
            The current directory is mounted at the same path and is the working directory; a home directory, /, /etc, \
            /usr and their like are not, unless --bind . asks for it, and the command starts in /. The exit status is the \
            command's own, 128 and the signal's number if one ended it, 127 if it was not found, 126 if it cannot be \
            executed, and 125 if mangrove failed. With the name of a distro and release (alpine:3.24) in place of a \
            root's, one is made for this command and removed after it.
            """)

    @OptionGroup var options: RunOptions

    @Argument(help: "The root.")
    var name: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    func validate() throws {
        guard !program.isEmpty else {
            throw ValidationError("no command is given; for a shell: mangrove shell \(name)")
        }
        guard command.first == "--" || command.contains("--") || command.first?.hasPrefix("-") == false else {
            throw ValidationError("\(command[0]): options stand before the root's name, or between it and --")
        }
    }

    /// Options between NAME and "--" are taken for the command's by the parser, which knows no such place: here they
    /// are before NAME. nil where there are none.
    func reordered(_ arguments: [String]) -> [String]? {
        guard command.first != "--", command.first?.hasPrefix("-") == true,
            let separator = command.firstIndex(of: "--")
        else { return nil }
        return arguments.dropLast(command.count + 1) + command[..<separator] + [name] + command[separator...]
    }

    func run() throws {
        // No root can be called that.
        guard name.contains(":") else { return try options.run(program, in: name) }
        let root = try PassingRoot(distro: name, isolation: options.isolation.isolation, dryRun: options.dryRun)
        defer { root.remove() }
        if !options.dryRun { try options.run(program, in: root.name) }
    }

    /// Without the "--" that may stand before it.
    var program: [String] {
        command.first == "--" ? Array(command.dropFirst()) : command
    }
}
