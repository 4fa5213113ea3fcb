// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
package import Architectures
package import Catalogue
internal import Emulation
internal import Filesystem
internal import FoundationEssentials
internal import Glibc
internal import SystemPackage

/// The tools trees on disk: trees of the host's architecture that hold what stands in for the programs of roots, one
/// for each release and architecture of roots, shared by all of them.
///
/// Each is a root in a store of its own, which no command lists as one. One that takes the place of another has a name
/// of its own (`ToolsGenerations`), so that runs that are going on keep the one they began with.
package struct ToolsTrees: Sendable {
    package let store: RootStore

    package init(_ cache: Cache) {
        store = RootStore(cache.directory.appending("tools"))
    }

    /// For whose roots a tools tree is.
    package struct Subject: Hashable, Sendable {
        package let distro: String
        package let release: String
        package let architecture: Architecture
        /// The moment of the archive that they are pinned to: their packages have the versions of that moment.
        package let moment: SnapshotMoment?

        package init(distro: String, release: String, architecture: Architecture, moment: SnapshotMoment? = nil) {
            (self.distro, self.release, self.architecture) = (distro, release, architecture)
            self.moment = moment
        }

        /// nil where programs of the root need no help: they are the host's own, or of an architecture unknown.
        package init?(_ root: RootRecord, host: Architecture = .host) {
            guard let architecture = Architecture(root.architecture), !architecture.runsNatively(on: host) else {
                return nil
            }
            self.init(root, architecture)
        }

        /// For a root's own programs, whichever they are.
        init(emulating root: RootRecord) {
            self.init(root, Architecture(root.architecture) ?? .host)
        }

        private init(_ root: RootRecord, _ architecture: Architecture) {
            self.init(
                distro: root.distro, release: root.release, architecture: architecture,
                moment: root.snapshot.flatMap { SnapshotMoment($0) })
        }

        /// For roots of the same release that are not pinned.
        var unpinned: Subject { Subject(distro: distro, release: release, architecture: architecture) }

        /// What `mangrove create` makes such roots from: `debian:13@20260901T000000Z`.
        package var base: String { "\(distro):\(release)" + (moment.map { "@\($0)" } ?? "") }

        package var name: RootName {
            get throws(ProvisioningError) {
                let text = ("\(distro)-\(release)-\(architecture)" + (moment.map { "-\($0)" } ?? "")).lowercased()
                return try RootName(String(text.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }))
            }
        }

        /// Whether acceleration is known to work in such roots.
        package var isKnown: Bool {
            get throws(ProvisioningError) {
                let eligibility = try below { () throws(AccelerationError) in try Eligibility.builtIn() }
                return (eligibility.dpkg.distros + eligibility.apk.distros).contains(distro)
            }
        }

        package var title: String { "\(distro) \(release) \(architecture)" + (moment.map { " of \($0)" } ?? "") }
    }

    /// One of them, whole, and kept from being deleted.
    package struct ToolsTree: ~Copyable, Sendable {
        package let record: RootRecord
        /// What goes with it.
        let directory: FilePath
        let lock: FileLock

        consuming func takeLock() -> FileLock { lock }

        /// Notes that it is used now, for whoever prunes those that were not.
        func noteUse() {
            _ = unsafe utimensat(AT_FDCWD, directory.appending(ToolsTrees.manifest).string, nil, 0)
        }
    }

    static let manifest: FilePath.Component = "manifest"
    private static let programs: FilePath.Component = "programs.json"

    /// What is known of the programs of the tools tree `record`.
    static func programs(of record: RootRecord) -> ToolsRecord? {
        let file = FilePath(record.path).removingLastComponent().appending(programs)
        return (try? file.readFile()).flatMap { ToolsRecord(parsing: $0) }
    }

    static func write(_ record: ToolsRecord, to directory: FilePath) throws(FilesystemError) {
        try AtomicFile.write(record.bytes, to: directory.appending(programs))
    }

    /// The newest; nil where there is none, or where somebody has changed it.
    package func find(_ subject: Subject) throws(ProvisioningError) -> ToolsTree? {
        while let name = try newest(of: subject) {
            if let found = find(name) { return found }
            // Unless it gave way to a newer one meanwhile.
            if try newest(of: subject) == name { return nil }
        }
        return nil
    }

    /// The one called `name`.
    func find(_ name: RootName) -> ToolsTree? {
        let directory = store.path(of: name)
        guard let lock = try? store.lock(name, .shared), let record = try? store.read(name),
            let manifest = TreeManifest(reading: directory.appending(Self.manifest)),
            manifest.holds(for: FilePath(record.path))
        else { return nil }
        return ToolsTree(record: record, directory: directory, lock: lock)
    }

    /// Whether one for roots like `subject` is wanted and has to be made.
    package func areWanted(
        for subject: Subject, _ choice: AccelerationChoice
    ) throws(ProvisioningError) -> Bool {
        guard choice.mode != nil, !subject.architecture.runsNatively(on: .host) else { return false }
        guard try subject.isKnown else {
            guard choice.isRequired else { return false }
            throw ProvisioningError(
                AccelerationError(
                    "\(subject.title) cannot be accelerated", cause: "no eligible programs are known"))
        }
        if !choice.isRequired, recentFailure(subject) != nil { return false }
        return !has(subject)
    }

    /// Whether there is one at all, whole or not.
    package func mayHave(_ subject: Subject) -> Bool {
        (try? newest(of: subject)) != nil
    }

    private func failureFile(_ subject: Subject) throws(ProvisioningError) -> FilePath {
        store.directory.appending(".\(try subject.name).failed")
    }

    /// Remembers for a while that there is none to be had, and why.
    package func noteFailure(_ subject: Subject, _ reason: String) {
        guard let file = try? failureFile(subject) else { return }
        try? store.directory.makeDirectories(mode: 0o700)
        try? AtomicFile.write(Array(reason.utf8), to: file)
    }

    /// Why there was none to be had within the last hour.
    package func recentFailure(_ subject: Subject) -> String? {
        guard let file = try? failureFile(subject), let opened = try? OwnedDescriptor.open(file, .readOnly),
            let status = try? opened.status(of: file),
            Double(status.modified) / 1e9 > Date.now.timeIntervalSince1970 - 3600,
            let bytes = try? opened.readToEnd(of: file)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `subject`, or its release without the moment where none of that moment could be had a while ago.
    func available(_ subject: Subject) -> Subject {
        guard subject.moment != nil, recentFailure(subject) != nil, !has(subject) else { return subject }
        return subject.unpinned
    }

    /// Whether there is one that is whole.
    package func has(_ subject: Subject) -> Bool {
        switch try? find(subject) {
        case .none: false
        case .some: true
        }
    }
}
