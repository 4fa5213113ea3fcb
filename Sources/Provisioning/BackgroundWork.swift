// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// A background process of mangrove that uses a root: `roots/NAME/background` holds its process number and is locked
/// while it runs. There is at most one, and it ends for any command that needs the root exclusively.
struct BackgroundWork: ~Copyable {
    static let file: FilePath.Component = "background"

    private let lock: FileLock

    /// This process's work on the root in `directory`; nil if another process is doing it.
    static func begin(in directory: FilePath) throws(FilesystemError) -> BackgroundWork? {
        do throws(FilesystemError) {
            let lock = try FileLock.acquire(directory.appending(file), .exclusive, wait: false)
            // In place, because this very file is locked.
            let output = try OwnedDescriptor.open(directory.appending(file), .writeOnly, options: .truncate)
            try output.write(Array("\(getpid())\n".utf8), to: directory.appending(file))
            return BackgroundWork(lock: lock)
        } catch let error where error.errno == .resourceTemporarilyUnavailable {
            return nil
        }
    }

    /// Nothing is left of it.
    consuming func end() {
        try? Directory.open(lock.path.removingLastComponent()).unlink(Self.file)
    }

    enum State {
        case none
        case goingOn
        /// It was killed.
        case brokenOff
    }

    static func state(in directory: FilePath) -> State {
        let path = directory.appending(file)
        guard unsafe access(path.string, F_OK) == 0 else { return .none }
        return (try? FileLock.acquire(path, .shared, wait: false)) == nil ? .goingOn : .brokenOff
    }

    /// Ends the background process, if there is one, and what it executes in `tree`.
    static func stop(in directory: FilePath, tree: FilePath) {
        let path = directory.appending(file)
        guard case .goingOn = state(in: directory), let bytes = try? path.readFile(limit: 64),
            let process = pid_t(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)), process > 1
        else { return }
        kill(process, SIGTERM)
        // At most three seconds; after that the root is reported as in use.
        for _ in 0..<300 {
            if case .goingOn = state(in: directory) {} else if (try? Occupant.first(in: tree)) == nil { return }
            usleep(10_000)
        }
    }
}
