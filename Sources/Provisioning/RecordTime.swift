// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// Times as records have them: RFC 3339, in UTC, whole seconds.
package enum RecordTime {
    /// Seconds since 1970; nil where `text` is no such time.
    package static func seconds(_ text: String) -> Int64? {
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        return Int64(date.timeIntervalSince1970)
    }

    package static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
