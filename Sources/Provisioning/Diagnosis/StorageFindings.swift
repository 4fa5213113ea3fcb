// SPDX-License-Identifier: Apache-2.0

package import Failures
internal import Filesystem
internal import Glibc
package import SystemPackage
internal import Terminal

/// What `doctor` finds out about the place where roots are.
package struct StorageFindings {
    private let store: RootStore

    package init(_ store: RootStore) {
        self.store = store
    }

    package func findings() -> [Finding] {
        guard let place = existing(store.directory), let space = Space(of: place) else {
            return [Finding("storage", .problem, "cannot examine \(store.directory)", remedy: nil)]
        }
        return [
            writable(place), space.bytesFinding(place), space.inodesFinding(place), largeInodes(place, space),
            leftovers(),
        ]
        .compactMap(\.self)
    }

    /// The directory itself, or the nearest one above that exists.
    /// The directory of roots, or the nearest above it that there is.
    package var place: FilePath? { existing(store.directory) }

    private func existing(_ path: FilePath) -> FilePath? {
        if (try? path.directoryIdentity()) ?? nil != nil { return path }
        let above = path.removingLastComponent()
        return above == path || above.isEmpty ? nil : existing(above)
    }

    private func writable(_ place: FilePath) -> Finding? {
        guard unsafe access(place.string, W_OK) != 0 else { return nil }
        return Finding(
            "storage", .problem, "\(place) is not writable",
            remedy: "set MANGROVE_HOME to a writable directory")
    }

    /// A 32-bit program that asks for a directory's entries gets EOVERFLOW for such a number; qemu cannot help it.
    private func largeInodes(_ place: FilePath, _ space: Space) -> Finding? {
        let own = (try? Directory.open(place).identity().inode) ?? 0
        guard own > UInt64(UInt32.max) || space.allInodes > UInt64(UInt32.max) else { return nil }
        return Finding(
            "inode numbers", .warning,
            "\(place) has 64-bit inode numbers: programs in armhf, armel and i386 roots may fail",
            remedy: "keep such roots on an ext4 or tmpfs file system, with MANGROVE_HOME")
    }

    private func leftovers() -> Finding? {
        let dead = store.stagings().filter { path in
            (try? FileLock.acquire(path.appending(RootStore.lock), .shared, wait: false)) != nil
        }
        guard !dead.isEmpty else { return nil }
        return Finding(
            "leftovers", .warning, "files of \(dead.count) interrupted commands in \(store.directory)",
            remedy: "the next create or remove deletes them")
    }
}

/// What is free on a file system (statvfs(3)).
struct Space {
    let freeBytes: UInt64
    let freeInodes: UInt64
    /// 0 where the file system does not count them.
    let allInodes: UInt64

    init?(of path: FilePath) {
        var found = statvfs()
        guard unsafe statvfs(path.string, &found) == 0 else { return nil }
        self.init(
            freeBytes: UInt64(found.f_bavail) * UInt64(found.f_frsize), freeInodes: UInt64(found.f_favail),
            allInodes: UInt64(found.f_files))
    }

    init(freeBytes: UInt64, freeInodes: UInt64, allInodes: UInt64) {
        self.freeBytes = freeBytes
        self.freeInodes = freeInodes
        self.allInodes = allInodes
    }

    func bytesFinding(_ place: FilePath) -> Finding {
        let free = Int64(clamping: freeBytes)
        // A base with compilers takes about one.
        if free < 2_000_000_000 {
            return Finding(
                "disk space", .warning, "\(Quantity.bytes(free)) free at \(place)",
                remedy: "free space, or set MANGROVE_HOME to another file system; \"mangrove cache prune\" may help")
        }
        return Finding("disk space", .ok, "\(Quantity.bytes(free)) free at \(place)")
    }

    func inodesFinding(_ place: FilePath) -> Finding? {
        guard allInodes > 0, freeInodes < 100_000 else { return nil }
        return Finding(
            "inodes", .warning, "\(counted(freeInodes, "file")) can be created at \(place)",
            remedy: "delete files, or set MANGROVE_HOME to another file system")
    }
}
