// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import ArgumentParser
internal import Building
internal import Catalogue
internal import Failures
internal import Filesystem
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// `tools build` for one root.
struct ToolsBuildWork {
    let root: RootRecord
    let store: RootStore
    let locations: Locations
    let sources: SourceOptions
    let isDryRun: Bool

    /// nil where the root has no compiler, or where it was seen to: `seen` has what was.
    func perform(skipping seen: inout Set<String>) throws -> ToolsBuildReport.Entry? {
        let tools = ToolsTrees(Cache(locations.cache))
        guard let subject = ToolsTrees.Subject(root), try subject.isKnown,
            let accelerator = Accelerator(AccelerationChoice(.full), for: subject, tools: tools)
        else { return nil }
        let errands = RunErrands()
        if !tools.has(subject), !isDryRun {
            guard
                try errands.make(
                    subject, outdated: [], root.allowances ?? SourceAllowances(), required: true)
            else { throw ExitCode(ExitStatus.unavailable.rawValue) }
        }
        guard let before = try state(accelerator) else { return nil }
        let compiler = before.compiler
        guard seen.insert("\(subject.title) \(compiler.packageVersion)").inserted else { return nil }
        func entry(_ state: ToolsBuildReport.State, _ agreement: CompilerAgreement) -> ToolsBuildReport.Entry {
            ToolsBuildReport.Entry(
                root: root.name.description, gcc: compiler.version, packageVersion: compiler.packageVersion,
                state: state, differences: agreement.differences)
        }
        if before.agreement.isSame { return entry(.same, before.agreement) }
        if before.isBuilt { return entry(.different, before.agreement) }
        if isDryRun { return entry(.missing, before.agreement) }
        let lock = try tools.lockBuild(subject)
        defer { withExtendedLifetime(lock.rawValue) {} }
        // Another process may have built it meanwhile.
        let now = try state(accelerator) ?? before
        if !now.isAvailable { try build(compiler, subject, tools) }
        if !now.isBuilt { try renew(subject) }
        guard let after = try state(accelerator) else { return nil }
        return entry(after.agreement.isSame ? .built : .different, after.agreement)
    }

    private var sourceWords: [String] {
        sources.words + AllowanceOptions.arguments(for: root.allowances ?? SourceAllowances())
    }

    private func state(_ accelerator: Accelerator) throws -> CompilerState? {
        try accelerator.compilerState(of: root, in: store, caller: Surroundings.caller()) { FailureRendering.note($0) }
    }

    /// Has `build` build it, as a process of its own: what it shows and how it is interrupted is the same.
    private func build(_ compiler: InstalledCompiler, _ subject: ToolsTrees.Subject, _ tools: ToolsTrees) throws {
        let workers = try Surroundings.workers()
        let workspace = try Workspace.make(in: locations.builds, using: workers)
        Interruption.cleansUp()
        do {
            guard
                let build = CompilerBuild(
                    compiler, subject.architecture, base: subject.base, sources: try otherSources(subject))
            else {
                throw RecipeError(
                    "cannot build \(compiler.package) \(compiler.packageVersion)",
                    cause: "expected the version of a Debian package", status: .badData)
            }
            let (source, output) = (
                workspace.path.appending("gcc-\(compiler.version)-\(subject.architecture)"),
                workspace.path.appending("out")
            )
            try build.write(to: source)
            FailureRendering.note("building gcc \(compiler.packageVersion) for \(subject.architecture), once")
            let log = output.appending("\(Architecture.host).log")
            try keeping(log, as: "gcc-\(compiler.version)-\(subject.architecture).log") {
                try OwnProcess.require(
                    ["build", "--is-silent", "--arch", Architecture.host.rawValue, "--output", output.string]
                        + sourceWords + ["--", source.string])
            }
            guard let compilers = try CompiledCompilers(tools, subject) else { return }
            try compilers.add(
                output.appending(Architecture.host.rawValue), version: compiler.version,
                packageVersion: compiler.packageVersion)
        } catch {
            try? workspace.remove(using: workers)
            throw error
        }
        try workspace.remove(using: workers)
    }

    /// Keeps the log of a failed build, whose workspace is deleted. A failure is 65 then, an interruption stays what it is.
    private func keeping(_ log: FilePath, as name: String, _ build: () throws -> Void) throws {
        do {
            try build()
        } catch {
            let kept = Cache(locations.cache).logs.appending(name)
            try? Cache(locations.cache).logs.makeDirectories(mode: 0o700)
            if let bytes = try? log.readFile(limit: 1 << 28), (try? AtomicFile.write(bytes, to: kept)) != nil {
                FailureRendering.note("the complete log is \(kept)")
            }
            let isInterrupted = (error as? ExitCode).map { $0.rawValue > 128 } ?? false
            throw isInterrupted ? error : ExitCode(ExitStatus.badData.rawValue)
        }
    }

    /// Lines for apt, where the archive has packages for the root's architecture in another place than those for the host's.
    private func otherSources(_ subject: ToolsTrees.Subject) throws -> String? {
        let catalogue = try sources.catalogue.load()
        let own = try catalogue.select(subject.base, architecture: subject.architecture).archive()
        let hosts = try catalogue.select(subject.base, architecture: .host).archive()
        guard own.repositories.map(\.mirrors) != hosts.repositories.map(\.mirrors) else { return nil }
        return own.repositories.compactMap { repository in
            repository.mirrors.first.map {
                "deb \($0) \(repository.suite) \(repository.enabledComponents.joined(separator: " "))"
            }
        }.joined(separator: "\n")
    }

    private func renew(_ subject: ToolsTrees.Subject) throws {
        try OwnProcess.require([MakeTools._commandName, "--renew"] + sourceWords + subject.words)
    }
}
