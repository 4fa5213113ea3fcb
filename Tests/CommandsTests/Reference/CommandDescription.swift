// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials

@testable import Commands

/// A command as ArgumentParser describes it (`--experimental-dump-help`), as far as the reference needs it.
struct CommandDescription: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String

            var written: String { (kind == "long" ? "--" : "-") + name }
        }

        let kind: String
        let shouldDisplay: Bool
        let isOptional: Bool
        let isRepeating: Bool
        var names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let allValues: [String]?
        let abstract: String?
        let discussion: String?

        var isPositional: Bool { kind == "positional" }

        /// `--bind <src>`, `<name>`, `<name> ...`
        var written: String {
            let value = "<\(valueName ?? "")>"
            let names = (names ?? []).map(\.written).joined(separator: ", ")
            switch kind {
            case "positional": return isRepeating ? value + " ..." : value
            case "flag": return names
            default: return names + " " + value
            }
        }

        /// What it is for, its values and its default.
        var explanation: String {
            var text = [abstract, discussion].compactMap(\.self).joined(separator: " ")
            if let allValues, !allValues.isEmpty { text += " One of: \(allValues.joined(separator: ", "))." }
            if let defaultValue { text += " Default: \(defaultValue == "." ? "the current directory" : defaultValue)." }
            return text.trimmingPrefix(" ").description
        }
    }

    let commandName: String
    let superCommands: [String]?
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool
    let aliases: [String]?
    let arguments: [Argument]?
    let subcommands: [CommandDescription]?

    /// "mangrove cache list"
    var path: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

    var positionals: [Argument] { (arguments ?? []).filter { $0.isPositional && $0.shouldDisplay } }

    /// Without those every command has, and with those that only `--help-hidden` shows. A flag and its inversion are one:
    /// `--ccache, --no-ccache`.
    var options: [Argument] {
        var found: [Argument] = []
        let words = Set(completeHelp.split { " \n/,".contains($0) })
        for argument in arguments ?? [] {
            let names = argument.names ?? []
            guard !argument.isPositional,
                argument.shouldDisplay || names.contains(where: { words.contains($0.written[...]) }),
                !names.contains(where: { ["help", "version"].contains($0.name) })
            else { continue }
            if let inverted = names.first?.name, let last = found.last, argument.kind == "flag",
                last.names?.first.map({ "no-" + $0.name }) == inverted
            {
                found[found.count - 1].names = (last.names ?? []) + names
            } else {
                found.append(argument)
            }
        }
        return found
    }

    /// What `--help-hidden` shows. Internal options are not in it.
    private var completeHelp: String {
        let path = (superCommands ?? []).dropFirst() + [commandName]
        let found = HelpTests.walk().first { $0.path == Array(path) }
        return found.map { Mangrove.helpMessage(for: $0.command, includeHidden: true, columns: 80) } ?? ""
    }

    var synopsis: String {
        let words = positionals.map { $0.isOptional ? "[\($0.written)]" : $0.written }
        return ([path] + (options.isEmpty ? [] : ["[options]"]) + words).joined(separator: " ")
    }

    /// Those with something to do: groups of commands are replaced by their members.
    var leaves: [CommandDescription] {
        let members = (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
        return members.isEmpty ? [self] : members.flatMap(\.leaves)
    }

    /// The groups that `mangrove --help` shows, with their commands.
    static func groups() throws -> [(name: String, commands: [CommandDescription])] {
        struct Dump: Decodable {
            let command: CommandDescription
        }
        let dump = try JSONDecoder().decode(Dump.self, from: Data(Mangrove._dumpHelp().utf8))
        return Mangrove.configuration.groupedSubcommands.compactMap { group in
            let names = group.subcommands.map { $0._commandName }
            let commands = names.compactMap { name in
                dump.command.subcommands?.first { $0.commandName == name && $0.shouldDisplay }
            }
            return commands.isEmpty ? nil : (group.name, commands)
        }
    }
}
