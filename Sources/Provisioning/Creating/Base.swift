// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Catalogue
package import Images
package import Integrity
internal import Filesystem
internal import Glibc
package import SystemPackage

/// The tarball, directory or image a root is made from: its location, and why to trust it.
package struct Base: Equatable, Sendable {
    package enum Place: Equatable, Sendable {
        /// The same file on several mirrors, best first.
        case remote(urls: [String])
        case local(FilePath)
        /// A tree, which is copied.
        case directory(FilePath)
        /// A container image, of `architecture`.
        case image(ImageSource)
    }

    /// A signature over the tarball itself, still to be verified.
    package struct DetachedSignature: Equatable, Sendable {
        package var bytes: [UInt8]
        /// Where it came from.
        package var url: String
        package var trust: Trust

        package init(bytes: [UInt8], url: String, trust: Trust) {
            self.bytes = bytes
            self.url = url
            self.trust = trust
        }
    }

    /// The file's own name.
    package var name: String
    package var place: Place
    /// In bytes, where it is known.
    package var size: Int64?
    /// Its expected digest, if known.
    package var digest: Digest?
    /// How `digest` came to be known; its `digest` is filled in once the tarball is there.
    package var trust: Verification
    package var signature: DetachedSignature?
    /// Nil: as the tree says.
    package var distro: String?
    package var release: String?
    package var version: String?
    package var codename: String?
    /// Nil: as its programs say.
    package var architecture: Architecture?
    /// Nil: it is of the user's own choice.
    package var origin: RootOrigin?
    /// The lock file that names it.
    package var lock: LockFile?

    package init(name: String, place: Place, digest: Digest? = nil, trust: Verification) {
        self.name = name
        self.place = place
        self.digest = digest
        self.trust = trust
    }

    /// A file, directory or URL of the user's own choice; `digest`: what the user says it is.
    package init(from source: String, digest: Digest?, relativeTo directory: FilePath) {
        let file = FilePath(fileURL: source)
        let isRemote = file == nil && source.contains("://")
        let path = file ?? directory.pushing(FilePath(source))
        if !isRemote, isDirectory(path) {
            let path = (try? path.resolved()) ?? path
            self.init(
                name: path.lastComponent?.string ?? path.string, place: .directory(path),
                trust: Verification(how: .none, digest: nil))
            origin = RootOrigin(.directory)
            return
        }
        let name = (isRemote ? FilePath(String(source.prefix { $0 != "?" && $0 != "#" })) : path).lastComponent
        self.init(
            name: name?.string ?? source, place: isRemote ? .remote(urls: [source]) : .local(path), digest: digest,
            trust: Verification(
                how: digest == nil ? .none : .checksum, digest: nil, urls: isRemote ? [source] : []))
    }

    /// A container image for machines of `architecture`.
    package init(_ image: ImageSource, for architecture: Architecture) {
        self.init(name: image.description, place: .image(image), trust: Verification(how: .checksum, digest: nil))
        self.architecture = architecture
        origin = RootOrigin(.image)
    }

    /// The directory that it is; nil: it is something else.
    package var directory: FilePath? { if case .directory(let path) = place { path } else { nil } }

    /// What messages call it.
    var title: String { directory?.string ?? name }

    /// The image that it is; nil: it is something else.
    package var image: ImageSource? { if case .image(let source) = place { source } else { nil } }

    /// Whether anything more than a checksum will have been verified.
    package var isSigned: Bool { signature != nil || trust.how == .signature }
}

/// Whether there is a directory at `path`, links followed.
private func isDirectory(_ path: FilePath) -> Bool {
    var found = stat()
    return unsafe stat(path.string, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
}
