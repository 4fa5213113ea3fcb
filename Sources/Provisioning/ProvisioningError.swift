// SPDX-License-Identifier: Apache-2.0

package import Failures
package import Filesystem
internal import Sandbox
package import SystemPackage

/// What can go wrong with roots; a failure of a module below comes through as it is.
package struct ProvisioningError: Failure {
    package enum Kind: Sendable {
        case invalidName(String)
        /// `known`: the names there are.
        case noSuchRoot(String, known: [String])
        case nameInUse(RootName)
        /// nil: the one before. `kept`: those that there are besides.
        case noSuchGeneration(RootName, Int?, current: Int, kept: [Int])
        /// `by` says who holds it, where that is known.
        case rootInUse(RootName, by: String?)
        /// The root is nil for what a killed command left.
        case mountInside(RootName?, Mount)
        case directoryNotEmpty(FilePath)
        case unusableDirectory(FilePath, reason: String)
        /// Other users could put something else in the place of a tree there.
        case openDirectory(FilePath, reason: String)
        /// The tree is not the one this root was made with.
        case foreignTree(RootName, FilePath)
        /// Something of it could not be deleted.
        case removedInPart(RootName, because: any Failure)
        /// It was removed in part, and is to be used.
        case remainsOnly(RootName)
        case damagedRecord(FilePath, reason: String)
        /// `position`: the line or key.
        case configuration(FilePath, position: String?, reason: String)
        case noHome
        /// Somebody else has put there what the records are read from; that user's number.
        case foreignStore(FilePath, user: UInt32)
        /// The file to be unpacked is not there.
        case noArchive(FilePath)
        case notSigned(String)
        /// Nothing is where the distro publishes a signature: its URL.
        case signatureMissing(String, distro: String)
        /// apt's file of passwords has no form for user or password of this mirror.
        case unfitCredentials(String)
        /// A suite that was to be left out; of which distro and release, and which of its suites can be.
        case noSuchSuite(String, of: String, additions: [String])
        /// An archive, but not of a system.
        case notASystem(String, reason: String)
        /// A mirror has an index that is older than what the root was made from.
        case olderUpstream(RootName, String, has: String, had: String)
        /// What a root was to become cannot execute anything.
        case notWorking(RootName, String, reason: String)
        /// A root was changed in a way that a new base cannot be.
        case localChanges(RootName, [LocalChanges.Loss])
        /// Newer packages cannot be installed.
        case upgrading(RootName, reason: String)
        case packages([String], reason: String, ExitStatus)
        /// A package of a root that is being made cannot be configured; which, what it said last, and where all that
        /// was said is kept.
        case configuring(reason: String, log: FilePath?)
        /// Something in a build's tree, by its path there, that cannot be taken out of it.
        case artifact(String, reason: String)
        /// A worker process failed to do its part.
        case worker(String)
        /// What is to be reproducible has no time to put in the place of later ones.
        case noSourceDate(RootName)
        /// What a root was made of is not known; `installed` by its own package manager.
        case noLock(RootName, installed: [String])
        case noLockOfImage(RootName, RootRecord.Image)
        /// A cache is shared through a repository in a registry, and this is none.
        case noRepository(String)
        /// Nobody asks for a signature on what would be executed here.
        case unsignedCache(String)
        /// A lock file of the distro names nothing to make a root of.
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
        case .invalidName(let name): "\"\(name)\" is not a name for a root"
        case .noSuchRoot(let name, _): "no root is called \"\(name)\""
        case .nameInUse(let name): "a root called \"\(name)\" exists already"
        case .noSuchGeneration(let name, let number?, _, _): "root \"\(name)\" has no generation \(number)"
        case .noSuchGeneration(let name, nil, _, _): "root \"\(name)\" has no earlier generation"
        case .rootInUse(let name, _): "root \"\(name)\" is in use"
        case .mountInside(let name, let mount):
            "something is mounted in \(name.map { "root \"\($0)\"" } ?? "the remains of a root"): \(mount.point)"
        case .directoryNotEmpty(let path): "\(path) is not empty"
        case .unusableDirectory(let path, _), .openDirectory(let path, _): "cannot put a root at \(path)"
        case .foreignTree(let name, let path): "\(path) is not the tree that root \"\(name)\" was made with"
        case .removedInPart(let name, _): "root \"\(name)\" is removed in part only"
        case .remainsOnly(let name): "root \"\(name)\" cannot be used"
        case .damagedRecord(let path, _): "the record \(path) cannot be read"
        case .configuration(let path, let position, _):
            position.map { "bad configuration in \(path), \($0)" } ?? "bad configuration in \(path)"
        case .noHome: "there is no place for roots"
        case .foreignStore(let path, let user): "\(path) belongs to another user, number \(user)"
        case .noArchive(let path): "there is no file \(path)"
        case .notSigned(let name): "\(name) is not signed"
        case .unfitCredentials(let mirror): "user and password of \(mirror) cannot be kept for apt"
        case .signatureMissing(let url, _): "there is no signature \(url)"
        case .noSuchSuite(let name, let release, _): "\(release) has no suite \(name) that could be left out"
        case .notASystem(let name, _): "\(name) cannot become a root"
        case .olderUpstream(_, let url, _, _): "\(url) is older than what there was"
        case .notWorking(let name, let version, _): "\(version) for root \"\(name)\" does not work"
        case .localChanges(let name, _): "root \"\(name)\" was changed in a way that cannot be carried over"
        case .upgrading(let name, _): "cannot bring the packages of root \"\(name)\" up to date"
        case .configuring: "cannot configure the packages of the root"
        case .packages(let names, _, _): "cannot install \(names.joined(separator: " "))"
        case .artifact(let path, _): "cannot take \(path) out of the build"
        case .worker: "a process that works on the files of a root failed"
        case .noSourceDate(let name): "nothing says how old what root \"\(name)\" was made of is"
        case .noLock(let name, _), .noLockOfImage(let name, _): "root \"\(name)\" cannot be locked"
        case .notRepeatable(let distro): "the lock file of \(distro) names nothing to make a root of"
        case .noRepository(let name): "\(name) is no repository to share a cache through"
        case .unsignedCache(let name): "\(name) need not be signed by anybody"
        case .interrupted(let signal): "interrupted by signal \(signal)"
        case .below(let failure): failure.problem
        }
    }

    package var cause: String? {
        switch kind {
        case .invalidName: "a name is 64 or fewer of a-z, 0-9, \".\", \"_\", \"-\", and begins with a letter or digit"
        case .rootInUse(_, let holder): holder ?? "another mangrove is working with it"
        case .noSuchGeneration(_, _, let current, let kept):
            kept.isEmpty
                ? "generation \(current) is the only one"
                : "it is generation \(current); kept are \(kept.map(String.init).joined(separator: ", "))"
        case .mountInside(_, let mount): "a \(mount.fileSystem) from \(mount.source), which deleting would reach into"
        case .removedInPart(_, let failure): failure.cause.map { "\(failure.problem): \($0)" } ?? failure.problem
        case .remainsOnly: "a part of it was removed, and the rest could not be"
        case .foreignTree: "another directory has taken its place"
        case .unusableDirectory(_, let reason), .openDirectory(_, let reason), .damagedRecord(_, let reason),
            .configuration(_, _, let reason),
            .notASystem(_, let reason), .packages(_, let reason, _), .configuring(let reason, _),
            .artifact(_, let reason), .worker(let reason):
            reason
        case .olderUpstream(_, _, let has, let had):
            "it has \(has), and had \(had): an old copy, or somebody in between"
        case .notWorking(_, _, let reason), .upgrading(_, let reason): reason
        case .localChanges(_, let losses):
            losses.prefix(3).map { "/\($0.path): \($0.reason)" }.joined(separator: "; ")
                + (losses.count > 3 ? "; and \(losses.count - 3) more" : "")
        case .unfitCredentials: "one of them is empty or has a blank in it, and apt's auth.conf takes words"
        case .noHome: "HOME is not set"
        case .noLock(_, let installed):
            installed.isEmpty
                ? "an earlier mangrove made it, which did not write down what of"
                : "its own package manager fetched \(installed.joined(separator: " ")), and what that was nobody wrote down"
        case .noLockOfImage: "it is made of an image, which its digest names once and for all"
        case .noSourceDate: "an earlier mangrove made it, which did not write that down"
        case .foreignStore: "what is written there decides what is executed and what is deleted"
        case .below(let failure): failure.cause
        case .notSigned: "no signature is published for it"
        case .signatureMissing(_, let distro): "\(distro) publishes one, and no mirror has it"
        case .noSuchSuite(_, _, let additions):
            additions.isEmpty ? nil : "it has \(additions.joined(separator: ", "))"
        case .unsignedCache: "programs in it are executed on this machine"
        case .noSuchRoot, .nameInUse, .noRepository, .directoryNotEmpty, .noArchive, .notRepeatable, .interrupted: nil
        }
    }

    package var remedy: String? {
        switch kind {
        case .noSuchRoot(let name, let known):
            NearestNames.question(name, among: known)
                ?? (known.isEmpty ? "make one with: mangrove create" : "see which there are with: mangrove list")
        case .nameInUse(let name): "choose another name, or replace it with --replace, or: mangrove remove \(name)"
        case .rootInUse: "try again when it is finished"
        case .mountInside(_, let mount): "umount \(mount.point)"
        case .directoryNotEmpty: "name a directory that is empty or does not exist"
        case .removedInPart(let name, _):
            "what is left keeps the name; mend that (lsattr shows immutable files), then: mangrove remove \(name)"
        case .remainsOnly(let name): "finish with: mangrove remove \(name)"
        case .openDirectory:
            "name a directory below others that are yours or root's, and that only their owner can write to"
        case .foreignTree: "move that directory elsewhere, then remove the root again"
        case .damagedRecord(let path, _): "delete \(path.removingLastComponent()) by hand if nothing in it is wanted"
        case .noHome: "set MANGROVE_HOME to a directory"
        case .noLock(let name, let installed):
            installed.isEmpty
                ? "make it again: mangrove create \(name) … --replace"
                : "make it from the archive of packages, where the distro has one: --from-archive"
        case .noLockOfImage(let name, let image): "make it again with: mangrove create \(name) \(image.pinnedReference)"
        case .noRepository: "name one in a registry: oci:registry.example/team/cache"
        case .unsignedCache:
            "sign it (cache push --sign-by) and require that in containers-policy.json(5), or accept it as it is: --allow-unsigned, "
                + "or cache.allowUnsigned in the configuration"
        case .noSourceDate: "set SOURCE_DATE_EPOCH to the latest time that is to be in it, in seconds since 1970"
        case .foreignStore: "be that user, or set MANGROVE_HOME to a directory of your own"
        case .signatureMissing:
            "try another mirror: --mirror URL, or take it unsigned from a mirror you trust: --allow-unsigned"
        case .unfitCredentials: "leave --keep-credentials out, or have them changed on the server"
        case .notSigned: "leave --require-signature out to take it as it is"
        case .noSuchSuite(let name, _, let additions): NearestNames.question(name, among: additions)
        case .olderUpstream: "try again later, or another mirror: --mirror URL"
        case .localChanges: "lose those changes with --discard-changes; the generation that has them is kept"
        case .notWorking, .upgrading: "the root is as it was"
        case .configuring(_, let log): log.map { "all that was said is in \($0)" }
        case .below(let failure): failure.remedy
        case .noSuchGeneration(_, nil, _, let kept) where !kept.isEmpty: "name one of those that are kept"
        case .invalidName, .noSuchGeneration, .unusableDirectory, .configuration, .noArchive, .notASystem, .packages,
            .artifact, .worker, .notRepeatable, .interrupted:
            nil
        }
    }

    package var status: ExitStatus {
        switch kind {
        case .invalidName, .noSuchSuite, .unfitCredentials, .noSourceDate, .noRepository: .usage
        case .removedInPart(_, let failure): failure.status
        case .noSuchRoot, .noSuchGeneration, .noArchive, .remainsOnly: .noInput
        case .notSigned, .signatureMissing, .notASystem, .artifact, .noLock, .noLockOfImage, .unsignedCache: .badData
        case .nameInUse, .mountInside, .directoryNotEmpty, .unusableDirectory, .openDirectory, .foreignTree:
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

    /// Whether a run was refused because this machine does not hold the limits that were asked for.
    package var refusesLimits: Bool {
        if case .below(let failure as SandboxError) = kind { failure.refusesLimits } else { false }
    }
}
