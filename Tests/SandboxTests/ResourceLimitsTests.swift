// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Sandbox

@Suite struct ResourceLimitsTests {
    @Test(
        arguments: [
            ("512M", 512 << 20), ("1.5G", 1536 << 20), ("2g", 2 << 30), ("1048576", 1 << 20), ("1GB", 1 << 30),
            ("1024k", 1 << 20), ("1T", 1 << 40), ("1.0000005G", 1_073_742_360),
        ] as [(String, UInt64)])
    func memoryIsANumberWithAUnit(text: String, bytes: UInt64) {
        #expect(ResourceLimits.memory(parsing: text) == bytes)
    }

    @Test(
        arguments: [
            "", "M", "x", "-1G", "+1G", "1.G", ".5G", "1.2.3G", "1 G", "1023K", "0", "18446744073709551616",
            "99999999T", "1e9", "1.0000000001G", "B", "٣G",
        ])
    func anythingElseIsNoMemory(text: String) {
        #expect(ResourceLimits.memory(parsing: text) == nil)
    }

    @Test func processorsAreAQuotaOfThePeriod() {
        for (text, quota) in [("2", 200_000), ("0.5", 50_000), ("0.01", 1000), ("1.25", 125_000)] as [(String, UInt64)]
        {
            #expect(ResourceLimits.quota(parsing: text) == quota)
        }
        for text in ["0", "0.009", "-1", "two", "", "1,5", "18446744073709551615"] {
            #expect(ResourceLimits.quota(parsing: text) == nil, "\(text)")
        }
    }

    @Test func theyAreToldAsTheyAreAskedFor() {
        let limits = ResourceLimits(memory: 1536 << 20, quota: 150_000, processes: 7)
        #expect(limits.description == "memory 1536M, cpus 1.5, pids 7")
        #expect(ResourceLimits(memory: (1 << 20) + 1).description == "memory 1048577")
        #expect(ResourceLimits(quota: 200_000).description == "cpus 2")
        #expect(ResourceLimits().isEmpty && !limits.isEmpty)
        var plan = SandboxPlan(root: .host, identity: .host, command: ["x"])
        #expect(!plan.description.contains("limits"))
        plan.limits = limits
        #expect(plan.description.contains("limits: memory 1536M, cpus 1.5, pids 7\n"))
    }
}
