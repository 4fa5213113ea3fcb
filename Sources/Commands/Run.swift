// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Images
internal import Provisioning

struct Run: ParsableCommand, PassesStatus {
    static let configuration = CommandConfiguration(
        abstract: "Run a command in a root.",
        discussion: """
            The current directory is mounted at the same path and is the working directory, except home and system \
            directories (--bind . shares them). DISTRO:RELEASE makes a root for this command only; an image \
            (oci:debian:12) is kept, and changes to it are discarded. Without a command, the image's own runs. Exits \
            with the command's status, 128+N if signal N ended it, 127 if it was not found, 126 if it cannot be \
            executed, and 125 if mangrove failed.
            """)

    @OptionGroup var options: RunOptions

    @OptionGroup var target: RunTarget

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws {
        guard
            command.isEmpty || command.first == "--" || command.contains("--") || command.first?.hasPrefix("-") == false
        else {
            throw ValidationError("\(command[0]): expected options before the root's name, or between it and --")
        }
    }

    /// Options between NAME and "--" are taken for the command's by the parser, which knows no such place: here they
    /// are before NAME. nil where there are none.
    func reordered(_ arguments: [String]) -> [String]? {
        guard command.first != "--", command.first?.hasPrefix("-") == true,
            let separator = command.firstIndex(of: "--")
        else { return nil }
        return arguments.dropLast(command.count + 1) + command[..<separator] + [target.name] + command[separator...]
    }

    func run() throws {
        try target.run(options) { settings, root in
            guard program.isEmpty else { return program }
            guard let command = root.image?.settings?.defaultCommand, !command.isEmpty else {
                throw ValidationError("expected a command; for a shell: mangrove shell \(target.name)")
            }
            // It may be a path below the directory it starts in.
            settings.workdir =
                settings.workdir ?? root.image?.settings?.workingDirectory.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
            return command
        }
    }

    /// Without the "--" that may stand before it.
    var program: [String] {
        command.first == "--" ? Array(command.dropFirst()) : command
    }
}
