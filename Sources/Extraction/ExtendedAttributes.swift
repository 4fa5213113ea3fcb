// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// Those of a file (xattr(7)), in the order of their names. Labels of security modules are left out: they belong to this
/// system.
func extendedAttributes(of file: CInt) -> [(name: String, value: [UInt8])] {
    unsafe extendedAttributes {
        unsafe mg_flistxattr(file, $0, $1)
    } value: {
        unsafe mg_fgetxattr(file, $0, $1, $2)
    }
}

/// Those of `name`, which may be a link: it cannot be opened, and is read through /proc.
func extendedAttributes(of name: [UInt8], in directory: CInt) -> [(name: String, value: [UInt8])] {
    let path = pathThroughProc(name, in: directory)
    return unsafe extendedAttributes {
        unsafe mg_llistxattr(path, $0, $1)
    } value: {
        unsafe mg_lgetxattr(path, $0, $1, $2)
    }
}

func pathThroughProc(_ name: [UInt8], in directory: CInt) -> [CChar] {
    (Array("/proc/self/fd/\(directory)/".utf8) + name + [0]).map { CChar(bitPattern: $0) }
}

private func extendedAttributes(
    list: (UnsafeMutablePointer<CChar>?, UInt) -> Int,
    value: (UnsafePointer<CChar>, UnsafeMutableRawPointer?, UInt) -> Int
) -> [(name: String, value: [UInt8])] {
    let size = list(nil, 0)
    guard size > 0 else { return [] }
    var names = [CChar](repeating: 0, count: size)
    let count = unsafe list(&names, UInt(size))
    guard count > 0 else { return [] }
    var found: [(name: String, value: [UInt8])] = []
    for name in names[..<count].split(separator: 0).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        let name = String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if name.hasPrefix("security."), name != "security.capability" { continue }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe value(name, &bytes, UInt(bytes.count))
        if count >= 0 { found.append((name, Array(bytes[..<count]))) }
    }
    return found
}
