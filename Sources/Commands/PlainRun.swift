// SPDX-License-Identifier: Apache-2.0

/// `run NAME COMMAND…` and `run NAME -- COMMAND…`, without options: what most runs are. There is nothing to parse, and the
/// parser takes longer to learn which options there could be than all else takes that comes before the command.
struct PlainRun: Equatable {
    let name: String
    let command: [String]

    /// nil where `arguments`, those of the process, are anything else, or wrong.
    init?(_ arguments: [String]) {
        guard arguments.count > 2, arguments[0] == "run" else { return nil }
        let (name, first) = (arguments[1], arguments[2])
        // A distro and release, of which a root is made.
        guard !name.isEmpty, !name.hasPrefix("-"), !name.contains(":") else { return nil }
        if first == "--" {
            command = Array(arguments[3...])
        } else {
            guard !first.hasPrefix("-"), !arguments.contains("--") else { return nil }
            command = Array(arguments[2...])
        }
        guard !command.isEmpty else { return nil }
        self.name = name
    }

    func perform() throws { try RunSettings().run(command, in: name) }
}
