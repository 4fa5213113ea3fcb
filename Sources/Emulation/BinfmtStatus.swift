// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem

/// The state of a binfmt_misc, usually the host's, for programs of an architecture.
package struct BinfmtStatus: Sendable, Equatable {
    package let architecture: Architecture
    package let state: BinfmtRegistry.State
    /// Every rule that would take them. Of those switched on the kernel takes the one registered last, which it
    /// does not tell.
    package let entries: [BinfmtEntry]
    /// What became of a program executed here; nothing else counts.
    package let outcome: Probe.Outcome

    package init(
        architecture: Architecture, state: BinfmtRegistry.State, entries: [BinfmtEntry], outcome: Probe.Outcome
    ) {
        self.architecture = architecture
        self.state = state
        self.entries = entries
        self.outcome = outcome
    }

    /// Reads the rules, and executes a probe through the binfmt_misc of this process's own user namespace.
    package static func current(
        of architecture: Architecture, in registry: BinfmtRegistry = .host
    ) throws(EmulationError) -> BinfmtStatus {
        BinfmtStatus(
            architecture: architecture, state: registry.state(), entries: try registry.entries(for: architecture),
            outcome: try Probe.run(architecture))
    }

    /// Whether programs are executed inside a root too, where the interpreter's path leads to nothing: without a
    /// rule because the machine executes them itself, or by rules that hold their interpreter open (flag `F`).
    package var worksInRoots: Bool {
        outcome == .works && entries.allSatisfy { !$0.isEnabled || $0.rule.flags.contains(.fixBinary) }
    }
}

extension BinfmtEntry {
    /// What is wrong with its interpreter, read from its file now; nil where nothing is. With flag `F` the kernel
    /// goes on using the one it opened, until the next reboot.
    package var interpreterFault: String? {
        switch Interpreter.usability(of: rule.interpreter, host: .host) {
        case .usable: nil
        case .absent: "\(rule.interpreter) does not exist"
        case .refused(let reason): "\(rule.interpreter): \(reason)"
        }
    }
}
