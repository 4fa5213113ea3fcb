// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// Where a source comes from.
package enum SourceOrigin: Hashable, Sendable {
    case directory(FilePath)
    /// A file or URL, and its SHA-256 in hexadecimal digits.
    case tarball(String, sha256: String?)
    /// A file of the base's own archive, by its path there, and its SHA-256.
    case archived(String, sha256: String)
    /// A repository, a directory or URL, and what to check out of it; nil: what its HEAD is.
    case git(String, revision: String?)
    /// A Debian source package of the base's own archive: its name, and a version.
    case package(String, version: String?)
    /// A `.dsc`, a file or URL.
    case description(String)

    /// Parses the user's argument: a directory, an archive, a URL, or a repository with optional `#REVISION`.
    package init(_ text: String, relativeTo directory: FilePath) {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let (place, revision) = (parts[0], parts.count == 2 && !parts[1].isEmpty ? parts[1] : nil)
        let isURL = place.contains("://")
        let path = isURL ? place : directory.pushing(FilePath(place)).lexicallyNormalized().string
        let file = String(place.prefix { $0 != "?" })
        if file.hasSuffix(".dsc") {
            self = .description(path)
        } else if Self.endings.contains(where: file.hasSuffix) {
            self = .tarball(path, sha256: nil)
        } else if isURL || Self.isRemoteShell(place) {
            self = .git(place, revision: revision)
        } else if let revision {
            self = .git(path, revision: revision)
        } else {
            self = .directory(FilePath(path))
        }
    }

    private static let endings = [
        ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".tar.lz4",
    ]

    /// `user@host:path`, as ssh(1) and git(1) take it.
    private static func isRemoteShell(_ text: String) -> Bool {
        guard let at = text.firstIndex(of: "@"), let colon = text[at...].firstIndex(of: ":") else { return false }
        return !text[..<colon].contains("/")
    }

    /// The name of the build, if the directory's own name is meaningless.
    package var name: String? {
        func last(_ place: String) -> String {
            let text = FilePath(String(place.prefix { $0 != "?" })).lastComponent?.string ?? place
            let ending = (Self.endings + [".git", ".dsc"]).filter(text.hasSuffix).max { $0.count < $1.count } ?? ""
            return String(text.dropLast(ending.count))
        }
        switch self {
        case .directory: return nil
        case .tarball(let place, _), .archived(let place, _), .git(let place, _), .description(let place):
            return last(place)
        case .package(let name, _): return name
        }
    }

    /// The local directory, if nothing has to be fetched.
    package var directory: FilePath? {
        if case .directory(let path) = self { path } else { nil }
    }
}

extension SourceOrigin: CustomStringConvertible {
    package var description: String {
        switch self {
        case .directory(let path): path.string
        case .tarball(let place, _), .archived(let place, _), .description(let place): place
        case .git(let place, let revision): place + (revision.map { "#\($0)" } ?? "")
        case .package(let name, let version): name + (version.map { "=\($0)" } ?? "")
        }
    }
}
