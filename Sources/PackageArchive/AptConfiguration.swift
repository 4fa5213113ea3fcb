// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Processes
package import Transfer

/// What `apt-config dump` says: the settings of this machine's apt.
package struct AptConfiguration: Sendable {
    /// By name in lower case; of a list, its first value.
    private let values: [String: String]

    /// `dump`: lines like `Acquire::http::Proxy "http://proxy:3128";`.
    package init(parsing dump: String) {
        var values: [String: String] = [:]
        for line in dump.split(separator: "\n") {
            guard let space = line.firstIndex(of: " "), line.hasSuffix("\";") else { continue }
            let value = line[line.index(after: space)...].dropFirst().dropLast(2)
            let name = line[..<space].lowercased()
            if values[name] == nil { values[name] = String(value) }
        }
        self.values = values
    }

    /// Of this machine; nil where there is no apt.
    package static func ofHost() -> AptConfiguration? {
        guard let program = ChildProcess.find("apt-config"),
            let child = try? ChildProcess.run(program, ["dump"], environment: ["LC_ALL=C", "PATH=/usr/bin:/bin"]),
            child.succeeded
        else { return nil }
        return AptConfiguration(parsing: child.outputText)
    }

    package subscript(_ name: String) -> String? { values[name.lowercased()] }

    /// Whether an expired Release file is refused. Archives that stand still, as snapshots do, need that it is not.
    package var checksValidUntil: Bool {
        !["false", "no", "0", "off"].contains(self["Acquire::Check-Valid-Until"] ?? "")
    }

    /// The proxy for `uri`: the host's own, else the scheme's; the environment's where apt has none.
    package func proxy(for uri: String) -> Proxy {
        let scheme = String(uri.prefix { $0 != ":" })
        let host = uri.dropFirst(scheme.count).drop { $0 == ":" || $0 == "/" }.prefix { $0 != "/" && $0 != ":" }
        let found = self["Acquire::\(scheme)::Proxy::\(host)"] ?? self["Acquire::\(scheme)::Proxy"]
        // As apt: https without a proxy of its own goes through that of http.
        let value = found ?? (scheme == "https" ? self["Acquire::http::Proxy"] : nil)
        switch value {
        case nil, "": return .environment
        case "DIRECT", "false": return .none
        case .some(let url): return .url(url)
        }
    }
}
