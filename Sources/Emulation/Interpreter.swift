// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Failures
package import Filesystem
internal import Processes
package import SystemPackage

/// A program that executes programs of another architecture: qemu's user-mode emulator, statically linked.
package struct Interpreter: Hashable, Sendable {
    package let architecture: Architecture
    package let path: FilePath
    package let version: QemuVersion

    package init(architecture: Architecture, path: FilePath, version: QemuVersion) {
        self.architecture = architecture
        self.path = path
        self.version = version
    }

    /// Whether the rule may have flag `P`: programs then see the `argv[0]` that they were called with.
    ///
    /// Two ways lead there. qemu ≥ 6.0 asks the kernel (≥ 5.12) whether it was called so; Debian's qemu takes it for
    /// granted when its own name ends in "binfmt-P", and then breaks without the flag.
    package func preservesArgument0(on kernel: KernelRelease) -> Bool {
        version.readsPreservedArgument0 && kernel.tellsPreservedArgument0 || requiresPreservedArgument0
    }

    private var requiresPreservedArgument0: Bool { path.string.hasSuffix("binfmt-P") }

    /// The rule to register it with. `credentials`: setuid programs, and qemu with them, gain privileges (flag `C`).
    package func rule(
        on kernel: KernelRelease, credentials: Bool = false, name: String? = nil
    ) -> BinfmtRule {
        var flags: BinfmtRule.Flags = [.fixBinary]
        if preservesArgument0(on: kernel) { flags.insert(.preserveArgument0) }
        if credentials { flags.formUnion([.credentials, .openBinary]) }
        return BinfmtRule(for: architecture, interpreter: path, flags: flags, name: name)
    }
}

extension Interpreter {
    /// Finds the interpreter of `architecture` on this host.
    ///
    /// Executes it once, for its version, unless that is among `known`. `directories` are searched before those of
    /// distributions, as `PATH` is; `choice` is the user's own, and then the only candidate. Throws if there is none
    /// (status 78, with the command that installs it) or if none is static, with a reason for each.
    package static func find(
        _ architecture: Architecture, host: Architecture = .host, choice: FilePath? = nil,
        directories: [FilePath] = searchPath(), distribution: OSRelease = .host,
        known: KnownVersions? = nil
    ) throws(EmulationError) -> Interpreter {
        var refusals: [String] = []
        for path in choice.map({ [$0] }) ?? candidates(for: architecture, directories: directories) {
            switch usability(of: path, host: host) {
            case .absent: continue
            case .refused(let reason): refusals.append("\(path): \(reason)")
            case .usable:
                return Interpreter(architecture: architecture, path: path, version: try version(of: path, known))
            }
        }
        let remedy = distribution.installCommand(for: architecture)
        if let choice, refusals.isEmpty { refusals = ["\(choice): no such file"] }
        guard refusals.isEmpty else {
            throw EmulationError(
                .unusableInterpreter, "no usable interpreter for \(architecture)",
                cause: refusals.joined(separator: "; "), remedy: remedy, status: .badConfiguration)
        }
        throw EmulationError(
            .noInterpreter, "no interpreter for \(architecture)",
            cause: "qemu-\(architecture.qemuName) is not installed", remedy: remedy, status: .badConfiguration)
    }

    /// The directories of the environment variable PATH that are absolute.
    package static func searchPath(_ value: String? = Environment["PATH"]) -> [FilePath] {
        (value ?? "").split(separator: ":").map { FilePath(String($0)) }.filter(\.isAbsolute)
    }

    /// Where to look, in order, under every name that distributions give it; none twice.
    package static func candidates(for architecture: Architecture, directories: [FilePath]) -> [FilePath] {
        let name = "qemu-" + architecture.qemuName
        var found: [FilePath] = []
        // Binaries for all first: a rule made with them outlives the user's session.
        let places: [FilePath] = ["/usr/bin", "/usr/local/bin"]
        for suffix in ["-static", ""] {
            for directory in places + directories {
                let path = directory.appending(name + suffix)
                if !found.contains(path) { found.append(path) }
            }
        }
        let binfmt = architecture.qemuName + "-binfmt-P"
        return found + [FilePath("/usr/libexec/qemu-binfmt").appending(binfmt), FilePath("/usr/bin/qemu-" + binfmt)]
    }

    enum Usability {
        case absent
        case refused(String)
        case usable
    }

    /// Reads only its headers: a dynamically linked one would look for its loader inside the root.
    static func usability(of path: FilePath, host: Architecture) -> Usability {
        let header: [UInt8]
        do throws(FilesystemError) {
            header = try OwnedDescriptor.open(path, .readOnly).read(upTo: 4096, of: path)
        } catch {
            if error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory { return .absent }
            return .refused(error.errno.description)
        }
        guard let image = ELFHeaders(parsing: header) else { return .refused("not an ELF program") }
        // i386's and amd64's programs both run on an amd64 host.
        guard Architecture.allCases.contains(where: { $0.elf == image.identity && $0.runsNatively(on: host) }) else {
            return .refused("expected a program for \(host)")
        }
        if let loader = image.loader {
            return .refused("dynamically linked (needs \(loader), which is not in the root)")
        }
        return .usable
    }

    private static func version(
        of path: FilePath, _ known: KnownVersions?
    ) throws(EmulationError) -> QemuVersion {
        // Before it is executed: what is there afterwards may be another.
        let status = try? OwnedDescriptor.open(path, .readOnly).status(of: path)
        if let status, let version = known?.version(of: status) { return version }
        let version = try version(of: path)
        if let status { known?.remember(version, of: status) }
        return version
    }

    private static func version(of path: FilePath) throws(EmulationError) -> QemuVersion {
        let child: ChildProcess
        do throws(FilesystemError) {
            child = try ChildProcess.run(path, ["--version"], timeout: .seconds(5))
        } catch {
            throw EmulationError(error)
        }
        guard child.succeeded, let version = QemuVersion(parsing: child.outputText) else {
            throw EmulationError(
                .misbehaved, "cannot read the version of \(path)", cause: "with --version it \(child.end.summary)",
                remedy: "reinstall it", status: .badConfiguration)
        }
        return version
    }
}

extension ChildProcess.End {
    /// As the end of a sentence about the program.
    var summary: String {
        switch self {
        case .exited(let status): "exits with status \(status)"
        case .killed(let signal): "is killed by signal \(signal)"
        case .timedOut: "does not exit"
        }
    }
}
