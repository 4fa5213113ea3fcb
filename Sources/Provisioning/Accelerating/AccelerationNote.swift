// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
package import SystemPackage

/// Why the last run of a root was not accelerated although that would have been welcome: beside the root, so that it is
/// said once and not by every run.
package enum AccelerationNote {
    private static let file: FilePath.Component = "unaccelerated"

    /// nil where it was accelerated.
    package static func last(in directory: FilePath) -> String? {
        (try? directory.appending(file).readFile(limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Keeps it. Returns whether the user is to be told: the run before had nothing of the kind.
    static func keep(_ reason: String?, in directory: FilePath) -> Bool {
        let last = last(in: directory)
        guard let reason else {
            if last != nil { _ = unsafe unlink(directory.appending(file).string) }
            return false
        }
        if last != reason { try? AtomicFile.write(Array(reason.utf8), to: directory.appending(file)) }
        return last == nil
    }
}
