// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The part of a copy that several threads do at once: makes directories and everything in them.
///
/// Names are resolved against the directory that they were listed in, and never through a link. Entries that were
/// deleted or replaced after listing are left out.
struct CopyWork: Sendable {
    /// Directories above this depth are anyone's to copy. What is in one at this depth is copied by one thread, which keeps
    /// a few directories open however deep it goes.
    private static let sharedDepth = 8

    let rules: CopyRules
    let queue: CopyQueue

    /// Copies directories until there are no more.
    func run() {
        // This thread only: the mode a file is created with is then its mode, without another call.
        let hasOwnUmask = mg_unshare_umask() == 0
        if hasOwnUmask { _ = umask(0) }
        let files = CopiedFiles(rules, queue, hasOwnUmask: hasOwnUmask)
        while let next = queue.next() {
            do throws(ExtractionError) {
                try copy(next, files)
            } catch {
                queue.fail(error)
            }
            queue.done()
        }
    }

    private func copy(_ next: CopyQueue.Pending, _ files: CopiedFiles) throws(ExtractionError) {
        let parent = next.parent
        guard let last = next.name else { return try share(parent, files) }
        let name = parent.name.appending(last)
        guard let pair = try files.enter(last, name, from: parent.source.rawValue, to: parent.target.rawValue) else {
            return
        }
        if name.parentDepth < Self.sharedDepth {
            try share(CopiedDirectory(pair, name), files)
        } else {
            try copyAll(pair, name, files)
        }
    }

    /// Copies the files in a directory, and leaves the directories in it to whoever has time.
    private func share(_ directory: CopiedDirectory, _ files: CopiedFiles) throws(ExtractionError) {
        let names = try files.copy(from: directory.source.rawValue, to: directory.target.rawValue, directory.name)
        queue.add(names.map { .init(parent: directory, name: $0) })
    }

    /// Copies everything below a directory.
    private func copyAll(
        _ top: consuming CopiedPair, _ name: EntryName, _ files: CopiedFiles
    ) throws(ExtractionError) {
        var name = name
        var rest = [try files.copy(from: top.source.rawValue, to: top.target.rawValue, name)]
        var descent = try CopyDescent(top, archive: rules.archive)
        while !queue.isOver {
            guard let last = rest[rest.count - 1].popLast() else {
                rest.removeLast()
                name.removeLast()
                if rest.isEmpty { return }
                try descent.leave()
                continue
            }
            name.append(last)
            guard let pair = try files.enter(last, name, from: descent.source.current, to: descent.target.current)
            else {
                name.removeLast()
                continue
            }
            rest.append(try files.copy(from: pair.source.rawValue, to: pair.target.rawValue, name))
            try descent.enter(pair)
        }
    }
}

/// Where a walk through both trees is.
private struct CopyDescent: ~Copyable {
    private(set) var source: TreeDescent
    private(set) var target: TreeDescent
    private let archive: String

    init(_ pair: consuming CopiedPair, archive: String) throws(ExtractionError) {
        let first = try Self.begin(pair.source, archive)
        let second = try Self.begin(pair.target, archive)
        source = first
        target = second
        self.archive = archive
    }

    private static func begin(
        _ directory: consuming OwnedDescriptor, _ archive: String
    ) throws(ExtractionError) -> TreeDescent {
        do throws(FilesystemError) {
            return try TreeDescent(directory, path: "/")
        } catch {
            throw ExtractionError(archive, error)
        }
    }

    mutating func enter(_ pair: consuming CopiedPair) throws(ExtractionError) {
        do throws(FilesystemError) {
            try source.enter(pair.source)
            try target.enter(pair.target)
        } catch {
            throw ExtractionError(archive, error)
        }
    }

    mutating func leave() throws(ExtractionError) {
        do throws(FilesystemError) {
            try source.leave()
            try target.leave()
        } catch {
            throw ExtractionError(archive, error)
        }
    }
}

extension ExtractionError {
    fileprivate init(_ archive: String, _ error: FilesystemError) {
        self.init(archive, .file(operation: error.operation, path: error.path.string, error.errno))
    }
}
