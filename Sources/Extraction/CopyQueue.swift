// SPDX-License-Identifier: Apache-2.0

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
@safe final class CopyQueue: @unchecked Sendable {
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

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    // Guarded by the mutex.
    private var pending: [Pending] = []
    /// Directories that are being copied: more may come of them.
    private var busy = 0
    private var firstNames: [Identity: EntryName] = [:]
    private var bytes: Int64 = 0
    private let progress: @Sendable (Int64) -> Void

    // The same; read by the one who has joined all threads.
    private(set) var failure: ExtractionError?
    private(set) var links: [Link] = []
    private(set) var directories = DirectoryMetadata()

    init(_ progress: @escaping @Sendable (Int64) -> Void) {
        self.progress = progress
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    func add(_ more: [Pending]) {
        guard !more.isEmpty else { return }
        locked {
            pending += more
            unsafe pthread_cond_broadcast(condition)
        }
    }

    /// A directory to copy, to be followed by `done()`; nil where there will be no more.
    func next() -> Pending? {
        locked {
            while pending.isEmpty, busy > 0, failure == nil { unsafe pthread_cond_wait(condition, mutex) }
            guard failure == nil, let next = pending.popLast() else { return nil }
            busy += 1
            return next
        }
    }

    func done() {
        locked {
            busy -= 1
            if busy == 0, pending.isEmpty { unsafe pthread_cond_broadcast(condition) }
        }
    }

    /// Ends the copy: the first failure is what it fails with.
    func fail(_ error: ExtractionError) {
        locked {
            if failure == nil { failure = error }
            unsafe pthread_cond_broadcast(condition)
        }
    }

    var isOver: Bool { locked { failure != nil } }

    /// Whether `name` is the first of this file; else it is linked to the first one later.
    func isFirst(_ name: EntryName, of identity: Identity) -> Bool {
        locked {
            if let first = firstNames[identity] {
                links.append(Link(target: first, name: name))
                return false
            }
            firstNames[identity] = name
            return true
        }
    }

    func note(_ name: EntryName, _ values: DirectoryMetadata.Values) {
        locked { directories.set(name, values) }
    }

    func advance(by count: Int64) {
        locked {
            bytes += count
            progress(bytes)
        }
    }
}
