// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import SystemPackage

/// An entry of libarchive's that is being filled in.
@safe struct NewEntry: ~Copyable {
    let pointer: OpaquePointer
    /// As in the archive: `./usr/`, with a NUL.
    let name: [CChar]

    init(_ archive: String, path: [UInt8], isDirectory: Bool) throws(ExtractionError) {
        guard let pointer = unsafe archive_entry_new() else { throw ExtractionError(archive, .stream(.noMemory)) }
        unsafe self.pointer = pointer
        let text = Array("./".utf8) + path + (isDirectory && !path.isEmpty ? Array("/".utf8) : []) + [0]
        name = text.map { CChar(bitPattern: $0) }
        unsafe archive_entry_copy_pathname(pointer, name)
    }

    deinit {
        unsafe archive_entry_free(pointer)
    }
}

/// Gives `entry` the extended attributes of a file.
func addAttributes(of name: [UInt8], in directory: CInt, to entry: OpaquePointer) {
    for attribute in extendedAttributes(of: name, in: directory) {
        let value = attribute.value
        switch attribute.name {
        case "system.posix_acl_access":
            unsafe addAccessControlList(value[...], ARCHIVE_ENTRY_ACL_TYPE_ACCESS, to: entry)
        case "system.posix_acl_default":
            unsafe addAccessControlList(value[...], ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, to: entry)
        default: unsafe archive_entry_xattr_add_entry(entry, attribute.name, value, value.count)
        }
    }
}
