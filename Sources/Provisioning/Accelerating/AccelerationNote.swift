// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
package import SystemPackage

/// What the last run of a root fell short of, and why: beside the root, so that it is said once and not by every run.
package enum AccelerationNote: String, Sendable {
    /// It was not accelerated, although that would have been welcome.
    case unaccelerated
    /// Some of what it compiled was emulated, which `tools build` would change.
    case compilers = "emulated-compilers"

    private func file(in directory: FilePath) -> FilePath { directory.appending(rawValue) }

    /// nil where there was nothing of the kind.
    package func last(in directory: FilePath) -> String? {
        (try? file(in: directory).readFile(limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Keeps it. Returns whether the user is to be told: the run before had nothing of the kind.
    func keep(_ reason: String?, in directory: FilePath) -> Bool {
        let last = last(in: directory)
        guard let reason else {
            if last != nil { _ = unsafe unlink(file(in: directory).string) }
            return false
        }
        if last != reason { try? AtomicFile.write(Array(reason.utf8), to: file(in: directory)) }
        return last == nil
    }
}
