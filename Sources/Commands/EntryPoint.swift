// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Building
internal import Failures
internal import Filesystem
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import Terminal

/// From the process's arguments to its exit status.
package enum EntryPoint {
    /// On the main thread, which a command that blocks signals for itself and the threads it makes has to be on: the
    /// concurrency runtime's are others, and while they work the main thread would take every signal.
    /// `commit`: what the program was built from, for `--version`; empty where that is unknown.
    package static func main(commit: String) -> Never {
        StandardDescriptors.occupyClosed()
        BuildIdentity.set(commit: commit)
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let status = perform(arguments) { exit(status.rawValue) }
        Task { exit(await performAsynchronously(arguments).rawValue) }
        while true { pause() }
    }

    /// nil if the command needs the concurrency runtime.
    private static func perform(_ arguments: [String]) -> ExitStatus? {
        if arguments == ["--generate-completion-script", "bash"] { return show("\(CompletionScript.bash)\n") }
        if let run = PlainRun(arguments) {
            do {
                try run.perform()
                return .success
            } catch {
                return status(of: error, in: Run.self, form: nil, arguments)
            }
        }
        do {
            var command = try parse(arguments)
            if command is any AsyncParsableCommand { return nil }
            do {
                try command.run()
                return .success
            } catch {
                return status(of: error, in: type(of: command), form: form(of: command), arguments)
            }
        } catch {
            return status(conclude(error, arguments, form: nil), ofFailureIn: Mangrove.command(of: arguments))
        }
    }

    private static func performAsynchronously(_ arguments: [String]) async -> ExitStatus {
        do {
            guard var command = try parse(arguments) as? any AsyncParsableCommand else { return .success }
            do {
                try await command.run()
                return .success
            } catch {
                return status(of: error, in: type(of: command), form: form(of: command), arguments)
            }
        } catch {
            return status(conclude(error, arguments, form: nil), ofFailureIn: Mangrove.command(of: arguments))
        }
    }

    private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        let command = try Mangrove.parseAsRoot(arguments)
        guard let again = (command as? Run)?.reordered(arguments) else { return command }
        return try Mangrove.parseAsRoot(again)
    }

    private static func form(of command: any ParsableCommand) -> Progress.Form? {
        (command as? any ShowsProgress)?.progress.form
    }

    private static func status(
        of error: any Error, in command: any ParsableCommand.Type, form: Progress.Form?, _ arguments: [String]
    ) -> ExitStatus {
        let concluded = conclude(error, arguments, form: form)
        // Requested limits that cannot be enforced; nothing has run.
        if (error as? ProvisioningError)?.refusesLimits == true { return concluded }
        // A fault of the request, not of mangrove.
        if (error as? ProvisioningError)?.underlying is RecipeError || error is RecipeError { return concluded }
        return error is ExitCode ? concluded : status(concluded, ofFailureIn: command)
    }

    /// A command that returns another's status reserves only three numbers for its own failures.
    private static func status(
        _ status: ExitStatus, ofFailureIn command: any ParsableCommand.Type
    ) -> ExitStatus {
        guard command is any PassesStatus.Type else { return status }
        return [.success, .notExecutable, .notFound].contains(status) ? status : .sandboxFailed
    }

    /// Reports the error, and returns the exit status.
    private static func conclude(_ error: any Error, _ arguments: [String], form: Progress.Form?) -> ExitStatus {
        if let failure = error as? any Failure {
            FailureRendering(failure).show(as: form)
            return failure.status
        }
        if let status = error as? ExitCode { return ExitStatus(rawValue: status.rawValue) }
        // What is left is the parser's: help and version are its "errors" too.
        guard Mangrove.exitCode(for: error) != .success else { return show("\(Mangrove.fullMessage(for: error))\n") }
        // A shell asks, perhaps with a script of another version: a message would be in the way of what is being typed.
        guard arguments.first != "---completion" else { return .usage }
        let usage = UsageError(Mangrove.message(for: error), command: Mangrove.name(of: arguments))
        FailureRendering(usage).show(as: form)
        return usage.status
    }
}

extension EntryPoint {
    private static func show(_ text: StyledText) -> ExitStatus {
        do throws(FilesystemError) {
            try Console.print(text)
            return .success
        } catch {
            FailureRendering(error).show(as: nil)
            return error.status
        }
    }
}

/// An invalid command line.
struct UsageError: Failure {
    let problem: String
    let cause: String?
    let command: String

    init(_ message: String, command: String) {
        let lines = message.split(whereSeparator: \.isNewline).map(String.init)
        problem = lines.first ?? "invalid command line"
        cause = lines.count > 1 ? lines.dropFirst().joined(separator: " ") : nil
        self.command = command
    }

    var remedy: String? { "see: \(command) --help" }
    var status: ExitStatus { .usage }
}

extension CommandConfiguration {
    /// Those in groups included.
    var everySubcommand: [any ParsableCommand.Type] {
        subcommands + groupedSubcommands.flatMap(\.subcommands)
    }
}

extension ParsableCommand {
    /// The command that `arguments` select, as typed: "mangrove cache list".
    static func name(of arguments: [String]) -> String {
        let name = configuration.commandName ?? _commandName
        guard let next = subcommand(of: arguments) else { return name }
        return name + " " + next.name(of: Array(arguments.dropFirst()))
    }

    /// The command that `arguments` select.
    static func command(of arguments: [String]) -> any ParsableCommand.Type {
        subcommand(of: arguments)?.command(of: Array(arguments.dropFirst())) ?? self
    }

    private static func subcommand(of arguments: [String]) -> (any ParsableCommand.Type)? {
        guard let first = arguments.first else { return nil }
        return configuration.everySubcommand.first {
            $0._commandName == first || $0.configuration.aliases.contains(first)
        }
    }
}
