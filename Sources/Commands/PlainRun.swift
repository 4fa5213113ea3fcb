// SPDX-License-Identifier: Apache-2.0

/// `run [OPTION…] NAME [--] COMMAND…` with none but the usual options: what most runs are. The parser takes longer to learn
/// which options there could be than all else takes that comes before the command.
struct PlainRun: Equatable {
    let name: String
    let command: [String]
    let settings: RunSettings

    /// nil where `arguments`, those of the process, are anything else, or wrong.
    init?(_ arguments: [String]) {
        guard arguments.first == "run" else { return nil }
        var rest = arguments.dropFirst()
        guard let settings = Self.settings(&rest), let name = rest.popFirst(), let first = rest.first else {
            return nil
        }
        // A distro and release, of which a root is made.
        guard !name.isEmpty, !name.hasPrefix("-"), !name.contains(":") else { return nil }
        if first == "--" {
            command = Array(rest.dropFirst())
        } else {
            guard !first.hasPrefix("-"), !rest.contains("--") else { return nil }
            command = Array(rest)
        }
        guard !command.isEmpty else { return nil }
        (self.name, self.settings) = (name, settings)
    }

    /// Takes the options off that stand before the name, each once but those that may be repeated.
    private static func settings(_ rest: inout ArraySlice<String>) -> RunSettings? {
        var settings = RunSettings()
        var seen: Set<String> = []
        while let option = rest.first, option.hasPrefix("-") {
            rest.removeFirst()
            let isRepeatable = option == "--env" || option == "--bind"
            guard seen.insert(option).inserted || isRepeatable else { return nil }
            switch option {
            case "--accelerate": settings.acceleration.accelerate = true
            case "--no-accelerate": settings.acceleration.accelerate = false
            case "--throwaway": settings.throwaway = true
            case "--no-network": settings.isolatesNetwork = true
            case "--env", "--bind", "--user", "--workdir":
                guard let value = rest.popFirst(), !value.isEmpty, !value.hasPrefix("-") else { return nil }
                switch option {
                case "--env": settings.env.append(value)
                case "--bind": settings.bind.append(value)
                case "--user": settings.user = value
                default: settings.workdir = value
                }
            default: return nil
            }
        }
        return seen.isSuperset(of: ["--accelerate", "--no-accelerate"]) ? nil : settings
    }

    func perform() throws { try settings.run(command, in: name) }
}
