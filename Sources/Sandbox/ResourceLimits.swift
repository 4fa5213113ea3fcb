// SPDX-License-Identifier: Apache-2.0

/// The resources that all processes of a run may use together.
package struct ResourceLimits: Hashable, Sendable {
    /// In bytes, swap included: `--memory`.
    package var memory: UInt64?
    /// In microseconds of processor time per `period`: `--cpus`.
    package var quota: UInt64?
    /// Processes and threads of the command: `--pids`.
    package var processes: UInt64?

    /// cpu.max's default, in microseconds (cgroup-v2, kernel documentation).
    package static let period: UInt64 = 100_000

    package init(memory: UInt64? = nil, quota: UInt64? = nil, processes: UInt64? = nil) {
        self.memory = memory
        self.quota = quota
        self.processes = processes
    }

    package var isEmpty: Bool { self == ResourceLimits() }

    /// A number of bytes, or one with K, M, G or T for powers of 1024, as docker and systemd take it. nil for anything
    /// else, and below a megabyte: nothing could be executed.
    package static func memory(parsing text: String) -> UInt64? {
        var digits = Substring(text.uppercased())
        if digits.last == "B", digits.dropLast().last?.isNumber == false { digits.removeLast() }
        let powers: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
        let shift = digits.last.flatMap { powers[$0] }
        if shift != nil { digits.removeLast() }
        guard let number = decimal(digits, scale: shift.map { 1 << UInt64($0) } ?? 1), number >= 1 << 20 else {
            return nil
        }
        return number
    }

    /// A number of processors, such as 2 or 0.5, as a quota. nil for anything else, and below the kernel's least, 0.01.
    package static func quota(parsing text: String) -> UInt64? {
        guard let quota = decimal(text[...], scale: period), quota >= period / 100, quota <= period << 20 else {
            return nil
        }
        return quota
    }

    /// `text`, digits with at most one point, times `scale`, without the rounding of binary fractions.
    private static func decimal(_ text: Substring, scale: UInt64) -> UInt64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty, first.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let whole = UInt64(first)
        else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
        guard !overflow, parts.count == 2 else { return overflow ? nil : product }
        guard (1...9).contains(parts[1].count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let fraction = UInt64(parts[1])
        else { return nil }
        let power = (0..<parts[1].count).reduce(UInt64(1)) { power, _ in power * 10 }
        let (high, low) = fraction.multipliedFullWidth(by: scale)
        let (sum, carry) = product.addingReportingOverflow(power.dividingFullWidth((high, low)).quotient)
        return carry ? nil : sum
    }

    /// As `--memory` takes it.
    package var memoryText: String? {
        memory.map { bytes in
            for (unit, shift) in [("T", 40), ("G", 30), ("M", 20), ("K", 10)] as [(String, UInt64)]
            where bytes & (1 << shift - 1) == 0 {
                return "\(bytes >> shift)\(unit)"
            }
            return String(bytes)
        }
    }

    /// The cgroup v2 controllers that enforce them.
    var controllers: [String] {
        [memory.map { _ in "memory" }, quota.map { _ in "cpu" }, processes.map { _ in "pids" }].compactMap(\.self)
    }
}

extension ResourceLimits: CustomStringConvertible {
    package var description: String {
        let cpus = quota.map { quota in
            let (whole, rest) = quota.quotientAndRemainder(dividingBy: Self.period)
            var digits = String(String(rest + Self.period).dropFirst())
            while digits.hasSuffix("0") { digits.removeLast() }
            return "cpus \(whole)" + (digits.isEmpty ? "" : "." + digits)
        }
        return [memoryText.map { "memory \($0)" }, cpus, processes.map { "pids \($0)" }].compactMap(\.self)
            .joined(separator: ", ")
    }
}
