// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Owners, modes, extended attributes, times.
extension TreeWriter {
    func filtered(_ permissions: mode_t) -> mode_t {
        policy.keepsSetuid ? permissions : permissions & ~mode_t(S_ISUID | S_ISGID)
    }

    func changesOwner(_ owner: (user: uid_t, group: gid_t)?) -> Bool {
        guard policy.ownership == .archive else { return parents.inheritsGroup }
        guard let owner else { return true }
        return owner != caller || parents.inheritsGroup
    }

    mutating func setLinkMetadata(_ entry: ArchiveEntry, _ name: EntryName) throws(ExtractionError) {
        let parent = try parent(of: name, entry)
        if changesOwner(entry.owner), let owner = wanted(entry.owner, entry.displayName) {
            let result = unsafe name.withLast {
                unsafe fchownat(parent, $0, owner.user, owner.group, AT_SYMLINK_NOFOLLOW)
            }
            if result != 0 { try ownerRefused(.last, owner, entry.displayName) }
        }
        if entry.kind != S_IFLNK {
            // Made just now, in a directory held open: no link to follow.
            let result = unsafe name.withLast { unsafe fchmodat(parent, $0, filtered(entry.permissions), 0) }
            if result != 0 { throw failed("set permissions of", entry.displayName, .last) }
        }
        for attribute in entry.extendedAttributes {
            let path = "/proc/self/fd/\(parent)/".utf8CString.dropLast() + name.component(name.parentDepth)
            let result = unsafe Array(path).withUnsafeBufferPointer { path in
                guard let path = path.baseAddress else { return CInt(-1) }
                return unsafe mg_lsetxattr(path, attribute.name, attribute.value, UInt(attribute.value.count))
            }
            if result != 0 { recordAttribute(attribute.name, .last, entry.displayName) }
        }
        let times = [entry.times.0, entry.times.1]
        let result = unsafe name.withLast { unsafe utimensat(parent, $0, times, AT_SYMLINK_NOFOLLOW) }
        if result != 0 { throw failed("set times of", entry.displayName, .last) }
    }

    mutating func setOwner(
        _ owner: (user: uid_t, group: gid_t)?, ofDescriptor descriptor: CInt, _ display: String
    ) throws(ExtractionError) {
        guard let owner = wanted(owner, display) else { return }
        if fchown(descriptor, owner.user, owner.group) != 0 { try ownerRefused(.last, owner, display) }
    }

    /// The owner to set; nil, recorded, where Linux has no such id.
    mutating func wanted(
        _ owner: (user: uid_t, group: gid_t)?, _ display: String
    ) -> (user: uid_t, group: gid_t)? {
        if policy.ownership == .caller { return caller }
        if owner == nil { report.skip(display, "invalid owner id: it belongs to the caller") }
        return owner
    }

    mutating func ownerRefused(
        _ error: Errno, _ owner: (user: uid_t, group: gid_t), _ display: String
    ) throws(ExtractionError) {
        if policy.unmappedOwners == .refuse, error == .invalidArgument {
            throw ExtractionError(
                archive,
                .hostile(
                    entry: display, "its owner, \(owner.user):\(owner.group), is not in the range of ids available here"
                )
            )
        }
        guard policy.unmappedOwners == .record, error == .invalidArgument || error == .notPermitted else {
            throw failed("give user \(owner.user), group \(owner.group) ownership of", display, error)
        }
        report.skip(display, "owner \(owner.user):\(owner.group) cannot be set here: it belongs to the caller")
    }

    mutating func setAttributes(
        _ attributes: [(name: String, value: [UInt8])], ofDescriptor descriptor: CInt, _ display: String
    ) {
        for (name, value) in attributes where unsafe mg_fsetxattr(descriptor, name, value, UInt(value.count)) != 0 {
            recordAttribute(name, .last, display)
        }
    }

    mutating func recordAttribute(_ name: String, _ error: Errno, _ display: String) {
        report.skip(display, "extended attribute \(printable(name.utf8)) cannot be set: \(error.description)")
    }

    func setTimes(
        _ times: (timespec, timespec), ofDescriptor descriptor: CInt, _ display: String
    ) throws(ExtractionError) {
        if unsafe futimens(descriptor, [times.0, times.1]) != 0 { throw failed("set times of", display, .last) }
    }
}
