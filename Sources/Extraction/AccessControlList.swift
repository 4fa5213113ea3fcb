// SPDX-License-Identifier: Apache-2.0

internal import CArchive

/// The POSIX ACLs of `entry` as the extended attributes that hold them on Linux (linux/posix_acl_xattr.h): a version,
/// then for each line tag and permissions in 16 bits, and an id in 32, little-endian. Ids are numeric.
func accessControlLists(of entry: OpaquePointer) -> [(name: String, value: [UInt8])] {
    let lists: [(type: CInt, name: String)] = [
        (ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access"),
        (ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default"),
    ]
    return lists.compactMap { list in
        guard unsafe archive_entry_acl_reset(entry, list.type) > 0 else { return nil }
        var lines: [(tag: UInt16, permissions: UInt16, id: UInt32)] = []
        var type: CInt = 0
        var permissions: CInt = 0
        var tag: CInt = 0
        var qualifier: CInt = 0
        var name: UnsafePointer<CChar>?
        while unsafe archive_entry_acl_next(entry, list.type, &type, &permissions, &tag, &qualifier, &name)
            == ARCHIVE_OK
        {
            guard type == list.type, let kernelTag = kernelTag(tag) else { continue }
            let id = kernelTag.named ? UInt32(bitPattern: qualifier) : UInt32.max
            lines.append((kernelTag.value, UInt16(truncatingIfNeeded: permissions & 7), id))
        }
        // The kernel wants them in this order.
        lines.sort { ($0.tag, $0.id) < ($1.tag, $1.id) }
        var value: [UInt8] = [2, 0, 0, 0]
        for line in lines {
            value += [UInt8(truncatingIfNeeded: line.tag), UInt8(truncatingIfNeeded: line.tag >> 8)]
            value += [UInt8(truncatingIfNeeded: line.permissions), 0]
            value += (0..<4).map { UInt8(truncatingIfNeeded: line.id >> (8 * $0)) }
        }
        return (list.name, value)
    }
}

private func kernelTag(_ tag: CInt) -> (value: UInt16, named: Bool)? {
    switch tag {
    case ARCHIVE_ENTRY_ACL_USER_OBJ: (0x01, false)
    case ARCHIVE_ENTRY_ACL_USER: (0x02, true)
    case ARCHIVE_ENTRY_ACL_GROUP_OBJ: (0x04, false)
    case ARCHIVE_ENTRY_ACL_GROUP: (0x08, true)
    case ARCHIVE_ENTRY_ACL_MASK: (0x10, false)
    case ARCHIVE_ENTRY_ACL_OTHER: (0x20, false)
    default: nil
    }
}

/// The other way round: `value` of such an attribute as an ACL of `entry`.
func addAccessControlList(_ value: ArraySlice<UInt8>, _ type: CInt, to entry: OpaquePointer) {
    let tags: [UInt8: CInt] = [
        0x01: ARCHIVE_ENTRY_ACL_USER_OBJ, 0x02: ARCHIVE_ENTRY_ACL_USER, 0x04: ARCHIVE_ENTRY_ACL_GROUP_OBJ,
        0x08: ARCHIVE_ENTRY_ACL_GROUP, 0x10: ARCHIVE_ENTRY_ACL_MASK, 0x20: ARCHIVE_ENTRY_ACL_OTHER,
    ]
    var rest = value.dropFirst(4)
    while rest.count >= 8 {
        let line = Array(rest.prefix(8))
        rest = rest.dropFirst(8)
        guard let tag = tags[line[0]] else { continue }
        let id = line[4...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let named = tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP
        unsafe archive_entry_acl_add_entry(
            entry, type, CInt(line[2] & 7), tag, named ? CInt(bitPattern: id) : -1, named ? "\(id)" : "")
    }
}
