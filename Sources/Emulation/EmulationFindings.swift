// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Failures
internal import Filesystem
package import SystemPackage

extension Finding {
    /// What there is to say of running programs of `architecture` on this machine.
    package static func emulation(
        of architecture: Architecture, kernel: KernelRelease = .current, registry: BinfmtRegistry = .host,
        choice: FilePath? = nil, cpu: String? = Environment["QEMU_CPU"]
    ) -> [Finding] {
        guard architecture != .host else {
            return [Finding("\(architecture)", .ok, "the host's architecture: nothing is emulated")]
        }
        let interpreter: Interpreter
        do throws(EmulationError) {
            if architecture.runsNatively(on: .host), try Probe.run(architecture) == .works {
                return [Finding("\(architecture)", .ok, "the host executes it: nothing is emulated")]
            }
            interpreter = try Interpreter.find(architecture, choice: choice)
        } catch {
            return [Finding("\(architecture) interpreter", error)]
        }
        return [
            self.interpreter(
                interpreter, cpu: EmulatedCPU.choose(architecture, version: interpreter.version, environment: cpu)),
            registration(of: architecture, kernel: kernel, registry: registry),
        ]
    }

    /// A failure that was met while looking at `subject`.
    private init(_ subject: String, _ error: EmulationError) {
        self.init(
            subject, .problem, [error.problem, error.cause].compactMap { $0 }.joined(separator: ": "),
            remedy: error.remedy)
    }

    private static func interpreter(_ interpreter: Interpreter, cpu: String?) -> Finding {
        let subject = "\(interpreter.architecture) interpreter"
        let what = "\(interpreter.path), qemu \(interpreter.version), \(cpu.map { "CPU \($0)" } ?? "its default CPU")"
        do throws(EmulationError) {
            switch try Probe.run(interpreter, cpu: cpu) {
            case .works where interpreter.architecture == .arm64 && cpu == nil:
                return Finding(
                    subject, .warning, what + ": pointer authentication is emulated, which is slow",
                    remedy: "install qemu 6.0 or newer")
            case .works: return Finding(subject, .ok, what)
            case .fails(let reason):
                return Finding(
                    subject, .problem, "\(what): \(reason)",
                    remedy: cpu == nil ? "reinstall it" : "choose another CPU with --cpu, or reinstall it")
            }
        } catch {
            return Finding(subject, error)
        }
    }

    private static func registration(
        of architecture: Architecture, kernel: KernelRelease, registry: BinfmtRegistry
    ) -> Finding {
        let subject = "\(architecture) registration"
        if kernel.hasPrivateBinfmt {
            return Finding(subject, .ok, "each run has its own (Linux \(kernel))")
        }
        let install = "sudo mangrove binfmt install \(architecture)"
        let old = "Linux \(kernel) has no private binfmt_misc (6.7 and newer have)"
        let status: BinfmtStatus
        do throws(EmulationError) {
            status = try BinfmtStatus.current(of: architecture, in: registry)
        } catch {
            return Finding(subject, error)
        }
        let faults = status.entries.compactMap { entry in
            entry.interpreterFault.map { "rule \(entry.rule.name): \($0)" }
        }
        switch (status.state, status.outcome) {
        case (.notMounted, _):
            return Finding(subject, .problem, "\(old), and the host's is not mounted", remedy: install)
        case (.disabled, _):
            return Finding(
                subject, .problem, "\(old), and the host's is disabled",
                remedy: "echo 1 | sudo tee \(registry.path)/status")
        case (.enabled, .fails(let reason)):
            return Finding(subject, .problem, ([old, reason] + faults).joined(separator: "; "), remedy: install)
        case (.enabled, .works) where !status.worksInRoots:
            return Finding(
                subject, .problem, "the host's rule works outside roots only: it has no F flag", remedy: install)
        case (.enabled, .works) where !faults.isEmpty:
            return Finding(
                subject, .warning, "works until the next reboot: \(faults.joined(separator: "; "))", remedy: install)
        case (.enabled, .works): return Finding(subject, .ok, "\(old); the host's rule works")
        }
    }
}
