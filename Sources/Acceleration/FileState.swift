// SPDX-License-Identifier: Apache-2.0

internal import CDispatcher
package import Filesystem

/// A file's identity and state, which change when the file is written to or replaced.
package struct FileState: Codable, Hashable, Sendable {
    /// nil: any. Files under an overlay have a device number that nobody knows before it is mounted.
    package let device: UInt64?
    package let inode: UInt64
    package let size: Int64
    /// Last modification, in nanoseconds since the epoch.
    package let modified: Int64
    /// Last change of anything, in nanoseconds since the epoch; unlike `modified` no program can set it.
    package let changed: Int64

    package init(_ status: FileStatus, anyDevice: Bool = false) {
        device = anyDevice ? nil : UInt64(status.device)
        inode = UInt64(status.inode)
        size = status.size
        modified = status.modified
        changed = status.changed
    }

    /// Of a directory. Under an overlay it has another number than in the tree below, and the same times.
    package init(ofDirectory status: FileStatus, anyDevice: Bool) {
        device = anyDevice ? nil : UInt64(status.device)
        inode = anyDevice ? .max : UInt64(status.inode)
        size = anyDevice ? -1 : status.size
        modified = status.modified
        changed = status.changed
    }

    /// As it stands in a table.
    var encoded: mg_identity {
        mg_identity(device: device ?? 0, inode: inode, size: size, modified: modified, changed: changed)
    }
}
