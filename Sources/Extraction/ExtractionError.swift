// SPDX-License-Identifier: Apache-2.0

package import Failures
internal import Filesystem
package import SystemPackage

/// An archive that cannot be read, is refused, or cannot be written.
package struct ExtractionError: Failure, Equatable {
    package enum Reason: Equatable, Sendable {
        /// The input is something else.
        case notAnArchive(found: ForeignFile)
        /// Truncated, or its contents contradict themselves or their checksums.
        case damaged(String)
        /// `entry` would do something that an archive of a root must not.
        case hostile(entry: String, String)
        /// More than the policy's limit.
        case tooLarge(String)
        /// The archive itself cannot be read from, or written to, where it is.
        case stream(Errno)
        /// The file system refused to create, change or read `path`.
        case file(operation: String, path: String, Errno)
        /// `path` of a tree belongs to an id of the host that a copy by this user cannot keep; which, if known.
        case foreign(path: String, owner: String?)
    }

    /// What the caller calls the archive: a path or URL.
    package let archive: String
    package let reason: Reason

    package init(_ archive: String, _ reason: Reason) {
        self.archive = archive
        self.reason = reason
    }

    package var problem: String {
        switch reason {
        case .notAnArchive: "\(archive) is not an archive"
        case .damaged: "\(archive) is damaged"
        case .hostile(let entry, _): "refusing an entry of \(archive): \(entry)"
        case .tooLarge: "\(archive) is too large when unpacked"
        case .stream: "cannot transfer \(archive)"
        case .file(let operation, let path, _): "cannot \(operation) \(path) of \(archive)"
        case .foreign(let path, _): "cannot copy \(path == "/" ? archive : "\(path) of \(archive)") with its owner"
        }
    }

    package var cause: String? {
        switch reason {
        case .notAnArchive(let found): "expected tar or cpio (gzip, xz, zstd, bzip2, lz4), found \(found.description)"
        case .damaged(let detail), .hostile(_, let detail), .tooLarge(let detail): detail
        case .stream(let errno), .file(_, _, let errno): errno.description
        case .foreign(_, let owner): "it belongs to \(owner ?? "another user"), not to you or your subordinate ids"
        }
    }

    package var remedy: String? {
        switch reason {
        case .stream(.noSpace), .stream(.diskQuotaExceeded), .file(_, _, .noSpace), .file(_, _, .diskQuotaExceeded):
            "free space on that file system and try again"
        case .foreign:
            "run as root, or let root pack it: sudo tar -C \(archive) --one-file-system --numeric-owner -cf root.tar . "
                + "(then --from root.tar)"
        case .notAnArchive(let found): found.remedy
        case .damaged: "download it again, and compare its checksum with the published one"
        default: nil
        }
    }

    package var status: ExitStatus {
        switch reason {
        case .notAnArchive, .damaged, .hostile, .tooLarge: .badData
        case .stream: .inputOutput
        case .foreign: .notPermitted
        case .file(let operation, let path, let errno): FilesystemError(operation, FilePath(path), errno).status
        }
    }
}

/// Bytes of an archive for a message: control characters and what is not UTF-8 cannot reach a terminal.
func printable(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
        if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) {
            text += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            text.unicodeScalars.append(scalar)
        }
    }
    return text
}
