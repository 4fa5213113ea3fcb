// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A directory and its copy, both open.
struct CopiedPair: ~Copyable {
    let source: OwnedDescriptor
    let target: OwnedDescriptor
}

/// The same, open as long as anything in it is still to be copied.
final class CopiedDirectory: Sendable {
    let source: OwnedDescriptor
    let target: OwnedDescriptor
    let name: EntryName

    init(_ pair: consuming CopiedPair, _ name: EntryName) {
        source = pair.source
        target = pair.target
        self.name = name
    }
}

/// What the threads of a copy share: the directories still to be copied, and what has to wait until all are.
final class CopyQueue: @unchecked Sendable {
    struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    /// A directory to be copied: `parent` itself where there is no name, else one in it that is not open yet.
    struct Pending {
        let parent: CopiedDirectory
        /// With a NUL.
        let name: [CChar]?
    }

    /// A further name of a file.
    struct Link {
        let target: EntryName
        let name: EntryName
    }

    private let monitor = Monitor()

    // Guarded by the monitor.
    private var pending: [Pending] = []
    /// Directories that are being copied: more may come of them.
    private var busy = 0
    private var firstNames: [Identity: EntryName] = [:]
    private let progress: @Sendable (Int64) -> Void

    // The same; read by the one who has joined all threads.
    private(set) var failure: ExtractionError?
    private(set) var links: [Link] = []
    private(set) var directories = DirectoryMetadata()
    private(set) var report = ExtractionReport()

    init(_ progress: @escaping @Sendable (Int64) -> Void) { self.progress = progress }

    func add(_ more: [Pending]) {
        guard !more.isEmpty else { return }
        monitor.locked {
            pending += more
            monitor.notify()
        }
    }

    /// A directory to copy, to be followed by `done()`; nil where there will be no more.
    func next() -> Pending? {
        monitor.locked {
            monitor.wait { pending.isEmpty && busy > 0 && failure == nil }
            guard failure == nil, let next = pending.popLast() else { return nil }
            busy += 1
            return next
        }
    }

    func done() {
        monitor.locked {
            busy -= 1
            if busy == 0, pending.isEmpty { monitor.notify() }
        }
    }

    /// Ends the copy: the first failure is what it fails with.
    func fail(_ error: ExtractionError) {
        monitor.locked {
            if failure == nil { failure = error }
            monitor.notify()
        }
    }

    var isOver: Bool { monitor.locked { failure != nil } }

    /// Whether `name` is the first of this file; else it is linked to the first one later.
    func isFirst(_ name: EntryName, of identity: Identity) -> Bool {
        monitor.locked {
            if let first = firstNames[identity] {
                links.append(Link(target: first, name: name))
                return false
            }
            firstNames[identity] = name
            return true
        }
    }

    func note(_ name: EntryName, _ values: DirectoryMetadata.Values) {
        monitor.locked { directories.set(name, values) }
    }

    func advance(by count: Int64) {
        monitor.locked {
            report.bytes += count
            progress(report.bytes)
        }
    }

    /// Counts what has been copied.
    func count(_ status: stat) {
        monitor.locked {
            report.entries += 1
            report.newestTime = max(report.newestTime, Int64(status.st_mtim.tv_sec))
        }
    }

    /// Records what is left out.
    func skip(_ name: EntryName, _ reason: String) {
        monitor.locked { report.skip(name.relative, reason) }
    }

    /// Records that what is mounted at `name` is left out.
    func noteMount(_ name: EntryName) {
        monitor.locked { report.noteMount(name.relative) }
    }
}

extension EntryName {
    /// For messages, as a tarball has it: `etc/passwd`.
    fileprivate var relative: String { printable(rooted.dropFirst()) }
}
