// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Provisioning
package import Sandbox
package import SystemPackage

/// What to build, where, and how: the file `mangrove.json`, or a generated recipe.
package struct Recipe: Hashable, Sendable {
    /// The base of a build.
    package enum Base: Hashable, Sendable {
        /// `DISTRO[:RELEASE]`.
        case distro(String)
        /// A container image, as `create` names it, with an absolute path.
        case image(String)
        /// A tarball, a file or URL, and its SHA-256 in hexadecimal digits.
        case tarball(String, sha256: String?)
        /// An existing root, which is not changed.
        case root(String)
    }

    /// How the build accesses the source.
    package enum SourceMode: String, CaseIterable, Hashable, Sendable {
        /// Through an overlay: the build's changes do not affect it.
        case overlay
        /// As a copy.
        case copy
        /// Directly: the build changes it.
        case mount
    }

    package struct Step: Hashable, Sendable {
        package var name: String
        /// For `/bin/sh -e`.
        package var script: String
        /// nil: the recipe's.
        package var user: String?
        /// nil: the source's; a relative one is below that.
        package var directory: FilePath?
        /// nil: the recipe's.
        package var network: Bool?
        package var environment: [String: String] = [:]

        package init(_ name: String, _ script: String) {
            (self.name, self.script) = (name, script)
        }
    }

    package var base = Base.distro("debian")
    package var architectures: [Architecture] = [.arm64]
    package var packages: [String] = []
    package var environment: [String: String] = [:]
    /// Of the steps, in the root.
    package var user = "root"
    package var network = true
    package var binds: [BindOption] = []
    package var acceleration: AccelerationChoice.Extent?
    package var limits = ResourceLimits()
    /// Compilers run through ccache, whose cache is shared by builds that use it.
    package var usesCcache: Bool?
    /// Results of configure scripts are kept for the next build of the same source.
    package var usesConfigureCache: Bool?
    package var source = SourceMode.overlay
    /// Where to fetch the source; nil: it is local.
    package var origin: SourceOrigin?
    /// Where the source is in the root; nil: `/build/NAME`.
    package var directory: FilePath?
    package var steps: [Step] = []
    package var artifacts: [ArtifactPattern] = []

    package init() {}

    /// The packages to install in the base; `hosts`: with distributed compilation.
    package func installedPackages(hosts: Bool) -> [String] {
        packages + (usesCcache == true ? [CompilationCache.packageName] : []) + (hosts ? WorkerPlace.packages : [])
    }

    /// Its name where none is given, in the directory of the source.
    package static let fileName: FilePath.Component = "mangrove.json"
}
