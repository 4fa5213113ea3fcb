// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Failures
import Glibc
import SystemPackage
import Testing

@testable import Sandbox

@Suite struct SandboxErrorTests {
    private func told(_ step: mg_step, _ error: CInt, _ index: Int32 = -1) -> SandboxError {
        SandboxError(
            mg_report(step: Int32(step.rawValue), error: error, index: index), plan: SandboxPlanTests.plan())
    }

    /// As chroot(1) and env(1) have it.
    @Test func whatBecameOfACommandIsInTheStatus() {
        let missing = told(mg_step_exec, ENOENT)
        #expect(missing.problem == "make: command not found in the root")
        #expect(missing.status == .notFound)

        let forbidden = told(mg_step_exec, EACCES, 1)
        #expect(forbidden.problem == "cannot execute /y/make in the root")
        #expect(forbidden.cause == "Permission denied")
        #expect(forbidden.status == .notExecutable)

        let script = told(mg_step_exec, ENOENT, 0)
        #expect(script.problem == "cannot execute /x/make in the root")
        #expect(script.cause?.contains("#! line") == true)
        #expect(script.status == .notExecutable)

        let foreign = told(mg_step_exec, ENOEXEC, 0)
        #expect(foreign.cause?.contains("format") == true)
        #expect(foreign.remedy?.contains("mangrove doctor") == true)
        #expect(foreign.status == .notExecutable)

        let long = told(mg_step_exec, E2BIG, 0)
        #expect(long.cause == "Argument list too long")
        #expect(long.status == .notExecutable)
    }

    @Test func aFailedStepIsNamedWithWhatItWasDoing() {
        let mount = told(mg_step_attach, ENOENT, 9)
        #expect(mount.problem == "cannot mount bind /home/u at /home/u")
        #expect(mount.cause == "No such file or directory")
        #expect(mount.status == .sandboxFailed)
        #expect(told(mg_step_register, EINVAL, 0).problem == "cannot register the interpreter arm64")
        #expect(told(mg_step_workdir, ENOENT).problem == "cannot change to directory /home/u")
        #expect(told(mg_step_root, ENOENT).problem == "cannot enter the root /roots/xen")
        #expect(told(mg_step_hostname, EPERM).status == .notPermitted)
        #expect(told(mg_step_prepare, EIO, 99).problem == "cannot mount")
    }

    @Test func whatTheMachineLacksHasARemedy() {
        let denied = SandboxError(.namespacesDenied, "", .notPermitted)
        #expect(denied.status == .notPermitted)
        #expect(denied.remedy?.contains("mangrove doctor") == true)
        let missing = SandboxError(.mapperMissing(program: "newuidmap"), "")
        #expect(missing.problem.contains("newuidmap"))
        #expect(missing.status == .badConfiguration)
        #expect(missing.remedy?.contains("uidmap") == true)
        let refused = SandboxError(.mapperFailed(program: "newgidmap", message: "range not allowed"), "")
        #expect(refused.cause == "range not allowed")
        #expect(refused.remedy?.contains("/etc/subgid") == true)
    }
}
