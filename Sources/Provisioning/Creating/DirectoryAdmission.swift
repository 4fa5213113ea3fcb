// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Extraction
internal import Filesystem
internal import Glibc
internal import Sandbox
internal import SystemPackage

/// What is required of a directory before anything of it is copied.
extension Creation {
    /// Throws where `base` is a directory that would not become a root, or that is no tree of its own.
    func admit(_ base: Base, _ request: CreationRequest) throws(ProvisioningError) {
        guard let source = base.directory else { return }
        let found: Architecture?
        let isEnclosed: Bool
        do throws(FilesystemError) {
            found = TreeExamination(try Directory.open(source)).architecture
            isEnclosed = try EnclosedTree(source) != nil
        } catch {
            guard error.errno == .permissionDenied else { throw ProvisioningError(error) }
            throw ProvisioningError(UnusableBase.unreadable(source))
        }
        try requireApart(source, request)
        guard found != nil || isEnclosed else {
            try requireNoImage(in: source, base)
            throw ProvisioningError(.notASystem(base.title, reason: "it contains no program"))
        }
        if let wanted = base.architecture, let found, wanted.elf != found.elf {
            throw ProvisioningError(
                .notASystem(base.title, reason: "expected programs for \(wanted), found \(found)"))
        }
        // Root can keep every owner.
        guard geteuid() != 0 else { return }
        let (identity, shift) = (caller.identity, try shift(of: source))
        // Its own id, or one of the range that the tree was made with.
        func isKept(_ id: UInt32?, from first: UInt32) -> Bool { id.map { $0 == 0 || $0 >= first } ?? false }
        try below { () throws(ExtractionError) in
            try TreeOwners.require(
                in: source, user: { isKept(identity.inside(user: $0), from: shift.user) },
                group: { isKept(identity.inside(group: $0), from: shift.group) })
        }
    }

    /// A tree whose top belongs to the first of the user's subordinate ids was made with that one as root.
    func shift(of source: FilePath) throws(ProvisioningError) -> OwnerShift {
        let top = try below { () throws(FilesystemError) in try Directory.open(source).status() }
        let first = caller.identity.beginnings(user: top.user, group: top.group)
        return OwnerShift(user: first.user, group: first.group)
    }

    /// Requires that `source` belongs to no root, and that the new root does not come to lie in it.
    private func requireApart(_ source: FilePath, _ request: CreationRequest) throws(ProvisioningError) {
        for store in [store, cache.layers] {
            for record in try store.list().records where source.starts(with: FilePath(record.path).known) {
                throw ProvisioningError(
                    .unsuitableDirectory(
                        source, reason: "it belongs to root \"\(record.name)\"",
                        remedy: "export that root, and use the tarball: mangrove export \(record.name) FILE"))
            }
            guard !source.starts(with: store.directory.known) else {
                throw ProvisioningError(
                    .unsuitableDirectory(
                        source, reason: "mangrove keeps its roots there", remedy: "choose a directory outside of it"))
            }
        }
        let target = request.directory ?? store.directory.appending("root")
        let parent = try below { () throws(FilesystemError) in try target.lexicallyNormalized().nearestAbove() }
        guard !parent.starts(with: source) else {
            throw ProvisioningError(
                .unsuitableDirectory(
                    source, reason: "the new root would be inside it, at \(path(of: request))",
                    remedy: "put the root elsewhere, with --directory or MANGROVE_HOME, or use a tarball of it"))
        }
    }
}

extension FilePath {
    /// Without symbolic links, if it exists.
    fileprivate var known: FilePath { (try? resolved()) ?? self }
}
