// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Glibc

/// What a reproducible archive leaves out of a tree because another tree with the same contents would differ in it:
/// made at another time, on another file system, or by another user.
///
/// Of what is written, times are whole seconds; directories have `newestTime`; holes are filled, and devices left out, which
/// no user but root could have made.
package struct Reproduction: Codable, Equatable, Sendable {
    /// Seconds since 1970. Later times are written as this one (reproducible-builds.org, SOURCE_DATE_EPOCH).
    package var newestTime: Int64
    /// Paths that are left out with all below them. Like the others glob(7)'s patterns of paths below the root, but that
    /// `*` stands for slashes, too.
    package var omitted: [String]
    /// Paths that are left out but where they are directories.
    package var omittedFiles: [String]
    /// Regular files of which the contents are left out.
    package var emptiedFiles: [String]

    package init(
        newestTime: Int64, omitted: [String] = [], omittedFiles: [String] = [], emptiedFiles: [String] = []
    ) {
        (self.newestTime, self.omitted) = (newestTime, omitted)
        (self.omittedFiles, self.emptiedFiles) = (omittedFiles, emptiedFiles)
    }

    /// What becomes of the file with that mode (inode(7)) at `path`; nil: it is written as it is.
    func override(_ path: [UInt8], _ mode: mode_t) -> TreeArchive.Override? {
        let kind = mode & S_IFMT
        if kind == S_IFCHR || kind == S_IFBLK { return .omitted }
        if Self.isAmong(omitted, path) { return .omitted }
        if kind != S_IFDIR, Self.isAmong(omittedFiles, path) { return .omitted }
        return kind == S_IFREG && Self.isAmong(emptiedFiles, path) ? .contents([]) : nil
    }

    private static func isAmong(_ patterns: [String], _ path: [UInt8]) -> Bool {
        unsafe path.withCString { path in patterns.contains { unsafe fnmatch($0, path, 0) == 0 } }
    }

    /// `status` as the archive has it.
    func adapted(_ status: stat) -> stat {
        var status = status
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        status.st_mtim.tv_sec = isDirectory ? Int(newestTime) : min(status.st_mtim.tv_sec, Int(newestTime))
        status.st_mtim.tv_nsec = 0
        // Of the file system, whatever an edition of libarchive makes of them.
        (status.st_dev, status.st_ino, status.st_nlink) = (0, 0, 1)
        return status
    }
}
