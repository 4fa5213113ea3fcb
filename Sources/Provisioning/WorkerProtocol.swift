// SPDX-License-Identifier: Apache-2.0

package import Extraction
package import Failures
package import Filesystem
package import PackageArchive

/// Work on a tree whose files may belong to other ids than the caller's: a value, so that a process in a user namespace
/// can perform it.
package enum WorkerRequest: Codable, Equatable, Sendable {
    /// Deletes `name` in `directory` and everything below it; that it is not there is no error.
    package struct Removal: Codable, Equatable, Sendable {
        package let directory: String
        package let name: String
        /// Where given, another directory of that name stays.
        package let only: FileIdentity?

        package init(directory: String, name: String, only: FileIdentity? = nil) {
            self.directory = directory
            self.name = name
            self.only = only
        }
    }

    /// Unpacks an archive, the file `archive`, into the directory `tree`.
    package struct Unpacking: Codable, Equatable, Sendable {
        package let archive: String
        /// What messages call it.
        package let name: String
        package let tree: String
        package let policy: ExtractionPolicy

        package init(archive: String, name: String, tree: String, policy: ExtractionPolicy) {
            self.archive = archive
            self.name = name
            self.tree = tree
            self.policy = policy
        }
    }

    /// Unpacks the layers of an image, one over the other, into the directory `tree`.
    package struct Layering: Codable, Equatable, Sendable {
        package struct Layer: Codable, Equatable, Sendable {
            package let archive: String
            /// What messages call it.
            package let name: String
            /// What it must be with its compression taken off, `sha256:…`.
            package let digest: String
        }

        /// Lowest first.
        package let layers: [Layer]
        package let tree: String
        package let policy: ExtractionPolicy
    }

    /// Does nothing: a reply shows that workers can run.
    case probe
    /// Writes the directory `tree` as an archive.
    package struct Packing: Codable, Equatable, Sendable {
        package let tree: String
        /// A descriptor to write to, because a name may come to refer to something else. A worker gets it as 3.
        package var output: Int32
        /// What messages call it.
        package let name: String
        package let compression: TreeArchive.Compression
        /// By path below the root: what the archive has instead.
        package let originals: [String: OriginalFile]
        /// Whether it contains `ChrootFiles`.
        package var isForChroot = false
        /// Of an archive that is to be reproducible, in seconds since 1970: no time in it is later.
        package let newestTime: Int64?
        /// Whether it is a layer of an image, and the tree, if any, that the layers below it make.
        package let isLayer: Bool
        package let base: String?

        package init(
            tree: String, output: Int32, name: String, compression: TreeArchive.Compression,
            originals: [String: OriginalFile], newestTime: Int64? = nil, isLayer: Bool = false, base: String? = nil
        ) {
            (self.isLayer, self.base) = (isLayer, base)
            self.tree = tree
            self.output = output
            self.name = name
            self.compression = compression
            self.originals = originals
            self.newestTime = newestTime
        }
    }

    /// Unpacks the packages of `plan` into the directory `tree`.
    package struct Bootstrap: Codable, Equatable, Sendable {
        package let plan: BootstrapPlan
        package let tree: String
        package let ownership: RootRecord.Ownership
        /// A descriptor that announces available packages (`PackageUnpacking`). A worker gets it as 3.
        package var feed: Int32

        package init(plan: BootstrapPlan, tree: String, ownership: RootRecord.Ownership, feed: Int32) {
            self.plan = plan
            self.tree = tree
            self.ownership = ownership
            self.feed = feed
        }
    }

    /// Copies what `patterns` name in the tree `tree` into the directory `destination`, which is empty.
    package struct Collection: Codable, Equatable, Sendable {
        package let tree: String
        package let patterns: [ArtifactPattern]
        package let destination: String

        package init(tree: String, patterns: [ArtifactPattern], destination: String) {
            (self.tree, self.patterns, self.destination) = (tree, patterns, destination)
        }
    }

    /// Copies the tree `from` into the directory `to`, which is empty.
    package struct Copying: Codable, Equatable, Sendable {
        package let from: String
        package let to: String
        package let ownership: RootRecord.Ownership
        /// Whether a file of a user without an id in the namespace is an error.
        package var refusesForeign = false
        package var shift = OwnerShift()
    }

    /// Looks for what has changed in the tree `tree` since the survey in the file `survey` was made.
    package struct Comparing: Codable, Equatable, Sendable {
        package let tree: String
        package let survey: String
        /// The packages it had then, versions by name.
        package let installed: [String: String]
    }

    /// Takes `changes` of the tree `from` over to the tree `to`, as `ChangeCarrying` does.
    package struct Carrying: Codable, Equatable, Sendable {
        package let from: String
        package let to: String
        package let survey: String
        package let changes: LocalChanges
        /// Users and groups, and nothing else; else all but those.
        package let accounts: Bool
    }

    case bootstrap(Bootstrap)
    case copy(Copying)
    case compare(Comparing)
    case carry(Carrying)
    /// Records the contents of the tree `tree`, a `TreeSurvey`, in `file`.
    case survey(tree: String, file: String)
    case collect(Collection)
    case extract(Unpacking)
    case layer(Layering)
    case export(Packing)
    case remove(Removal)
    /// Deletes those of `paths`, absolute in the tree `tree`, that are empty directories or files.
    case removeEmpty(tree: String, paths: [String])
    /// The disk usage of the tree at this path.
    case measure(path: String)
}

/// A worker's reply.
package enum WorkerReply: Codable, Equatable, Sendable {
    case done
    case bootstrapped(ConfigurationPlan)
    case compared(LocalChanges)
    /// The configuration that the new base has in another version too.
    case carried(conflicts: [String])
    case collected(ArtifactCollection)
    case extracted(ExtractionReport)
    case exported(TreeArchive.Report)
    case measured(DiskUsage)
    case failed(WorkerFailure)
}

/// A line of a worker's output.
package enum WorkerMessage: Codable, Equatable, Sendable {
    /// Bytes done so far.
    case progress(Int64)
    case reply(WorkerReply)
}

/// A failure in a worker.
package struct WorkerFailure: Failure, Codable, Equatable {
    package let problem: String
    package let cause: String?
    package let remedy: String?
    private let code: Int32

    package init(_ failure: some Failure) {
        problem = failure.problem
        cause = failure.cause
        remedy = failure.remedy
        code = failure.status.rawValue
    }

    package var status: ExitStatus { ExitStatus(rawValue: code) }
}

/// Performs requests where the files of a tree can be handled: in this process, or in a user namespace.
package protocol NamespacePerforming: Sendable {
    /// Blocks until it is done. A `.failed` reply is thrown. `progress` gets bytes done so far, from any thread.
    func perform(
        _ request: WorkerRequest, progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> WorkerReply
}

extension NamespacePerforming {
    package func perform(_ request: WorkerRequest) throws(ProvisioningError) -> WorkerReply {
        try perform(request) { _ in }
    }
}
