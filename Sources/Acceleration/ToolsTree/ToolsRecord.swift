// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// What was found out about the programs of a tools tree when it was made. It is kept beside the tree, so that nobody has
/// to read programs again. Paths are absolute in the tree, without links.
package struct ToolsRecord: Codable, Equatable, Sendable {
    /// What matters of a program when it is to stand in for a root's.
    package struct Program: Codable, Equatable, Sendable {
        /// The names of the libraries that its loader loads, sorted.
        package var libraries: [String] = []
        /// It, or one of its libraries, asks for users, groups, hosts or services (nsswitch.conf(5)).
        package var looksUpNames = false

        package init() {}
    }

    /// What matters of compilers besides; those that are not in it are not used.
    struct Compilers: Codable, Equatable, Sendable {
        /// Drivers that were made over to do all as the root's own (`CompilerDriver`), and whether they tell compilers of
        /// libraries that are linked (`CompilerRules.Condition.offloads`).
        var drivers: [String: Bool] = [:]
        /// Where compilers proper look for headers.
        var headers: [String: HeaderDirectories] = [:]
        /// Archivers find the tree's plugins.
        var findsPlugins = false
    }

    /// Those that were started by the loader they run with and found whole.
    package var programs: [String: Program] = [:]
    /// Those that must not run natively, and why.
    package var refused: [String: String] = [:]
    /// What was changed in which file.
    package var edits: [String: [String]] = [:]

    /// nil: there are none.
    var compilers: Compilers?

    package init() {}

    package init?(parsing bytes: [UInt8]) {
        guard let record = try? JSONDecoder().decode(ToolsRecord.self, from: Data(bytes)) else { return nil }
        self = record
    }

    package var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { Array($0) } ?? []
    }

    /// Why the program at `path` must not run natively; nil where it may. A record in which no program was proved is one of
    /// a tree that is being made.
    func refusal(_ path: String) -> String? {
        if let reason = refused[path] { return reason }
        return programs.isEmpty || programs[path] != nil ? nil : "not verified to run natively"
    }

    package mutating func refuse(_ path: String, _ reason: String) {
        if refused[path] == nil { refused[path] = reason }
    }
}
