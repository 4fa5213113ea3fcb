// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The files of a cgroup's directory (cgroup-v2, kernel documentation).
extension FilePath {
    /// What the file `name` in this cgroup says; nil where it cannot be read.
    func setting(_ name: String) -> String? {
        (try? appending(name).readFile()).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The words of such a file: controllers, process numbers.
    func words(_ name: String) -> [String] {
        setting(name)?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
    }

    /// The number after `key` in a file of lines such as `oom_kill 1`; 0 where there is none.
    func count(_ key: String, in name: String) -> UInt64 {
        let lines = setting(name)?.split(separator: "\n").map { $0.split(separator: " ") } ?? []
        return lines.first { $0.count == 2 && $0[0] == key }.flatMap { UInt64($0[1]) } ?? 0
    }

    /// Writes `text` at once, as the kernel wants it.
    func set(_ name: String, to text: String) throws(FilesystemError) {
        let file = appending(name)
        try OwnedDescriptor.open(file, .writeOnly).write(Array(text.utf8), to: file)
    }

    func isWritable(_ name: String) -> Bool {
        unsafe access(appending(name).string, W_OK) == 0
    }

    /// mkdir(2); nil where it worked.
    func makeCgroup() -> Errno? {
        unsafe mkdir(string, 0o755) == 0 ? nil : .last
    }

    /// rmdir(2), which is all that it takes (the files are the kernel's). False while there are processes in it.
    @discardableResult func removeCgroup() -> Bool {
        unsafe rmdir(string) == 0
    }
}
