// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The command line as a whole.
struct Mangrove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mangrove",
        abstract: "Provision root filesystems for other architectures, and run builds in them.",
        version: BuildIdentity.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Roots",
                subcommands: [
                    Create.self, Run.self, Shell.self, Build.self, Refresh.self, RollbackCommand.self, Lock.self,
                    List.self, Inspect.self, Remove.self, ExportCommand.self,
                    Distros.self,
                ]),
            CommandGroup(
                name: "Machine",
                subcommands: [Doctor.self, BinfmtCommand.self, CacheCommand.self, ToolsCommand.self, Worker.self]),
            CommandGroup(
                name: "Internal",
                subcommands: [
                    NamespaceWorker.self, CleanUp.self, MakeTools.self, CompareCompilers.self, FetchSource.self,
                    ComparePackages.self,
                ]),
        ])

    /// Without a command: what most people need first.
    func run() throws {
        try Console.print(Introduction.text)
    }
}
