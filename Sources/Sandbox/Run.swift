// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
internal import Emulation
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A running command in its sandbox. Dropping the value kills everything in the run.
package struct Run: ~Copyable {
    private var run: mg_run
    /// The master of the run's pseudo-terminal; -1 where it has none. It closes with the run.
    package let terminal: CInt
    /// PID 1 of the run, as the host numbers it.
    package var process: Int32 { run.pid }

    /// Performs `plan` up to the command's execve(2). `prepare` is given the process that is going to do it, before it
    /// does anything.
    package static func start(
        _ plan: SandboxPlan, descriptors: StandardDescriptors = StandardDescriptors(),
        prepare: (Int32) throws(SandboxError) -> Void = { _ throws(SandboxError) in }
    ) throws(SandboxError) -> Run {
        let wanted = plan.withOtherIds()
        do throws(SandboxError) {
            return try begin(wanted, descriptors, prepare)
        } catch let error where wanted.isShifted && error.isOfFileSystemsIds {
            // Tested by trying: a check beforehand takes milliseconds.
            return try begin(plan.sharingIds(SandboxPlan.cannotShift(FilePath(error.subject))), descriptors, prepare)
        }
    }

    private static func begin(
        _ plan: SandboxPlan, _ descriptors: StandardDescriptors, _ prepare: (Int32) throws(SandboxError) -> Void
    ) throws(SandboxError) -> Run {
        var run = mg_run()
        let strings = CStrings()
        let rules: [String]
        do throws(EmulationError) {
            rules = try plan.rules.map { rule throws(EmulationError) in try rule.registrationLine(isListed: true) }
        } catch {
            throw SandboxError(.setup(step: "register the interpreter"), error.problem)
        }
        var report = mg_report()
        var cPlan = unsafe mg_plan(plan, rules: rules, descriptors: descriptors, strings: strings)
        unsafe mg_sandbox_start(&cPlan, &run, &report)
        guard report.step == 0 else { throw SandboxError(report, plan: plan) }
        do throws(SandboxError) {
            try prepare(run.pid)
            try plan.identity.write(mapsOf: run.pid)
            unsafe mg_sandbox_continue(&cPlan, &run, &report)
            if report.step == 0 { unsafe mg_sandbox_await(&cPlan, &run, &report) }
            guard report.step == 0 else { throw SandboxError(report, plan: plan) }
            withExtendedLifetime(strings) {}
            return try Run(run, plan: plan)
        } catch {
            unsafe mg_sandbox_abandon(&cPlan, &run)
            throw error
        }
    }

    private init(_ run: mg_run, plan: SandboxPlan) throws(SandboxError) {
        let terminal = plan.usesTerminal ? unsafe withUnsafePointer(to: run) { unsafe mg_sandbox_terminal($0) } : -1
        guard !plan.usesTerminal || terminal >= 0 else {
            throw SandboxError(.setup(step: "open a pseudo-terminal"), "", .last)
        }
        self.run = run
        self.terminal = terminal
    }

    deinit {
        var run = run
        if run.pid > 0 { _ = unsafe mg_sandbox_end(&run) }
        if terminal >= 0 { close(terminal) }
    }

    /// A descriptor that becomes readable when the run has ended.
    package var ended: CInt { run.pidfd }

    /// Passes a signal to the command; to its process group if it is one that terminals send.
    package func send(_ signal: Int32) {
        _ = unsafe withUnsafePointer(to: run) { unsafe mg_sandbox_signal($0, signal) }
    }

    /// Waits for the end: the command's exit status, or 128 and the number of the signal that ended it.
    package mutating func wait() -> Int32 {
        let status = unsafe mg_sandbox_wait(&run)
        run.pid = 0
        return status
    }
}
