// SPDX-License-Identifier: Apache-2.0

/// What an archive may do to the directory it is unpacked into.
package struct ExtractionPolicy: Codable, Equatable, Sendable {
    package enum Ownership: String, Codable, Sendable {
        /// The numeric ids of the archive; its names are never looked up.
        case archive
        /// Everything belongs to the caller. Modes are kept, setuid included.
        case caller
    }

    /// What to do with a file whose owner the user namespace cannot represent, or the caller may not set.
    package enum UnmappedOwners: String, Codable, Sendable {
        /// The extraction fails.
        case refuse
        /// The file stays the caller's, and is recorded.
        case record
    }

    /// What an entry for an existing directory means.
    package enum ExistingDirectories: String, Codable, Sendable {
        /// It takes the entry's owner, mode and times.
        case update
        /// It stays as it is, as dpkg has it; also a link or file entry does not replace a directory.
        case keep
    }

    /// How a symbolic link among the parents of an entry (merged `/usr`: `bin -> usr/bin`) is taken.
    package enum LinkedParents: String, Codable, Sendable {
        /// Followed if it stays below the root by itself; an absolute target, or `..` past the root, is hostile.
        case beneath
        /// Followed as a process chrooted into the root would; it cannot leave either.
        case inRoot
    }

    package var ownership = Ownership.archive
    package var unmappedOwners = UnmappedOwners.refuse
    package var existingDirectories = ExistingDirectories.update
    package var linkedParents = LinkedParents.beneath
    /// Whether setuid and setgid of files are kept.
    package var keepsSetuid = true
    /// Whether an archive without a single entry is one.
    package var allowsEmpty = false
    /// It is a layer of an image (OCI image specification, layer.md): names that begin with `.wh.` say what of the layers
    /// below is not there any more, and a file takes the place of a directory.
    package var isLayer = false
    /// Entries that are not made, as if the archive had none of them.
    package var leftOut = PathFilter()
    /// Entries at most.
    package var entryLimit = 4_000_000
    /// Bytes of decompressed archive at most, and of any one file.
    package var byteLimit: Int64 = 64 << 30

    package init() {}

    /// For the tarball a root is made from.
    package static let base = ExtractionPolicy()

    /// For a layer of an image, unpacked over those below it.
    package static let layer: ExtractionPolicy = {
        var policy = ExtractionPolicy()
        policy.isLayer = true
        policy.allowsEmpty = true
        return policy
    }()

    /// For the files of a Debian package, unpacked over others.
    package static let package: ExtractionPolicy = {
        var policy = ExtractionPolicy()
        policy.existingDirectories = .keep
        policy.linkedParents = .inRoot
        policy.allowsEmpty = true
        return policy
    }()
}

/// What was unpacked, and what of the archive could not be.
package struct ExtractionReport: Codable, Equatable, Sendable {
    package struct Skipped: Codable, Equatable, Sendable {
        /// The entry's name, as in the archive.
        package let path: String
        package let reason: String
    }

    package internal(set) var entries = 0
    /// Bytes of file contents.
    package internal(set) var bytes: Int64 = 0
    /// The latest time of an entry, in seconds since 1970.
    package internal(set) var newestTime: Int64 = 0
    /// The first thousand; `skippedCount` has the number of all.
    package internal(set) var skipped: [Skipped] = []
    package internal(set) var skippedCount = 0
    /// Of a copied tree: the first thousand paths at which something else is mounted. A directory is there, and empty.
    package internal(set) var mounts: [String] = []

    /// Adds what was unpacked over it.
    package mutating func add(_ other: ExtractionReport) {
        entries += other.entries
        bytes += other.bytes
        newestTime = max(newestTime, other.newestTime)
        skipped += other.skipped.prefix(1_000 - skipped.count)
        skippedCount += other.skippedCount
        mounts += other.mounts.prefix(1_000 - mounts.count)
    }

    package init() {}

    mutating func skip(_ path: String, _ reason: String) {
        skippedCount += 1
        guard skipped.count < 1_000 else { return }
        skipped.append(Skipped(path: Self.shortened(path), reason: Self.shortened(reason)))
    }

    mutating func noteMount(_ path: String) {
        if mounts.count < 1_000 { mounts.append(Self.shortened(path)) }
    }

    /// A path may have any length, and all of them are kept in one record.
    private static func shortened(_ text: String) -> String {
        text.unicodeScalars.count <= 500 ? text : "\(String(text.unicodeScalars.prefix(500)))…"
    }
}
