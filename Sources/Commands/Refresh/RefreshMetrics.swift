// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Provisioning
internal import SystemPackage

/// Prometheus's text format, for a file that node_exporter's textfile collector reads: it has to be whole at any time.
struct RefreshMetrics {
    let outcomes: [RefreshOutcome]
    /// Seconds since 1970.
    let at: Double

    func write(to path: FilePath) throws(FilesystemError) {
        try AtomicFile.write(Array(text.utf8), to: path)
    }

    var text: String {
        metric("refresh_timestamp_seconds", "Time of the last refresh.") { _ in at.plain }
            + metric("refresh_failed", "Whether it failed.") { $0.state == .failed ? "1" : "0" }
            + metric("refresh_changed", "Whether it made a new generation.") { $0.state == .refreshed ? "1" : "0" }
            + metric("refresh_duration_seconds", "Its duration.") { $0.seconds.plain }
            + metric("refresh_downloaded_bytes", "Bytes it downloaded.") { String($0.bytes) }
            + metric("generation", "The generation of the root.") { $0.generation.map(String.init) }
    }

    private func metric(_ name: String, _ help: String, _ value: (RefreshOutcome) -> String?) -> String {
        let lines = outcomes.compactMap { outcome in
            value(outcome).map { "mangrove_\(name){root=\"\(outcome.name)\"} \($0)\n" }
        }
        return lines.isEmpty ? "" : "# HELP mangrove_\(name) \(help)\n# TYPE mangrove_\(name) gauge\n" + lines.joined()
    }
}

extension Double {
    /// To the thousandth.
    fileprivate var plain: String {
        let thousandths = Int64((self * 1000).rounded())
        let rest = String(thousandths % 1000)
        return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}
