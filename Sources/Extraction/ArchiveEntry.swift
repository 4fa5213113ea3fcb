// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Glibc

/// What an archive says of one entry. Valid until the reader goes on.
@safe struct ArchiveEntry {
    private let entry: OpaquePointer

    init(_ entry: OpaquePointer) {
        unsafe self.entry = unsafe entry
    }

    /// Names are the archive's bytes. Where libarchive would have to convert them to the locale's character set and
    /// cannot, it hands them out as they are.
    var name: UnsafePointer<CChar>? { unsafe UnsafePointer(archive_entry_pathname(entry)) }
    var hardLinkTarget: UnsafePointer<CChar>? { unsafe UnsafePointer(archive_entry_hardlink(entry)) }
    var symbolicLinkTarget: UnsafePointer<CChar>? { unsafe UnsafePointer(archive_entry_symlink(entry)) }

    /// The name for a message.
    var displayName: String {
        guard let name = unsafe name else { return "(no name)" }
        return printable(unsafe UnsafeBufferPointer(start: name, count: strlen(name)).map { UInt8(bitPattern: $0) })
    }

    /// `S_IFMT` of it.
    var kind: mode_t { unsafe mode_t(archive_entry_filetype(entry)) }
    var permissions: mode_t { unsafe mode_t(archive_entry_perm(entry)) & 0o7777 }
    var size: Int64 { unsafe archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0 }
    var device: dev_t { unsafe archive_entry_rdev(entry) }

    /// The numeric owner; nil where it is none that Linux can have.
    var owner: (user: uid_t, group: gid_t)? {
        guard let user = unsafe uid_t(exactly: archive_entry_uid(entry)), user != uid_t.max,
            let group = unsafe gid_t(exactly: archive_entry_gid(entry)), group != gid_t.max
        else { return nil }
        return (user, group)
    }

    /// In seconds since 1970; nil where nothing is said.
    var modified: Int64? {
        unsafe archive_entry_mtime_is_set(entry) != 0 ? Int64(archive_entry_mtime(entry)) : nil
    }

    /// Last access and last modification, for utimensat(2).
    var times: (timespec, timespec) {
        let omitted = timespec(tv_sec: 0, tv_nsec: mg_utime_omit)
        guard unsafe archive_entry_mtime_is_set(entry) != 0 else { return (omitted, omitted) }
        let modified = unsafe timespec(
            tv_sec: archive_entry_mtime(entry), tv_nsec: Self.nanoseconds(archive_entry_mtime_nsec(entry)))
        guard unsafe archive_entry_atime_is_set(entry) != 0 else { return (modified, modified) }
        let accessed = unsafe timespec(
            tv_sec: archive_entry_atime(entry), tv_nsec: Self.nanoseconds(archive_entry_atime_nsec(entry)))
        return (accessed, modified)
    }

    private static func nanoseconds(_ value: Int) -> Int {
        min(max(value, 0), 999_999_999)
    }

    /// Extended attributes to set, POSIX ACLs among them (as `system.posix_acl_*`), `security.capability` last.
    ///
    /// Labels of security modules (SELinux, IMA…) belong to the system they were made on and are left out.
    var extendedAttributes: [(name: String, value: [UInt8])] {
        var attributes: [(name: String, value: [UInt8])] = []
        if unsafe archive_entry_xattr_reset(entry) > 0 {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            while unsafe archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
                guard let label = unsafe name.map({ unsafe String(cString: $0) }) else { continue }
                if label.hasPrefix("security."), label != "security.capability" { continue }
                attributes.append((label, unsafe Array(UnsafeRawBufferPointer(start: value, count: size))))
            }
        }
        if unsafe archive_entry_acl_types(entry) != 0 {
            attributes += unsafe accessControlLists(of: entry)
        }
        // Whatever else changes the file takes its capabilities away.
        return attributes.filter { $0.name != "security.capability" }
            + attributes.filter { $0.name == "security.capability" }
    }
}
