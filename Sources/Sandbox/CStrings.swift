// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// C strings and arrays of them that live as long as this object, for a plan handed to C.
@safe final class CStrings {
    private var blocks: [UnsafeMutableRawPointer] = unsafe []

    deinit {
        unsafe blocks.forEach { unsafe free($0) }
    }

    func copy(_ string: String) -> UnsafeMutablePointer<CChar>? {
        unsafe keep(strdup(string))
    }

    /// As it is: a path need not be UTF-8.
    func copy(_ path: FilePath) -> UnsafeMutablePointer<CChar>? {
        unsafe path.withPlatformString { unsafe keep(strdup($0)) }
    }

    private func keep(_ copied: UnsafeMutablePointer<CChar>?) -> UnsafeMutablePointer<CChar>? {
        if let copied = unsafe copied { unsafe blocks.append(UnsafeMutableRawPointer(copied)) }
        return unsafe copied
    }

    /// The strings and a NULL after them.
    func array(_ strings: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        unsafe array(strings.map { unsafe copy($0) })
    }

    func array(_ paths: [FilePath]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        unsafe array(paths.map { unsafe copy($0) })
    }

    private func array(
        _ copies: [UnsafeMutablePointer<CChar>?]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let pointers = unsafe room(for: UnsafeMutablePointer<CChar>?.self, count: copies.count + 1)
        for index in unsafe copies.indices { unsafe (pointers + index).initialize(to: copies[index]) }
        unsafe (pointers + copies.count).initialize(to: nil)
        return unsafe pointers
    }

    /// Uninitialized room for `count` values of a trivial type.
    func room<Element>(for type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
        let size = max(1, count) * MemoryLayout<Element>.stride
        guard let block = unsafe malloc(size) else { fatalError("out of memory") }
        unsafe blocks.append(block)
        return unsafe block.bindMemory(to: type, capacity: max(1, count))
    }
}
