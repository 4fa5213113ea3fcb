// SPDX-License-Identifier: Apache-2.0

import Provisioning
import Testing

@testable import Commands

@Suite struct RefreshMetricsTests {
    @Test func areWhatPrometheusReads() {
        var fresh = RefreshOutcome("arm", .refreshed)
        (fresh.seconds, fresh.generation, fresh.bytes) = (12.0456, 3, 1024)
        let text = RefreshMetrics(outcomes: [fresh, RefreshOutcome("xen", .failed)], at: 1_795_000_000).text
        #expect(text.contains("# TYPE mangrove_refresh_failed gauge\n"))
        for line in [
            "mangrove_refresh_timestamp_seconds{root=\"arm\"} 1795000000.000\n",
            "mangrove_refresh_duration_seconds{root=\"arm\"} 12.046\n", "mangrove_refresh_failed{root=\"arm\"} 0\n",
            "mangrove_refresh_failed{root=\"xen\"} 1\n", "mangrove_refresh_changed{root=\"arm\"} 1\n",
            "mangrove_generation{root=\"arm\"} 3\n", "mangrove_refresh_downloaded_bytes{root=\"arm\"} 1024\n",
        ] {
            #expect(text.contains(line), "\(line) is not in \(text)")
        }
        #expect(!text.contains("mangrove_generation{root=\"xen\"}"))
        #expect(RefreshMetrics(outcomes: [], at: 0).text.isEmpty)
    }
}
