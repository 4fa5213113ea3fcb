// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import CLinux
internal import Glibc
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
    for (label, value) in extendedAttributes(of: name, in: directory) {
        switch label {
        case "system.posix_acl_access":
            unsafe addAccessControlList(value[...], ARCHIVE_ENTRY_ACL_TYPE_ACCESS, to: entry)
        case "system.posix_acl_default":
            unsafe addAccessControlList(value[...], ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, to: entry)
        default: unsafe archive_entry_xattr_add_entry(entry, label, value, value.count)
        }
    }
}

/// In the order of their names. Labels of security modules are left out: they belong to this system.
func extendedAttributes(of name: [UInt8], in directory: CInt) -> [(label: String, value: [UInt8])] {
    // A link itself cannot be opened; through /proc its attributes can be read all the same.
    let path = Array("/proc/self/fd/\(directory)/".utf8) + name
    var attributes: [(String, [UInt8])] = []
    unsafe path.withCString { path in
        let size = unsafe mg_llistxattr(path, nil, 0)
        guard size > 0 else { return }
        var list = [CChar](repeating: 0, count: size)
        let count = unsafe mg_llistxattr(path, &list, UInt(size))
        guard count > 0 else { return }
        for label in list[..<count].split(separator: 0).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let label = String(decoding: label.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if label.hasPrefix("security."), label != "security.capability" { continue }
            var value = [UInt8](repeating: 0, count: 64 << 10)
            let count = unsafe mg_lgetxattr(path, label, &value, UInt(value.count))
            if count >= 0 { attributes.append((label, Array(value[..<count]))) }
        }
    }
    return attributes
}
