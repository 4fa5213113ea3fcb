// SPDX-License-Identifier: Apache-2.0

internal import Terminal

/// `tools build`: an array of compilers.
struct ToolsBuildReport: CommandReport {
    enum State: String, Encodable {
        /// The tools tree's generates the same code and gives the same answers without being built.
        case same
        /// It was built, and does.
        case built
        /// It is to be built (`--dry-run`).
        case missing
        /// It was built from the root's source package, and does not in all.
        case different
    }

    struct Entry: Encodable {
        let root: String
        /// The major version.
        let gcc: String
        let packageVersion: String
        let state: State
        /// What the root's own compiler does.
        let differences: [String]
    }

    let entries: [Entry]

    var document: [Entry] { entries }

    var text: StyledText {
        guard !entries.isEmpty else { return "no root has a compiler to build for the host\n" }
        return entries.map(Self.line).reduce("") { $0 + $1 }
    }

    private static func line(_ entry: Entry) -> StyledText {
        let compiler = "\(entry.root): gcc-\(entry.gcc) \(entry.packageVersion)"
        let rest = entry.differences.joined(separator: ", ")
        return switch entry.state {
        case .same: "\(compiler): nothing to build: the tools tree's generates the same code\n"
        case .built: "\(compiler): built; it generates the same code\n"
        case .missing: "\(compiler): to be built; emulated so far: \(rest)\n"
        case .different: "\(compiler): built; still emulated: \(rest)\n"
        }
    }
}
