// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Architectures
package import Emulation
internal import Filesystem
internal import FoundationEssentials
internal import Glibc
package import Sandbox
package import SystemPackage

/// The acceleration of one tree, decided and written down: what a run of it adds to its plan.
package struct TreeAcceleration: Sendable {
    /// What is known of it, beside the image.
    package struct Record: Codable, Equatable, Sendable {
        /// What it was made from; with anything else it has to be made anew.
        let key: Key
        package let mounts: [AccelerationPlan.Mount]
        /// Paths of programs that run natively.
        package let programs: [String]
        package let fallbacks: [AccelerationPlan.Fallback]
        /// Files of the tree as they were looked at.
        let watched: [AccelerationPlan.Watched]
        /// The state of the image that was made; nil where nothing can be accelerated.
        let image: String?
        /// Where it is kept what is known of the tree's compilers.
        let compilers: CompilerAgreements.Place?

        /// Which compilations the root's own compiler does, emulated, for the tools tree's generates different code: "with …", or
        /// why all; nil where there are none.
        package var emulatedCompilations: String? {
            guard let agreement = key.agreement, !agreement.isComplete,
                agreement.disagreement != CompilerAgreement.ownFails
            else { return nil }
            return agreement.disagreement.map { "(\($0))" }
                ?? "with \(agreement.exceptions.keys.sorted().map { "\($0)…" }.joined(separator: ", "))"
        }

        /// Whether compilers are asked about themselves under emulation, for the tools tree's answer otherwise.
        package var asksDrivers: Bool { key.agreement?.answersAlike == false }

        /// nil where there is none at `file`, or none that can be read.
        init?(reading file: FilePath) {
            guard let bytes = try? file.readFile(),
                let report = try? JSONDecoder().decode(Record.self, from: Data(bytes))
            else { return nil }
            self = report
        }

        /// That of the last accelerated run whose files are kept in `directory`; nil where there was none.
        package static func last(in directory: FilePath) -> Record? {
            let files = AccelerationMode.allCases.map { directory.appending("acceleration-\($0.rawValue).json") }
            for file in files {
                if let bytes = try? file.readFile() { return try? JSONDecoder().decode(Record.self, from: Data(bytes)) }
            }
            return nil
        }
    }

    struct Key: Codable, Equatable, Sendable {
        let edition: String
        fileprivate(set) var packages: String
        let tools: String
        let made: String
        let interpreter: String
        let cpu: String?
        let changes: EligibilityChanges
        let agreement: CompilerAgreement?
    }

    package let image: FilePath
    package let report: Record

    /// What it is made for.
    package struct Subject: Sendable {
        package let tree: FilePath
        /// Where what is made is kept, and found by the next run.
        package let directory: FilePath
        /// The tools tree's record.
        package let tools: RootRecord
        package let interpreter: Interpreter
        package let mode: AccelerationMode
        package var changes = EligibilityChanges()
        /// The value of QEMU_CPU.
        package var cpu: String?
        package var isThrowaway = false
        /// What other packages there are by now does not matter.
        var isAmidPackages = false
        /// nil: compilers are emulated.
        package var agreement: CompilerAgreement?
        /// Where that is kept.
        var compilers: CompilerAgreements.Place?
        /// It is to find that out.
        var isComparison = false

        package init(
            tree: FilePath, directory: FilePath, tools: RootRecord, interpreter: Interpreter,
            mode: AccelerationMode
        ) {
            (self.tree, self.directory, self.tools) = (tree, directory, tools)
            (self.interpreter, self.mode) = (interpreter, mode)
        }

        var title: String {
            isComparison ? "comparison" : isThrowaway ? "\(mode.rawValue)-throwaway" : mode.rawValue
        }

        /// What the kernel starts for the tree's programs.
        var image: FilePath { directory.appending("dispatch-\(title)") }
        /// Held while that is written.
        var lock: FilePath { directory.appending("dispatch-\(title).lock") }
        /// What is known is kept there.
        var file: FilePath { directory.appending("acceleration-\(title).json") }
    }

    /// What is to be written; nil where it is there.
    private let draft: AccelerationDraft?

    /// That which is there, or a new one where anything it depends on has changed. Writes nothing.
    package init(planning subject: Subject) throws(ProvisioningError) {
        try self.init(planning: subject, last: Record(reading: subject.file))
    }

    init(planning subject: Subject, last: Record?) throws(ProvisioningError) {
        let key = try below { () throws(AccelerationError) in try Key(subject) }
        image = subject.image
        if let last, last.isValid(for: subject, key) {
            (report, draft) = (last, nil)
            return
        }
        let draft = try below { () throws(AccelerationError) in try AccelerationDraft(subject) }
        report = Record(key, draft, image: draft.isEmpty ? nil : "to be made", compilers: subject.compilers)
        self.draft = draft
    }

    private init(image: FilePath, report: Record) {
        (self.image, self.report, draft) = (image, report, nil)
    }

    /// Writes what is not there yet: programs, the image, and what is known of it.
    package func written() throws(ProvisioningError) -> TreeAcceleration {
        guard let draft else { return self }
        let subject = draft.subject
        let lock = try below { () throws(FilesystemError) in
            try FileLock.acquire(subject.lock, .exclusive, wait: true)
        }
        defer { withExtendedLifetime(lock.rawValue) {} }
        // Another run has written the same meanwhile, and may be about to mount it: a file that is replaced then cannot
        // be mounted any more (move_mount(2), ENOENT).
        if let last = Record(reading: subject.file), last.isValid(for: subject, report.key) {
            return TreeAcceleration(image: image, report: last)
        }
        return try below { () throws(AccelerationError) in
            let final = try draft.writeDrivers()
            try final.image()?.replace(image)
            do throws(FilesystemError) {
                let state = final.isEmpty ? nil : try Self.state(of: image)
                let report = Record(report.key, final, image: state, compilers: report.compilers)
                let data = (try? JSONEncoder().encode(report)) ?? Data()
                try AtomicFile.write(Array(data), to: subject.file)
                return TreeAcceleration(image: image, report: report)
            } catch {
                throw AccelerationError(error)
            }
        }
    }

    /// Another one where somebody has written to the image.
    fileprivate static func state(of image: FilePath) throws(FilesystemError) -> String {
        "\(FileState(try OwnedDescriptor.open(image, .readOnly).status(of: image)))"
    }

    /// Deletes what was made to compare compilers.
    static func forgetComparison(in directory: FilePath) {
        guard let directory = try? Directory.open(directory), let names = try? directory.names() else { return }
        for name in names {
            let text = name.string
            guard
                ["dispatch-comparison", "dispatch-comparison.lock", "acceleration-comparison.json", "comparison.log"]
                    .contains(text)
                    || text.hasPrefix("\(AccelerationDraft.driverPrefix)comparison-")
            else { continue }
            try? directory.unlink(name)
        }
    }

    /// Why nothing is native; nil where something is.
    func obstacle(_ subject: ToolsTrees.Subject) -> AccelerationError? {
        guard report.image == nil else { return nil }
        let reason = report.fallbacks.first { $0.versions != nil } ?? report.fallbacks.first
        return AccelerationError(
            "\(subject.title) cannot be accelerated",
            cause: reason.map { "\($0.package): \($0.reason)" } ?? "nothing in it is eligible",
            remedy: report.outdated.isEmpty ? "update the root with its package manager" : nil)
    }

    /// Adds to `plan`, in which programs of the root are emulated, what makes some of them native.
    package func apply(to plan: inout SandboxPlan, interpreter: Interpreter, trustsSetuid: Bool) {
        let rule = DispatchImage.rule(for: interpreter, at: image, credentials: trustsSetuid)
        plan.rules = plan.rules.map { $0.name == rule.name ? rule : $0 }
        plan.steps += report.mounts.map { mount in
            .bind(source: mount.source, target: mount.target, readOnly: true, optional: false)
        }
        // In a directory that the mounts have made.
        plan.steps.append(.symbolicLink(target: DispatchTable.emulatedDirectory, to: "/"))
    }
}

extension TreeAcceleration.Record {
    /// Whether what it reports is there, and would be decided again for `subject`, whose key is `key`.
    fileprivate func isValid(for subject: TreeAcceleration.Subject, _ key: TreeAcceleration.Key) -> Bool {
        var wanted = key
        if subject.isAmidPackages { wanted.packages = self.key.packages }
        return self.key == wanted && compilers == subject.compilers
            && (image == nil || image == (try? TreeAcceleration.state(of: subject.image)))
            && mounts.allSatisfy { unsafe access($0.source.string, F_OK) == 0 }
            && AccelerationPlan.areUnchanged(watched, in: subject.tree)
    }

    fileprivate init(
        _ key: TreeAcceleration.Key, _ draft: AccelerationDraft, image: String?, compilers: CompilerAgreements.Place?
    ) {
        (self.key, mounts, programs) = (key, draft.mounts, draft.plan.programs)
        (fallbacks, watched) = (draft.plan.fallbacks, draft.plan.watched)
        (self.image, self.compilers) = (image, compilers)
    }
}

extension TreeAcceleration.Key {
    init(_ subject: TreeAcceleration.Subject) throws(AccelerationError) {
        do throws(FilesystemError) {
            let tree = try Directory.open(subject.tree)
            packages = try InstalledPackages.state(of: tree).map { "\($0)" } ?? ""
            let path = subject.interpreter.path
            interpreter = "\(path) \(FileState(try OwnedDescriptor.open(path, .readOnly).status(of: path)))"
        } catch {
            throw AccelerationError(error)
        }
        edition = Eligibility.edition
        tools = subject.tools.path
        made = subject.tools.created
        cpu = subject.cpu
        changes = subject.changes
        agreement = subject.agreement
    }
}
