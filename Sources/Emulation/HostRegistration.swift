// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import CLinux
internal import Failures
internal import Filesystem
internal import Glibc
package import SystemPackage

/// A registration with the host's binfmt_misc that lasts: in the kernel now, and after a reboot through binfmt.d(5).
///
/// Only what mangrove itself made is ever replaced or removed: entries and files named `mangrove-ARCH`.
package struct HostRegistration: Sendable {
    package let architecture: Architecture
    package let registry: BinfmtRegistry
    /// Where systemd-binfmt, and OpenRC's binfmt, read it when the machine starts.
    package let configuration: FilePath

    package init(
        _ architecture: Architecture, registry: BinfmtRegistry = .host, configurations: FilePath = "/etc/binfmt.d"
    ) {
        self.architecture = architecture
        self.registry = registry
        self.configuration = configurations.appending("mangrove-\(architecture).conf")
    }

    /// Its entry's name.
    package var name: String { "mangrove-\(architecture)" }

    /// The lines that `install` writes to `configuration`.
    package func configurationText(for rule: BinfmtRule) throws(EmulationError) -> String {
        """
        # Made by "mangrove binfmt install \(architecture)", undone by "mangrove binfmt remove \(architecture)".
        \(try rule.registrationLine())

        """
    }

    /// Registers `interpreter`, replacing an earlier `install`. All or nothing: if a step fails, or if a program of the
    /// architecture still cannot be executed, everything is undone.
    ///
    /// `probe` is what tells whether they can.
    package func install(
        _ interpreter: Interpreter, credentials: Bool = false, kernel: KernelRelease = .current,
        probe: (Architecture) throws(EmulationError) -> Probe.Outcome = { architecture throws(EmulationError) in
            try Probe.run(architecture)
        }
    ) throws(EmulationError) {
        let rule = interpreter.rule(on: kernel, credentials: credentials, name: name)
        let text = try configurationText(for: rule)
        let mounted = try mountIfNeeded()
        do throws(EmulationError) {
            let former = try contents()
            try write(Array(text.utf8))
            do throws(EmulationError) {
                try exchangeEntry(for: rule, probe: probe)
            } catch {
                if let former { try write(former) } else { try deleteConfiguration() }
                throw error
            }
        } catch {
            if mounted { _ = unsafe umount(registry.path.string) }
            throw asRoot(error, "install")
        }
    }

    /// Undoes `install`; false where there is nothing of it. binfmt_misc stays mounted.
    @discardableResult
    package func remove() throws(EmulationError) -> Bool {
        do throws(EmulationError) {
            let wasRegistered = try registry.remove(name)
            let wasConfigured = try contents() != nil
            if wasConfigured { try deleteConfiguration() }
            return wasRegistered || wasConfigured
        } catch {
            throw asRoot(error, "remove")
        }
    }

    /// The registered entry, if `install` made one and nobody removed it since.
    package func entry() throws(EmulationError) -> BinfmtEntry? {
        try registry.entries().first { $0.rule.name == name }
    }

    private func exchangeEntry(
        for rule: BinfmtRule, probe: (Architecture) throws(EmulationError) -> Probe.Outcome
    ) throws(EmulationError) {
        let former = try entry()?.rule
        try registry.remove(name)
        do throws(EmulationError) {
            try registry.register(rule)
            if case .fails(let reason) = try probe(architecture) {
                throw EmulationError(
                    .misbehaved, "\(rule.interpreter) is registered for \(architecture) but does not work",
                    cause: reason, remedy: "reinstall it; the registration was undone",
                    status: .badConfiguration)
            }
        } catch {
            try registry.remove(name)
            if let former { try registry.register(former) }
            throw error
        }
    }

    /// True where it was this that mounted it; mounting loads the kernel's module too.
    private func mountIfNeeded() throws(EmulationError) -> Bool {
        switch registry.state() {
        case .enabled: return false
        case .disabled:
            throw EmulationError(
                .unavailable, "binfmt_misc is disabled", remedy: "echo 1 | sudo tee \(registry.path)/status",
                status: .badConfiguration)
        case .notMounted: break
        }
        if unsafe mount("binfmt_misc", registry.path.string, "binfmt_misc", 0, nil) == 0 { return true }
        let error = Errno.last
        if error == .notPermitted {
            throw asRoot(EmulationError(FilesystemError("mount", registry.path, error)), "install")
        }
        throw EmulationError(
            .unavailable, "cannot mount binfmt_misc at \(registry.path)", cause: error.description,
            remedy: "sudo modprobe binfmt_misc, or use a kernel that has it", status: .badConfiguration)
    }

    private func asRoot(_ error: EmulationError, _ verb: String) -> EmulationError {
        guard error.status == .notPermitted else { return error }
        return .needsRoot(
            "cannot \(verb) a registration for \(architecture)", command: "mangrove binfmt \(verb) \(architecture)")
    }

    private func contents() throws(EmulationError) -> [UInt8]? {
        do throws(FilesystemError) {
            return try configuration.readFile(limit: 64 << 10)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw EmulationError(error)
        }
    }

    private func write(_ bytes: [UInt8]) throws(EmulationError) {
        do throws(FilesystemError) {
            let directory = configuration.removingLastComponent()
            if let name = directory.lastComponent {
                let parent = try Directory.open(directory.removingLastComponent())
                if try parent.status(of: name) == nil { try parent.makeDirectory(name) }
            }
            try AtomicFile.write(bytes, to: configuration)
        } catch {
            throw EmulationError(error)
        }
    }

    private func deleteConfiguration() throws(EmulationError) {
        guard let name = configuration.lastComponent else { return }
        do throws(FilesystemError) {
            try Directory.open(configuration.removingLastComponent()).unlink(name)
        } catch {
            throw EmulationError(error)
        }
    }
}
