// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Performs requests in this process: for root, and for a worker that is in its namespace.
package struct DirectPerformer: NamespacePerforming {
    package init() {}

    package func perform(
        _ request: WorkerRequest, progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> WorkerReply {
        switch request {
        case .probe:
            return .done
        case .bootstrap(let bootstrap):
            return .bootstrapped(try PackageUnpacking(request: bootstrap).perform(progress))
        case .collect(let collection):
            return .collected(try ArtifactCollector(collection).collect(progress))
        case .copy(let copying):
            return .extracted(try copy(copying, progress))
        case .survey(let tree, let file):
            try below { () throws(FilesystemError) in try TreeSurvey(of: FilePath(tree)).write(to: FilePath(file)) }
            return .done
        case .compare(let comparing):
            guard let survey = TreeSurvey(reading: FilePath(comparing.survey)) else { return .compared(LocalChanges()) }
            return .compared(
                try LocalChanges(in: FilePath(comparing.tree), since: survey, installed: comparing.installed))
        case .carry(let carrying):
            return .carried(conflicts: try below { () throws(FilesystemError) in try carry(carrying) })
        case .extract(let unpacking):
            return .extracted(try extract(unpacking, progress))
        case .layer(let layering):
            return .extracted(try layering.perform(progress))
        case .export(let packing):
            return .exported(try export(packing, progress))
        case .remove(let removal):
            try below { () throws(FilesystemError) in try remove(removal) }
            return .done
        case .removeEmpty(let tree, let paths):
            _ = MountPoints.removeEmpty(paths.map { FilePath($0) }, in: FilePath(tree))
            return .done
        case .measure(let path):
            return .measured(try below { () throws(FilesystemError) in try DiskUsage(of: FilePath(path)) })
        }
    }

    private func copy(
        _ copying: WorkerRequest.Copying, _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> ExtractionReport {
        let target = try below { () throws(FilesystemError) in try Directory.open(FilePath(copying.to)) }
        let copy = TreeCopy(
            ownership: copying.ownership == .caller ? .caller : .archive, refusesForeign: copying.refusesForeign,
            shift: copying.shift)
        return try below { () throws(ExtractionError) in
            try copy.copy(FilePath(copying.from), into: target, progress: progress)
        }
    }

    private func carry(_ carrying: WorkerRequest.Carrying) throws(FilesystemError) -> [String] {
        let carrier = ChangeCarrying(
            old: FilePath(carrying.from), new: FilePath(carrying.to),
            survey: TreeSurvey(reading: FilePath(carrying.survey)))
        guard !carrying.accounts else {
            try carrier.carryAccounts(carrying.changes.configuration)
            return []
        }
        return try carrier.carry(configuration: carrying.changes.configuration, files: carrying.changes.files)
    }

    private func extract(
        _ unpacking: WorkerRequest.Unpacking, _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> ExtractionReport {
        let archive = try below { () throws(FilesystemError) in
            try OwnedDescriptor.open(FilePath(unpacking.archive), .readOnly)
        }
        let tree = try below { () throws(FilesystemError) in try Directory.open(FilePath(unpacking.tree)) }
        return try below { () throws(ExtractionError) in
            try Extractor(policy: unpacking.policy).extract(
                from: archive, name: unpacking.name, into: tree, progress: progress)
        }
    }

    private func export(
        _ packing: WorkerRequest.Packing, _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> TreeArchive.Report {
        let output = try below { () throws(FilesystemError) in
            try OwnedDescriptor.duplicating(packing.output, of: FilePath(packing.name))
        }
        let tree = try below { () throws(FilesystemError) in try Directory.open(FilePath(packing.tree)) }
        var overrides = packing.originals.mapValues { original -> TreeArchive.Override in
            switch original {
            case .absent: .omitted
            case .symbolicLink(let target): .symbolicLink(target)
            case .file(let contents): .file(Array(contents.utf8), permissions: 0o644)
            }
        }
        let reproducible = packing.newestTime.map { ReproducibleExport(newestTime: $0) }
        if let reproducible {
            try below { () throws(FilesystemError) in
                overrides.merge(try reproducible.overrides(in: tree)) { original, _ in original }
            }
        }
        if packing.isForChroot { overrides.merge(ChrootFiles.overrides) { _, device in device } }
        let archive = TreeArchive(
            compression: packing.compression, overrides: overrides,
            threads: max(1, min(8, sysconf(CInt(_SC_NPROCESSORS_ONLN)))), reproduction: reproducible?.reproduction,
            layer: packing.isLayer ? TreeArchive.Layer(base: packing.base.map { FilePath($0) }) : nil)
        return try below { () throws(ExtractionError) in
            try archive.write(tree, to: output, name: packing.name, progress: progress)
        }
    }

    private func remove(_ removal: WorkerRequest.Removal) throws(FilesystemError) {
        guard let name = FilePath.Component(removal.name), name.kind == .regular else {
            throw FilesystemError("delete", FilePath(removal.directory).appending(removal.name), .invalidArgument)
        }
        let directory = try Directory.open(FilePath(removal.directory))
        if let only = removal.only {
            guard let found = try directory.status(of: name), found.kind == .directory else { return }
            guard try directory.openDirectory(name).identity() == only else { return }
        }
        try directory.removeTree(name)
    }
}
