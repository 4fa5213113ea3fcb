// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ToolsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools", abstract: "List tools trees, and build compilers that the archive lacks.",
        subcommands: [ToolsList.self, ToolsBuild.self])
}
