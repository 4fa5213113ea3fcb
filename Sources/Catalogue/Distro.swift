// SPDX-License-Identifier: Apache-2.0

package import Architectures

/// A distribution: what it calls things, and where its bases come from.
package struct Distro: Hashable, Sendable {
    /// As the user names it: "ubuntu".
    package let name: String
    /// As it writes itself: "Ubuntu".
    package let title: String
    package let aliases: [String]
    /// "apt", "apk", "pacman", "xbps", "zypper", "dnf".
    package let packageManager: String
    /// What is meant where the user names no release: a number, codename or alias.
    package let defaultRelease: String
    /// Its own names for architectures.
    package let architectures: [Architecture: String]
    /// Newest first; names that are no number, "edge", before the numbers.
    package let releases: [DistroRelease]
    package let tarball: TarballSource?
    package let archive: ArchiveSource?

    /// How bases of it are verified, in words.
    package var verification: String {
        let archived = archive.map { _ in "signed archive, pinned keys" }
        let unpacked = tarball.map { tarball in
            let optional = tarball.allowsUnsigned ? " where the mirror has a signature" : ""
            let sums = tarball.index == nil ? "" : ", digest"
            return switch tarball.signature {
            case .none: "unsigned\(sums)"
            case .overFile: "signed tarball\(optional)\(sums), pinned key"
            case .overIndex, .clearsignedIndex: "signed checksums\(optional), pinned key"
            }
        }
        return [unpacked, archived].compactMap(\.self).joined(separator: "; ")
    }

    /// The kinds of base there are of it: "tarball", "archive".
    package var kinds: [String] { (tarball == nil ? [] : ["tarball"]) + (archive == nil ? [] : ["archive"]) }
}

package struct DistroRelease: Hashable, Sendable {
    /// "24.04", or the name of one that has no number: "edge".
    package let number: String
    package let codename: String?
    package let aliases: [String]
    /// The day its support for everybody ends; nil where there is none, or none is known.
    package let endOfLife: CalendarDate?
    /// Those it was made for.
    package let architectures: [Architecture]
    /// What stands for `{name}` in the distro's URL templates.
    let variables: [String: String]
    /// Suites of its own, in place of the distro's.
    let suites: [ArchiveSuite]?
    /// Moved to where old releases are kept: its metadata has run out.
    let archived: Bool

    /// Every name it goes by.
    package var names: [String] { [number] + (codename.map { [$0] } ?? []) + aliases }

    package func isPastEndOfLife(on day: CalendarDate = .today) -> Bool {
        endOfLife.map { $0 < day } ?? false
    }
}
