// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What is in the open directory `directory`, `.` and `..` apart, as readdir(3) says it: names as bytes, for they need not be UTF-8,
/// and types, `DT_UNKNOWN` among them. nil and errno where it cannot be listed.
func rawListing(of directory: CInt) -> [(name: [UInt8], type: UInt8)]? {
    // Of its own: a stream moves the descriptor on, and closes it.
    let opened = unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0, let stream = unsafe fdopendir(opened) else { return nil }
    defer { unsafe closedir(stream) }
    var found: [(name: [UInt8], type: UInt8)] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
        if name != Array(".".utf8), name != Array("..".utf8) { unsafe found.append((name, entry.pointee.d_type)) }
    }
    return found
}
