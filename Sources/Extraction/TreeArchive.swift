// SPDX-License-Identifier: Apache-2.0

internal import CArchive
package import Filesystem
internal import Glibc
package import SystemPackage

/// Writes a tree as a tar archive (POSIX pax): the same bytes for the same tree.
///
/// Numeric owners, hard links, extended attributes, capabilities, ACLs, holes, devices, times to the nanosecond; names in
/// byte order. Sockets and what is mounted in the tree are left out. Takes a few MiB; xz some 60 MiB a thread.
package struct TreeArchive: Sendable {
    package enum Compression: String, Codable, CaseIterable, Sendable {
        case none, gzip, zstd, xz
    }

    /// Replaces what the archive contains for a path.
    package enum Override: Equatable, Sendable {
        /// It and everything below it is left out.
        case omitted
        /// It is there, what is below it is not.
        case emptied
        /// A regular file has these contents; owner, mode and attributes are its own.
        case contents([UInt8])
        /// A file, root's.
        case file([UInt8], permissions: UInt32)
        /// A symbolic link, root's.
        case symbolicLink(String)
        /// A directory, root's; what is below it is left out.
        case directory(permissions: UInt32)
        /// A character device, root's.
        case device(major: UInt32, minor: UInt32, permissions: UInt32)
    }

    package struct Report: Codable, Equatable, Sendable {
        package internal(set) var entries = 0
        /// Bytes of file contents.
        package internal(set) var bytes: Int64 = 0
        /// Paths that are in the tree and not in the archive, but for those overridden.
        package internal(set) var leftOut: [ExtractionReport.Skipped] = []
    }

    package var compression: Compression
    /// By path below the root, without a slash at either end: `etc/resolv.conf`. A path need not exist, its directory must.
    package var overrides: [String: Override]
    /// For zstd and xz. One of several threads gives other bytes than one alone.
    package var threads: Int
    /// nil: everything is written as it is.
    package var reproduction: Reproduction?
    /// nil: it is no layer of an image.
    package var layer: Layer?

    /// That it is a layer of an image (OCI image specification, layer.md).
    package struct Layer: Equatable, Sendable {
        /// The tree that the layers below make: what is the same there is left out, what is there only is hidden. nil: there are
        /// none.
        package var base: FilePath?

        package init(base: FilePath?) { self.base = base }
    }

    package init(
        compression: Compression, overrides: [String: Override] = [:], threads: Int = 2,
        reproduction: Reproduction? = nil, layer: Layer? = nil
    ) {
        self.compression = compression
        self.layer = layer
        self.overrides = overrides
        self.threads = reproduction == nil ? threads : 1
        self.reproduction = reproduction
    }

    /// Writes `directory` to `output`, from where that stands; a pipe will do. Synchronous.
    ///
    /// `name` is what messages call the archive; `progress` gets the bytes of file contents read so far.
    package func write(
        _ directory: borrowing Directory, to output: borrowing OwnedDescriptor, name: String,
        progress: ((Int64) -> Void)? = nil
    ) throws(ExtractionError) -> Report {
        // libarchive writes names as UTF-8, from what the thread's locale says they are. Where they are none, or the
        // locale is missing, it writes them as they are.
        let utf8 = unsafe newlocale(1 << LC_CTYPE, "C.UTF-8", nil)
        let before = unsafe uselocale(utf8)
        defer {
            unsafe uselocale(before)
            if let utf8 = unsafe utf8 { unsafe freelocale(utf8) }
        }
        let output = try ArchiveOutput(
            descriptor: output.rawValue, name: name, compression: compression, threads: threads)
        let walk = TreeArchiveWalk(
            output: output, archive: name, overrides: overrides, reproduction: reproduction,
            layer: try layer.map { layer throws(ExtractionError) in
                LayerWriting(base: try layer.base.map { base throws(ExtractionError) in try LowerTree(base, name) })
            }, progress: progress)
        try walk.run(root: directory.rawValue)
        try output.close()
        return walk.report
    }
}
