// SPDX-License-Identifier: Apache-2.0

package import Failures
package import Filesystem
internal import Sandbox
package import SystemPackage

/// Errors about roots; failures of lower modules pass through unchanged.
package struct ProvisioningError: Failure {
    package enum Kind: Sendable {
        case invalidName(String)
        /// `known`: the names there are.
        case noSuchRoot(String, known: [String])
        case nameInUse(RootName)
        /// nil: the one before. `kept`: those that there are besides.
        case noSuchGeneration(RootName, Int?, current: Int, kept: [Int])
        /// `by` names the holder, if known.
        case rootInUse(RootName, by: String?)
        /// The root is nil for leftovers of a killed command.
        case mountInside(RootName?, Mount)
        case directoryNotEmpty(FilePath)
        case unusableDirectory(FilePath, reason: String)
        /// Other users could replace a tree there.
        case openDirectory(FilePath, reason: String)
        /// The tree is not the one this root was made with.
        case foreignTree(RootName, FilePath)
        /// A part of it could not be deleted.
        case removedInPart(RootName, because: any Failure)
        /// It was removed in part, so it cannot be used.
        case remainsOnly(RootName)
        case damagedRecord(FilePath, reason: String)
        /// `position`: the line or key.
        case configuration(FilePath, position: String?, reason: String)
        case noHome
        /// Another user, with that id, owns the files that the records are read from.
        case foreignStore(FilePath, user: UInt32)
        case noLockFile(FilePath)
        /// A directory that no root is to be copied from.
        case unsuitableDirectory(FilePath, reason: String, remedy: String)
        case notSigned(String)
        /// The distro publishes a signature, but no mirror has it: its URL.
        case signatureMissing(String, distro: String)
        /// apt's credentials file cannot express this mirror's user or password.
        case unfitCredentials(String)
        /// An unknown suite to skip; the distro and release, and the suites that can be skipped.
        case noSuchSuite(String, of: String, additions: [String])
        /// An archive that does not contain a system.
        case notASystem(String, reason: String)
        /// A mirror has an index that is older than what the root was made from.
        case olderUpstream(RootName, String, has: String, had: String)
        /// The new generation of a root cannot execute anything.
        case notWorking(RootName, String, reason: String)
        /// Changes to a root cannot be carried over to a new base.
        case localChanges(RootName, [LocalChanges.Loss])
        /// Newer packages cannot be installed.
        case upgrading(RootName, reason: String)
        case packages([String], reason: String, ExitStatus)
        /// A package of a new root cannot be configured; which, its last output, and the log.
        case configuring(reason: String, log: FilePath?)
        /// Something in a build's tree that cannot be collected, by its path there.
        case artifact(String, reason: String)
        /// A worker process failed to do its part.
        case worker(String)
        /// A reproducible export has no time to replace later ones with.
        case noSourceDate(RootName)
        /// There is no record of what a root was made of; `installed` by its own package manager.
        case noLock(RootName, installed: [String])
        case noLockOfImage(RootName, RootRecord.Image)
        case noLockOfDirectory(RootName)
        /// A shared cache needs a repository in a registry, and this is none.
        case noRepository(String)
        /// No policy requires a signature on programs that would be executed here.
        case unsignedCache(String)
        /// The distro's lock file lists nothing to make a root from.
        case notRepeatable(String)
        case interrupted(signal: CInt)
        case below(any Failure)
    }

    package let kind: Kind

    package init(_ kind: Kind) {
        self.kind = kind
    }

    package init(_ failure: any Failure) {
        kind = .below(failure)
    }

    package var problem: String {
        switch kind {
        case .invalidName(let name): "invalid root name \"\(name)\""
        case .noSuchRoot(let name, _): "no root named \"\(name)\""
        case .nameInUse(let name): "a root named \"\(name)\" already exists"
        case .noSuchGeneration(let name, let number?, _, _): "root \"\(name)\" has no generation \(number)"
        case .noSuchGeneration(let name, nil, _, _): "root \"\(name)\" has no earlier generation"
        case .rootInUse(let name, _): "root \"\(name)\" is in use"
        case .mountInside(let name, let mount):
            "something is mounted in \(name.map { "root \"\($0)\"" } ?? "the remains of a root"): \(mount.point)"
        case .directoryNotEmpty(let path): "\(path) is not empty"
        case .unusableDirectory(let path, _), .openDirectory(let path, _): "cannot create a root at \(path)"
        case .foreignTree(let name, let path): "\(path) is not the tree that root \"\(name)\" was made with"
        case .removedInPart(let name, _): "root \"\(name)\" was removed in part only"
        case .remainsOnly(let name): "root \"\(name)\" cannot be used"
        case .damagedRecord(let path, _): "cannot read the record \(path)"
        case .configuration(let path, let position, _):
            position.map { "invalid configuration in \(path), \($0)" } ?? "invalid configuration in \(path)"
        case .noHome: "no directory for roots"
        case .foreignStore(let path, let user): "\(path) belongs to another user (id \(user))"
        case .noLockFile(let path): "no such file or directory: \(path)"
        case .unsuitableDirectory(let path, _, _): "cannot copy \(path)"
        case .notSigned(let name): "\(name) is not signed"
        case .unfitCredentials(let mirror): "cannot store the credentials of \(mirror) for apt"
        case .signatureMissing(let url, _): "no signature at \(url)"
        case .noSuchSuite(let name, let release, _): "\(release) has no suite \(name) to skip"
        case .notASystem(let name, _): "\(name) cannot become a root"
        case .olderUpstream(_, let url, _, _): "\(url) is older than the previous one"
        case .notWorking(let name, let version, _): "\(version) for root \"\(name)\" does not work"
        case .localChanges(let name, _): "cannot carry over the changes to root \"\(name)\""
        case .upgrading(let name, _): "cannot update the packages of root \"\(name)\""
        case .configuring: "cannot configure the packages of the root"
        case .packages(let names, _, _): "cannot install \(names.joined(separator: " "))"
        case .artifact(let path, _): "cannot collect artifact \(path)"
        case .worker: "the worker for a root's files failed"
        case .noSourceDate(let name): "unknown source date of root \"\(name)\""
        case .noLock(let name, _), .noLockOfImage(let name, _), .noLockOfDirectory(let name):
            "cannot lock root \"\(name)\""
        case .notRepeatable(let distro): "the lock file for \(distro) lists no packages and no tarball"
        case .noRepository(let name): "\(name) is not a repository for a shared cache"
        case .unsignedCache(let name): "no signature is required for \(name)"
        case .interrupted(let signal): "interrupted by signal \(signal)"
        case .below(let failure): failure.problem
        }
    }

    package var cause: String? {
        switch kind {
        case .invalidName: "expected at most 64 of a-z, 0-9, \".\", \"_\", \"-\", beginning with a letter or digit"
        case .rootInUse(_, let holder): holder ?? "another mangrove is using it"
        case .noSuchGeneration(_, _, let current, let kept):
            kept.isEmpty
                ? "generation \(current) is the only one"
                : "the current one is \(current); kept: \(kept.map(String.init).joined(separator: ", "))"
        case .mountInside(_, let mount): "deleting would affect \(mount.fileSystem) from \(mount.source)"
        case .removedInPart(_, let failure): failure.cause.map { "\(failure.problem): \($0)" } ?? failure.problem
        case .remainsOnly: "it was removed in part, and the rest cannot be deleted"
        case .foreignTree: "another directory has replaced it"
        case .unusableDirectory(_, let reason), .openDirectory(_, let reason), .damagedRecord(_, let reason),
            .configuration(_, _, let reason),
            .notASystem(_, let reason), .packages(_, let reason, _), .configuring(let reason, _),
            .artifact(_, let reason), .worker(let reason), .unsuitableDirectory(_, let reason, _):
            reason
        case .olderUpstream(_, _, let has, let had):
            "expected at least \(had), found \(has): an old copy, or tampering"
        case .notWorking(_, _, let reason), .upgrading(_, let reason): reason
        case .localChanges(_, let losses):
            losses.prefix(3).map { "/\($0.path): \($0.reason)" }.joined(separator: "; ")
                + (losses.count > 3 ? "; and \(losses.count - 3) more" : "")
        case .unfitCredentials: "apt's auth.conf cannot hold empty values or spaces"
        case .noHome: "HOME is not set"
        case .noLock(_, let installed):
            installed.isEmpty
                ? "an earlier mangrove made it without recording its packages"
                : "its own package manager fetched \(installed.joined(separator: " ")), without a record of the versions"
        case .noLockOfImage: "it was made from an image, whose digest identifies it"
        case .noLockOfDirectory: "it was copied from a directory, which has no digest"
        case .noSourceDate: "an earlier mangrove made it without recording the date"
        case .foreignStore: "its contents decide what is executed and deleted"
        case .below(let failure): failure.cause
        case .notSigned: "no signature is published for it"
        case .signatureMissing(_, let distro): "\(distro) publishes one, but no mirror has it"
        case .noSuchSuite(_, _, let additions):
            additions.isEmpty ? nil : "it has \(additions.joined(separator: ", "))"
        case .unsignedCache: "its programs are executed on this machine"
        case .noSuchRoot, .nameInUse, .noRepository, .directoryNotEmpty, .noLockFile, .notRepeatable, .interrupted: nil
        }
    }

    package var remedy: String? {
        switch kind {
        case .noSuchRoot(let name, let known):
            NearestNames.question(name, among: known)
                ?? (known.isEmpty ? "create one: mangrove create" : "list roots: mangrove list")
        case .nameInUse(let name): "choose another name, replace it with --replace, or: mangrove remove \(name)"
        case .rootInUse: "try again when it is finished"
        case .mountInside(_, let mount): "umount \(mount.point)"
        case .directoryNotEmpty: "choose an empty or new directory"
        case .removedInPart(let name, _):
            "fix that (lsattr shows immutable files), then continue: mangrove remove \(name)"
        case .remainsOnly(let name): "continue: mangrove remove \(name)"
        case .openDirectory:
            "choose a directory whose parents belong to you or root, writable by their owner only"
        case .foreignTree: "move that directory away, then remove the root again"
        case .damagedRecord(let path, _): "delete \(path.removingLastComponent()) by hand if you do not need it"
        case .noHome: "set MANGROVE_HOME to a directory"
        case .noLock(let name, let installed):
            installed.isEmpty
                ? "create it again: mangrove create \(name) … --replace"
                : "create it from a package archive, if the distro has one: --from-archive"
        case .noLockOfImage(let name, let image): "create it again: mangrove create \(name) \(image.pinnedReference)"
        case .noLockOfDirectory(let name):
            "create it from a tarball: mangrove export \(name) FILE, then mangrove create NAME --from FILE"
        case .unsuitableDirectory(_, _, let remedy): remedy
        case .noRepository: "expected one in a registry: oci:registry.example/team/cache"
        case .unsignedCache:
            "sign it (cache push --sign-by) and require that in containers-policy.json(5), or accept it unsigned: --allow-unsigned, "
                + "or cache.allowUnsigned in the configuration"
        case .noSourceDate: "set SOURCE_DATE_EPOCH to the latest time, in seconds since 1970"
        case .foreignStore: "run as that user, or set MANGROVE_HOME to your own directory"
        case .signatureMissing:
            "use another mirror: --mirror URL, or accept it unsigned: --allow-unsigned"
        case .unfitCredentials: "omit --keep-credentials, or change them on the server"
        case .notSigned: "omit --require-signature to accept it"
        case .noSuchSuite(let name, _, let additions): NearestNames.question(name, among: additions)
        case .olderUpstream: "try again later, or use another mirror: --mirror URL"
        case .localChanges: "discard them with --discard-changes; the old generation is kept"
        case .notWorking, .upgrading: "the root is unchanged"
        case .configuring(_, let log): log.map { "the complete log is \($0)" }
        case .below(let failure): failure.remedy
        case .noSuchGeneration(_, nil, _, let kept) where !kept.isEmpty: "choose a kept generation"
        case .invalidName, .noSuchGeneration, .unusableDirectory, .configuration, .noLockFile, .notASystem, .packages,
            .artifact, .worker, .notRepeatable, .interrupted:
            nil
        }
    }

    package var status: ExitStatus {
        switch kind {
        case .invalidName, .noSuchSuite, .unfitCredentials, .noSourceDate, .noRepository: .usage
        case .removedInPart(_, let failure): failure.status
        case .noSuchRoot, .noSuchGeneration, .noLockFile, .remainsOnly: .noInput
        case .notSigned, .signatureMissing, .notASystem, .artifact, .noLock, .noLockOfImage, .noLockOfDirectory,
            .unsignedCache:
            .badData
        case .nameInUse, .mountInside, .directoryNotEmpty, .unusableDirectory, .openDirectory, .foreignTree,
            .unsuitableDirectory:
            .cannotCreate
        case .rootInUse: .tryAgain
        case .foreignStore: .notPermitted
        case .damagedRecord, .configuration, .noHome, .notRepeatable: .badConfiguration
        case .packages(_, _, let status): status
        case .configuring, .olderUpstream, .notWorking, .upgrading: .badData
        case .localChanges: .cannotCreate
        case .worker: .software
        case .interrupted(let signal): ExitStatus(rawValue: 128 + signal)
        case .below(let failure): failure.status
        }
    }
}

extension ProvisioningError {
    /// The failure of another module that this is.
    package var underlying: (any Failure)? {
        if case .below(let failure) = kind { failure } else { nil }
    }

    /// Whether a run did not begin because its root was refreshed or rolled back meanwhile.
    package var isOfReplacedRoot: Bool {
        if case .below(let failure as SandboxError) = kind { failure.isOfReplacedRoot } else { false }
    }

    /// Whether a run was refused because this machine cannot enforce the requested limits.
    package var refusesLimits: Bool {
        if case .below(let failure as SandboxError) = kind { failure.refusesLimits } else { false }
    }
}
