// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import Catalogue
package import PackageArchive

/// What a root is to be made of, out of a signed archive of packages.
package struct BootstrapRequest: Sendable {
    package let base: ArchiveBase
    /// How much it holds besides the packages asked for.
    package var variant = Variant.minbase
    /// The archive to fetch from, given by the user; nil: the one this machine's apt uses, else the distro's own.
    package var mirror: String?
    /// Nothing but these and what they need, as far as the archive has them: for a tools tree.
    var tools: [String]?
    /// What a root has that is to be brought up to date: these too, as far as the archive has them.
    var installed: [String]?
    /// That tree's roots are of this architecture.
    var toolsTarget: Architecture?

    package init(base: ArchiveBase) {
        self.base = base
    }
}
