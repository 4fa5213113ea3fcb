// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Catalogue
internal import Extraction
internal import Failures
internal import Filesystem
internal import Images
internal import Integrity
internal import PackageArchive
internal import SystemPackage
internal import Terminal

/// Turns a verified base into a usable tree.
extension Creation {
    /// Fills the tree with the base. Nothing is executed.
    func unpack(
        _ base: Base, _ verified: VerifiedBase, in staging: borrowing Staging, _ request: CreationRequest
    ) throws(ProvisioningError) -> RootRecord {
        let tree = staging.tree
        let report = try unpack(verified.contents, named: base.title, to: tree)
        if let enclosed = try inBase(base.title, { () throws(FilesystemError) in try EnclosedTree(tree) }) {
            progress.say("\(base.title): using the system below \(enclosed.name)/")
            try inBase(base.title) { () throws(FilesystemError) in try enclosed.unwrap() }
        }
        var record = try describe(tree, request, base, verified.verification)
        record.sourceDate = RecordTime.text(report.newestTime)
        if case .image(let image) = verified.contents { record.image = RootRecord.Image(image) }
        if let lock = base.lock { record.lock = try lock.digest() }
        record.skipped = report.skipped.map { .init(path: $0.path, reason: $0.reason) }
        record.skipped += report.mounts.sorted().map { .init(path: $0, reason: "something is mounted there") }
        warnOfMounts(report, base)
        // Runs have their own /dev.
        let missed = report.skipped.filter { skipped in
            !FilePath("/").appending(FilePath(skipped.path).components).lexicallyNormalized().starts(with: "/dev")
        }
        if !missed.isEmpty {
            progress.warn(
                "\(counted(missed.count, "entry", plural: "entries")) could not be created here: see mangrove inspect")
        }
        record.resolvConf = try inBase(base.title) { () throws(FilesystemError) in
            try ResolvConf.prepare(in: try Directory.open(tree))
        }
        record.hosts = try inBase(base.title) { () throws(FilesystemError) in
            try EtcHosts.prepare(in: try Directory.open(tree), name: request.name.description)
        }
        return record
    }

    private func unpack(
        _ contents: VerifiedBase.Contents, named name: String, to tree: FilePath
    ) throws(ProvisioningError) -> ExtractionReport {
        let request: WorkerRequest
        let size: Int64?
        switch contents {
        case .archive(let path):
            var policy = ExtractionPolicy.base
            if ownership == .caller { policy.ownership = .caller }
            size = try below { () throws(FilesystemError) in
                try OwnedDescriptor.open(path, .readOnly).size(of: path)
            }
            request = .extract(.init(archive: path.string, name: name, tree: tree.string, policy: policy))
        case .directory(let path):
            request = .copy(
                .init(
                    from: path.string, to: tree.string, ownership: ownership, refusesForeign: true,
                    shift: try shift(of: path)))
            size = nil
        case .image(let image):
            size = image.size
            request = .layer(.init(image, ownership: ownership, tree: tree))
        }
        // Nobody knows the size of a directory.
        progress.begin("\(size == nil ? "copying" : "unpacking") \(name)", total: size)
        defer { progress.end() }
        let reply = try workers.perform(request) { [progress] in progress.advance(to: $0) }
        guard case .extracted(let report) = reply else { throw ProvisioningError(.worker("unexpected reply")) }
        return report
    }

    /// The proc, sys and dev of a chroot in use need not be copied; a volume of the user's own might.
    private func warnOfMounts(_ report: ExtractionReport, _ base: Base) {
        guard !report.mounts.isEmpty else { return }
        let shown = report.mounts.sorted().prefix(6).map { "/\($0)" }.joined(separator: ", ")
        let more = report.mounts.count - 6
        progress.warn(
            "\(base.title): what is mounted in it was not copied: \(shown)\(more > 0 ? " and \(more) more" : "")")
    }

    private func describe(
        _ tree: FilePath, _ request: CreationRequest, _ base: Base, _ verification: Verification
    ) throws(ProvisioningError) -> RootRecord {
        let (found, snapshot) = try inBase(base.title) { () throws(FilesystemError) in
            let top = try Directory.open(tree)
            return (TreeExamination(top), SnapshotMoment(pinnedBy: AptSource.read(in: top)))
        }
        if found.architecture == nil { try requireNoImage(in: tree, base) }
        guard let architecture = found.architecture ?? base.architecture else {
            throw ProvisioningError(.notASystem(base.title, reason: "it contains no program"))
        }
        if let wanted = base.architecture, wanted.elf != architecture.elf {
            throw ProvisioningError(
                .notASystem(base.title, reason: "expected programs for \(wanted), found \(architecture)"))
        }
        let obstacle = try inBase(base.title) { () throws(FilesystemError) in
            try BaseObstacle.find(
                in: try Directory.open(tree), for: base.architecture ?? architecture,
                needsShell: base.image == nil)
        }
        if let obstacle { throw ProvisioningError(.notASystem(base.title, reason: obstacle)) }
        let release = found.release
        var record = RootRecord(
            name: request.name, distro: base.distro ?? release?.id ?? "linux",
            release: base.release ?? request.release(of: release, architecture) ?? "unknown",
            version: base.version ?? release?.version ?? release?.codename ?? "unknown",
            codename: base.codename ?? release?.codename,
            // The user distinguishes architectures that look the same.
            architecture: (base.architecture ?? architecture).rawValue, path: tree, created: RootRecord.now,
            verified: verification, source: base.name, ownership: ownership)
        record.snapshot = snapshot?.text
        return record
    }
}

extension CreationRequest {
    /// The release that packages are published for: 3.20 if the tree says 3.20.3.
    fileprivate func release(of tree: OSRelease?, _ architecture: Architecture) -> String? {
        guard let tree, let name = tree.version ?? tree.codename else { return nil }
        let known = try? catalogue?.select("\(tree.id):\(name)", architecture: architecture)
        return known?.release.number ?? name
    }
}
