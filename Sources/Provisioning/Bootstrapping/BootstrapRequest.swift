// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import Catalogue
package import PackageArchive

/// What to make from a signed package archive.
package struct BootstrapRequest: Sendable {
    package let base: ArchiveBase
    /// The package set, besides requested packages.
    package var variant = Variant.minbase
    /// The archive to fetch from, given by the user; nil: the one this machine's apt uses, else the distro's own.
    package var mirror: String?
    /// For a tools tree: only these packages and their dependencies, if the archive has them.
    var tools: [String]?
    /// The installed packages of a root that is updated: these too, if the archive has them.
    var installed: [String]?
    /// The architecture of the roots that use the tools tree.
    var toolsTarget: Architecture?

    package init(base: ArchiveBase) {
        self.base = base
    }
}
