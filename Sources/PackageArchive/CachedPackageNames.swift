// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
package import SystemPackage

/// Names of packages in indices that were downloaded before, for completion in a shell.
package struct CachedPackageNames {
    private static let begin = Array("\nPackage: ".utf8)
    private static let chunk = 1 << 20

    private let directory: FilePath
    private let deadline: ContinuousClock.Instant

    /// `cache` is an `ArchiveClient`'s. What is not found within `limit` is left out.
    package init(in cache: FilePath, within limit: Duration) {
        directory = cache.appending("indices")
        deadline = .now + limit
    }

    /// Those that begin with `prefix`, sorted, from the indices that were used last.
    package func starting(with prefix: String) -> [String] {
        var found: Set<String> = []
        for file in files() {
            guard let opened = try? OwnedDescriptor.open(directory.appending(file), .readOnly) else { continue }
            search(opened.rawValue, for: Self.begin + Array(prefix.utf8), &found)
            if deadline <= .now { break }
        }
        return found.sorted()
    }

    /// Complete indices, the last used first.
    private func files() -> [FilePath.Component] {
        guard let indices = try? Directory.open(directory), let names = try? indices.names() else { return [] }
        var files: [(name: FilePath.Component, modified: Int64)] = []
        for name in names where !name.string.contains(".") || name.string.hasSuffix(".plain") {
            guard let status = try? indices.status(of: name) else { continue }
            files.append((name, status.modified))
        }
        return files.sorted { $0.modified > $1.modified }.map(\.name)
    }

    private func search(_ file: CInt, for wanted: [UInt8], _ found: inout Set<String>) {
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: Self.chunk + 1)
        defer { unsafe text.deallocate() }
        let newline = CChar(bitPattern: UInt8(ascii: "\n"))
        // The first paragraph has no line before it.
        unsafe text[0] = newline
        var length = 1
        while deadline > .now, length < Self.chunk {
            let count = unsafe read(file, text + length, Self.chunk - length)
            guard count > 0 else { return }
            length += count
            // A line that has not ended is left for the next time.
            var end = length - 1
            while end > 0, unsafe text[end] != newline { end -= 1 }
            let next = unsafe text[end + 1]
            unsafe text[end + 1] = 0
            unsafe Self.collect(text, wanted, &found)
            unsafe text[end + 1] = next
            unsafe memmove(text, text + end, length - end)
            length -= end
        }
    }

    /// `text` ends with a zero byte, for strstr(3). An index contains none.
    private static func collect(
        _ text: UnsafePointer<CChar>, _ wanted: [UInt8], _ found: inout Set<String>
    ) {
        let wanted = wanted.map { CChar(bitPattern: $0) } + [0]
        var place = unsafe text
        while let hit = unsafe strstr(place, wanted) {
            let name = unsafe hit + begin.count
            let length = unsafe strcspn(name, "\n")
            found.insert(unsafe String(decoding: UnsafeRawBufferPointer(start: name, count: length), as: UTF8.self))
            unsafe place = unsafe UnsafePointer(name + length)
        }
    }
}
