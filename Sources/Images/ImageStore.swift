// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Failures
package import Filesystem
internal import FoundationEssentials
internal import Glibc
internal import Integrity
package import SystemPackage

/// Fetched images: their blobs by digest, each stored once, and which image each name last referred to.
package struct ImageStore: Sendable {
    package let directory: FilePath
    /// The directory with the user's policy.
    let home: FilePath?

    /// `environment`: the caller's, in which containers-image finds the user's files.
    package init(_ directory: FilePath, environment: [String: String]) {
        self.directory = directory
        home = environment["HOME"].map { FilePath($0) }
        self.environment = environment
    }

    private let environment: [String: String]

    var blobs: FilePath { directory.appending("blobs") }
    /// Files that are kept, and pruned when they are old.
    package var pool: FilePath { blobs.appending("sha256") }
    package var names: FilePath { directory.appending("names") }
    private var turns: FilePath { directory.appending("turns") }
    private static let layoutPrefix = "layout-"
    static let tag = "image"

    /// A name's image: enough to use it again, or to detect a newer one.
    struct Known: Codable, Equatable {
        var source: String
        var architecture: String
        /// Of the manifest where it came from.
        var digest: String
        var index: String?
        /// Of the manifest as it is here, in OCI's form.
        var manifest: Descriptor
        /// Of the policy that accepted it: another one may not.
        var policy: String?
        /// Seconds since 1970.
        var fetched: Int64
    }

    /// Keeps the store from being pruned.
    private func use() throws(FilesystemError) -> FileLock {
        try directory.makeDirectories(mode: 0o700)
        let path = directory.appending("lock")
        // With exclusive access, unfinished files were left by a process that died.
        if let alone = try? FileLock.acquire(path, .exclusive, wait: false) {
            let directory = try Directory.open(directory)
            for name in try directory.names() where name.string.hasPrefix(Self.layoutPrefix) {
                try directory.removeTree(name)
            }
            withExtendedLifetime(alone.rawValue) {}
        }
        return try FileLock.acquire(path, .shared, wait: true)
    }

    /// Exclusive access to the store, for deleting; nil if it is in use.
    package func hold() throws(FilesystemError) -> FileLock? {
        guard unsafe access(directory.string, F_OK) == 0 else { return nil }
        return try? FileLock.acquire(directory.appending("lock"), .exclusive, wait: false)
    }

    /// The name of a directory that is not there yet.
    var newLayout: FilePath {
        directory.appending("\(Self.layoutPrefix)\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
    }

    func discard(_ layout: FilePath) {
        guard let parent = try? Directory.open(directory), let name = layout.lastComponent else { return }
        try? parent.removeTree(name)
    }

    /// Calls `body` with the path of a directory that is deleted afterwards, and not made yet.
    package func withLayout<Value, Problem: Error>(
        _ body: (FilePath) throws(Problem) -> Value, refuse: (FilesystemError) -> Problem
    ) throws(Problem) -> Value {
        let layout = newLayout
        let lock: FileLock
        do throws(FilesystemError) {
            lock = try use()
        } catch {
            throw refuse(error)
        }
        let result: Result<Value, Problem> = Result { () throws(Problem) in try body(layout) }
        discard(layout)
        withExtendedLifetime(lock.rawValue) {}
        return try result.get()
    }

    /// The current image of `source` for `architecture`: fetched if missing, and completely verified.
    ///
    /// `warn` is called if the registry is unreachable and an earlier image is used. Blocks.
    package func obtain(
        _ source: ImageSource, for architecture: Architecture, warn: (String) -> Void
    ) throws(ImageError) -> StoredImage {
        let name = source.description
        try requireFile(source)
        let lock = try ImageError.of(name) { () throws(FilesystemError) in try use() }
        let record = try recordPath(source, architecture)
        // One process fetches it, and the others find it.
        let turn = try ImageError.of(name) { () throws(FilesystemError) in
            try names.makeDirectories(mode: 0o700)
            try turns.makeDirectories(mode: 0o700)
            return try FileLock.acquire(
                turns.appending(record.lastComponent?.string ?? "image"), .exclusive, wait: true)
        }
        defer { withExtendedLifetime(turn.rawValue) {} }
        let policy = try policyDigest()
        let known = read(record).flatMap { $0.policy == policy ? $0 : nil }
        func fetched(over known: Known?) throws(ImageError) -> Known {
            var found = try fetch(source, architecture, Skopeo(for: name, environment: environment), known)
            found.policy = policy
            return found
        }
        var found: Known
        if let known, let pinned = source.pinnedDigest, [known.digest, known.index].contains(pinned) {
            found = known
        } else {
            do throws(ImageError) {
                found = try fetched(over: known)
            } catch {
                guard case .transport(.unreachable, _) = error.kind, let known else { throw error }
                warn("\(error.summary); using the one fetched on \(Self.text(known.fetched))")
                found = known
            }
        }
        let contents: Contents
        do throws(ImageError) {
            contents = try verified(found.manifest, name)
        } catch {
            guard case .damaged = error.kind else { throw error }
            // Damaged blobs, of any image, have been deleted by now.
            found = try fetched(over: nil)
            contents = try verified(found.manifest, name)
        }
        try requireArchitecture(contents.configuration, architecture, name)
        let bytes = ImageJSON.encode(found)
        try ImageError.of(name) { () throws(FilesystemError) in try AtomicFile.write(bytes, to: record) }
        return try stored(source, found, contents, lock)
    }

    /// The image of that digest, as it was fetched earlier under the same name; nil where it is not here any more.
    package func kept(_ source: ImageSource, digest: String, for architecture: Architecture) -> StoredImage? {
        let name = source.description
        guard let record = try? recordPath(source, architecture), let known = read(record), known.digest == digest,
            let lock = try? use(), let contents = try? verified(known.manifest, name)
        else { return nil }
        return try? stored(source, known, contents, lock)
    }

    /// Of the policy that there is: what one has accepted another may not.
    package func policyDigest() throws(ImageError) -> String? {
        try SignaturePolicy.bytes(home: home).map { policy throws(ImageError) in
            try digest(of: policy, "the policy").description
        }
    }

    /// The current digest of `source` in a registry: of its index or manifest. Fetches nothing else. nil for a local
    /// image, and if it cannot be determined.
    ///
    /// `warn` as in `obtain`.
    package func look(
        at source: ImageSource, for architecture: Architecture, warn: (String) -> Void
    ) throws(ImageError) -> String? {
        guard case .registry = source else { return nil }
        if let pinned = source.pinnedDigest { return pinned }
        let name = source.description
        let skopeo = try Skopeo(for: name, environment: environment)
        do throws(ImageError) {
            return try digest(of: skopeo.manifest(of: source), name).description
        } catch {
            guard case .transport(.unreachable, _) = error.kind, let known = read(try recordPath(source, architecture))
            else { throw error }
            warn("\(error.summary); using the one fetched on \(Self.text(known.fetched))")
            return known.index ?? known.digest
        }
    }

    /// The digest of the image that `source` has for `architecture`, by what its registry says of it. Fetches nothing
    /// else. nil for a local image, and where the registry leaves a choice of variants.
    package func announced(
        _ source: ImageSource, for architecture: Architecture
    ) throws(ImageError) -> String? {
        let name = source.description
        try requireFile(source)
        guard case .registry = source else { return nil }
        let document = try Skopeo(for: name, environment: environment).manifest(of: source)
        let choice = try ManifestChoice(document, digest: digest(of: document, name).description, image: name)
        try choice.requireOffered(architecture)
        let candidates = choice.candidates(architecture)
        return candidates.count == 1 ? candidates[0].digest : nil
    }

    private func requireFile(_ source: ImageSource) throws(ImageError) {
        if let path = source.path, unsafe access(path.string, F_OK) != 0 {
            throw ImageError(.noFile(path.string), source.description)
        }
    }

    private static func text(_ time: Int64) -> String {
        Date(timeIntervalSince1970: Double(time)).formatted(.iso8601)
    }

    func recordPath(_ source: ImageSource, _ architecture: Architecture) throws(ImageError) -> FilePath {
        let key = try digest(of: Array("\(architecture) \(source)".utf8), source.description)
        return names.appending(key.hex)
    }

    func read(_ path: FilePath) -> Known? {
        (try? path.readFile(limit: 1 << 20)).flatMap { ImageJSON.decode($0) }
    }

    func digest(of bytes: [UInt8], _ image: String) throws(ImageError) -> Digest {
        try ImageError.of(image) { () throws(IntegrityError) in try Digest.of(bytes) }
    }
}
