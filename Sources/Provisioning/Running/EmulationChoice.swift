// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Emulation

/// How programs of a root's architecture are executed: decided from the kernel, and the interpreters and registrations
/// on this host.
package struct EmulationChoice: Hashable, Sendable {
    /// For a binfmt_misc of the run's own; none: the machine or the host's registration executes them.
    package let rules: [BinfmtRule]
    package let environment: [String: String]
    /// Bits of personality(2).
    package let personality: UInt
    /// nil where nothing is emulated.
    package var interpreter: Interpreter?
    /// Of the second architecture of such machines, where there is one and the run has a binfmt_misc of its own.
    package var second: Interpreter?

    package init(rules: [BinfmtRule], environment: [String: String], personality: UInt) {
        self.rules = rules
        self.environment = environment
        self.personality = personality
    }

    /// linux/personality.h
    private static let fixedAddresses: UInt = 0x004_0000
    private static let linux32: UInt = 0x0008

    /// Decides for programs of `architecture`, in a run with (`privately`) or without a user namespace.
    ///
    /// A private binfmt_misc if the kernel supports it: then the state of the host's does not matter. Otherwise the
    /// host's has to work, which executing a probe shows.
    package static func make(
        for architecture: Architecture, privately: Bool, cpu: String?, trustsSetuid: Bool,
        kernel: KernelRelease = .current, host: Architecture = .host,
        known: KnownVersions? = nil
    ) throws(ProvisioningError) -> EmulationChoice {
        if architecture.runsNatively(on: host) {
            return EmulationChoice(
                rules: [], environment: [:], personality: architecture == .i386 && host == .amd64 ? linux32 : 0)
        }
        do throws(EmulationError) {
            if !privately || !kernel.hasPrivateBinfmt {
                let status = try BinfmtStatus.current(of: architecture)
                guard status.worksInRoots else {
                    throw EmulationError.needsHostRegistration(architecture, status: status, kernel: kernel)
                }
            }
            let interpreter = try Interpreter.find(architecture, host: host, known: known)
            let chosen = EmulatedCPU.choose(architecture, version: interpreter.version, option: cpu)
            var choice = EmulationChoice(
                rules: privately && kernel.hasPrivateBinfmt
                    ? [interpreter.rule(on: kernel, credentials: trustsSetuid)] : [],
                environment: chosen.map { ["QEMU_CPU": $0] } ?? [:],
                personality: interpreter.version.wantsFixedAddresses ? fixedAddresses : 0)
            choice.interpreter = interpreter
            if !choice.rules.isEmpty, let second = architecture.second, !second.runsNatively(on: host) {
                choice.second = try? Interpreter.find(second, host: host, known: known)
            }
            return choice
        } catch {
            throw ProvisioningError(error)
        }
    }
}
