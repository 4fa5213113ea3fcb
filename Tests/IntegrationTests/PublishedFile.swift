// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Glibc
import Synchronization
import SystemPackage

/// A file on a mirror. Each is two seconds younger than the one before, and all are older than the test: a server tells versions of
/// one second by nothing, and of a file of this very second nobody knows whether it is going to be another one (RFC 9110, 8.8.2.2).
enum PublishedFile {
    private static let count = Atomic<Int>(0)

    static func write(_ bytes: [UInt8], to path: FilePath) throws {
        try AtomicFile.write(bytes, to: path)
        let seconds = time(nil) - 100_000 + 2 * count.wrappingAdd(1, ordering: .relaxed).newValue
        let moment = timespec(tv_sec: seconds, tv_nsec: 0)
        guard utimensat(AT_FDCWD, path.string, [moment, moment], 0) == 0 else { throw Errno(rawValue: errno) }
    }
}
