// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
package import Emulation
internal import Failures
internal import Filesystem
internal import Glibc
package import Provisioning
package import Sandbox
internal import SystemPackage

/// Builds in a root without changing it.
///
/// Changes to the root and the source go to a place in a `Workspace`; each step is a run of its own, which finds what
/// earlier steps made, except /tmp, /run and processes.
package struct Builder {
    private let store: RootStore
    private let root: RootRecord
    private let caller: Caller
    private let known: KnownVersions
    private let accelerator: Accelerator?
    private let workers: any NamespacePerforming
    private let cpu: String?
    private let cache: Cache
    private let version: String

    /// `caller` shares nothing with the steps but its network and proxies. `version`: mangrove's own, for the records.
    package init(
        in root: RootRecord, of store: RootStore, caller: Caller, known: KnownVersions, cache: Cache,
        accelerator: Accelerator?, workers: any NamespacePerforming, cpu: String?, version: String
    ) {
        (self.store, self.root, self.known, self.cache) = (store, root, known, cache)
        (self.accelerator, self.workers, self.cpu, self.version) = (accelerator, workers, cpu, version)
        self.caller = Caller(
            identity: caller.identity, currentDirectory: "/", environment: caller.environment, umask: 0o022)
    }

    /// Performs the steps and collects the artifacts. A failed step is no error: `status` reports it.
    package func build(
        _ request: BuildRequest, in workspace: borrowing Workspace, hosts: DistributedCompilation? = nil,
        signals: borrowing ForwardedSignals, errands: some AccelerationErrands, observer: some BuildObserving
    ) throws(ProvisioningError) -> BuildOutcome {
        // Keeps the root from being deleted.
        let lock = try store.lock(root.name, .shared)
        defer { withExtendedLifetime(lock.rawValue) {} }
        let place = try workspace.place(for: request.architecture.rawValue)
        let results = try Results(in: request.output, for: request.architecture.rawValue)
        var outcome = BuildOutcome(log: results.log, started: RootRecord.now)
        let log = try BuildLog(results.log)
        let source = try BuildSource(request, in: place)
        let caches = try BuildCaches(request, in: root, cache, place, caller.environment)
        var steps = request.recipe.steps
        if request.needsUser { steps.insert(Self.preparation(request, source), at: 0) }
        for (index, step) in steps.enumerated() {
            observer.begin(step: step.name, number: index + 1, of: steps.count)
            log.write(Array("==> \(step.name)\n".utf8))
            let begin = ContinuousClock.now
            let run = StepRun(step, isPreparation: request.needsUser && index == 0, request, source, cpu)
            let status = try perform(run.request(in: place, with: caches, hosts), signals, errands, observer, log)
            let time = BuildOutcome.StepTime(step.name, begin.duration(to: .now))
            outcome.steps.append(time)
            observer.end(step: step.name, status: status, seconds: time.seconds)
            guard status == 0 else {
                log.write(Array("==> \(step.name): exit status \(status)\n".utf8))
                (outcome.status, outcome.failedStep, outcome.finished) = (status, step.name, RootRecord.now)
                if request.opensShell, status < 128 {
                    try openShell(run.request(in: place, with: caches, hosts), signals, errands, observer)
                }
                return outcome
            }
        }
        outcome.artifacts = try collect(request, source, in: place, to: results)
        outcome.finished = RootRecord.now
        for path in outcome.artifacts.skipped { observer.note("\(path): not among the artifacts") }
        try results.publish(outcome.artifacts, records(of: request, outcome))
        try caches.keep()
        return outcome
    }

    /// Creates the build's user, who owns the source.
    private static func preparation(_ request: BuildRequest, _ source: BuildSource) -> Recipe.Step {
        let name = request.recipe.user.split(separator: ":").first.map(String.init) ?? ""
        let user = ShellWord.quoted(name)
        let directory = ShellWord.quoted(request.directory.string)
        var script = ""
        if !name.allSatisfy(\.isNumber) {
            script += """
                grep -q ^\(user): /etc/passwd || {
                    echo \(user):x:1000:1000::/nonexistent:/bin/sh >>/etc/passwd
                    grep -q ^\(user): /etc/group || echo \(user):x:1000: >>/etc/group
                }

                """
        }
        script += "mkdir -p /build; chown \(user): /build\n"
        if request.directory.starts(with: "/build") { script += "chown \(user): \(directory)/..\n" }
        if source.belongsToBuild { script += "chown -R \(user): \(directory)\n" }
        return Recipe.Step("prepare", script)
    }

    private func perform(
        _ request: RunRequest, _ signals: borrowing ForwardedSignals, _ errands: some AccelerationErrands,
        _ observer: some BuildObserving, _ log: borrowing BuildLog
    ) throws(ProvisioningError) -> Int32 {
        guard var run = try prepare(request, errands) else { return 125 }
        for note in run.write() { observer.note(note) }
        if let obstacle = run.obstacle, accelerator?.choice.isRequired == true { throw obstacle }
        let null = try below { () throws(FilesystemError) in try OwnedDescriptor.open("/dev/null", .readOnly) }
        var pipe = try below { () throws(FilesystemError) in try Pipe() }
        var descriptors = StandardDescriptors()
        (descriptors.input, descriptors.output, descriptors.error) = (null.rawValue, pipe.writerValue, pipe.writerValue)
        var profile: RunProfile?
        let file = log.rawValue
        let output = RunOutput(pipe.reader.rawValue) { bytes in
            BuildLog.write(bytes, to: file)
            observer.write(bytes)
        }
        let status = try run.perform(
            descriptors: descriptors, signals: signals, errands: errands, profile: &profile, reading: output,
            begun: { pipe.closeWriter() }, look: { observer.look() })
        withExtendedLifetime(null.rawValue) {}
        return status
    }

    /// Opens a shell instead of the failed step, on this process's own terminal.
    private func openShell(
        _ request: RunRequest, _ signals: borrowing ForwardedSignals, _ errands: some AccelerationErrands,
        _ observer: some BuildObserving
    ) throws(ProvisioningError) {
        guard isatty(0) == 1, isatty(1) == 1 else {
            return observer.note("not opening a shell: standard input and output are not a terminal")
        }
        var request = request
        request.command = ["/bin/sh", "-i"]
        request.usesTerminal = true
        observer.note("shell where the step failed; exiting it discards changes")
        guard var run = try prepare(request, errands) else { return }
        _ = run.write()
        var descriptors = StandardDescriptors()
        if isatty(2) == 1 { descriptors.error = -1 }
        var profile: RunProfile?
        _ = try run.perform(descriptors: descriptors, signals: signals, errands: errands, profile: &profile)
    }

    private func prepare(
        _ request: RunRequest, _ errands: some AccelerationErrands
    ) throws(ProvisioningError) -> AcceleratedRun? {
        let workers = workers
        return try AcceleratedRun.prepare(
            request, in: root.name.description, of: store, caller: caller, known: known, accelerator: accelerator,
            isPatient: true, errands: errands, workers: { workers })
    }

    private func collect(
        _ request: BuildRequest, _ source: BuildSource, in place: Workspace.Place, to results: borrowing Results
    ) throws(ProvisioningError) -> ArtifactCollection {
        let merged = place.merged
        let steps =
            LayeredDirectory(FilePath(root.path), changes: place.rootChanges, target: merged).steps
            + source.steps(below: merged)
            + request.hidden.map { .tmpfs(target: merged.appending($0.components), mode: 0o755) }
        let patterns = request.recipe.artifacts.map { $0.relative(to: request.directory) }
        let reply = try NamespacePerformer(identity: caller.identity, steps: steps).perform(
            .collect(
                .init(tree: merged.string, patterns: patterns, destination: results.place.string)))
        guard case .collected(let collection) = reply else { return ArtifactCollection() }
        for (artifact, count) in zip(request.recipe.artifacts, collection.counts)
        where artifact.isRequired && count == 0 {
            throw ProvisioningError(
                RecipeError(
                    "\(request.name): no artifact matches \(artifact.pattern.text)",
                    cause: "the steps succeeded, but created nothing there",
                    remedy: "read \(results.log), or inspect the files with --keep", status: .badData))
        }
        guard !collection.files.isEmpty || request.recipe.artifacts.isEmpty else {
            throw ProvisioningError(
                RecipeError(
                    "\(request.name): no artifacts",
                    cause: "the steps succeeded, but created no program or library",
                    remedy: "write a recipe that names them: mangrove build --init", status: .badData))
        }
        return collection
    }

    private func records(of request: BuildRequest, _ outcome: BuildOutcome) -> [Results.Record: [UInt8]] {
        let installed = try? InstalledPackages(of: Directory.open(FilePath(root.path)))
        let provenance = Provenance(request, outcome, root: root, installed: installed, version: version)
        var records: [Results.Record: [UInt8]] = [.provenance: RecordEncoding.bytes(provenance)]
        if let installed {
            let bill = BillOfMaterials(request, outcome, root: root, installed: installed, version: version)
            records[.bill] = RecordEncoding.bytes(bill)
        }
        records[.manifest] = RecordEncoding.bytes(BuildManifest(request, outcome, root: root))
        return records
    }
}
