// SPDX-License-Identifier: Apache-2.0

/// Amounts as people read them.
package enum Quantity {
    /// `1.2 MB`: powers of 1000, one decimal below 100.
    package static func bytes(_ count: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        var value = Double(max(count, 0))
        var unit = 0
        // 999.95 would be shown as 1000.0.
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        if unit == 0 || value >= 99.95 { return "\(Int(value.rounded())) \(units[unit])" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// `1.2 s` below 10 seconds, else as `duration`.
    package static func precise(_ duration: Duration) -> String {
        let tenths = max(Int((duration / .milliseconds(100)).rounded()), 0)
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10) s" : Self.duration(duration)
    }

    /// `45 s`, `3 min 20 s`, `2 h 5 min`.
    package static func duration(_ duration: Duration) -> String {
        let seconds = max(duration.components.seconds, 0)
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    }
}
