// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Provisioning
package import Sandbox
package import SystemPackage

/// What to build, in what, and how: the file `mangrove.json`, or what is made up where there is none.
package struct Recipe: Hashable, Sendable {
    /// What a build runs in.
    package enum Base: Hashable, Sendable {
        /// `DISTRO[:RELEASE]`.
        case distro(String)
        /// A container image, as `create` names it, with an absolute path.
        case image(String)
        /// A tarball, a file or URL, and its SHA-256 in hexadecimal digits.
        case tarball(String, sha256: String?)
        /// A root of that name. It stays as it is.
        case root(String)
    }

    /// How the source gets into the build.
    package enum SourceMode: String, CaseIterable, Hashable, Sendable {
        /// Seen through an overlay: what a build writes stays out of it.
        case overlay
        /// As a copy.
        case copy
        /// As it is: what a build writes is in it.
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
    /// Compilers are called by ccache, which other builds that ask for it share.
    package var usesCcache: Bool?
    /// What configure scripts find out is remembered for the next build of the same source.
    package var usesConfigureCache: Bool?
    package var source = SourceMode.overlay
    /// Where the source is fetched from; nil: it is there.
    package var origin: SourceOrigin?
    /// Where the source is in the root; nil: `/build/NAME`.
    package var directory: FilePath?
    package var steps: [Step] = []
    package var artifacts: [ArtifactPattern] = []

    package init() {}

    /// What is installed in the base; `hosts`: others compile.
    package func installedPackages(hosts: Bool) -> [String] {
        packages + (usesCcache == true ? [CompilationCache.packageName] : []) + (hosts ? WorkerPlace.packages : [])
    }

    /// Its name where none is given, in the directory of the source.
    package static let fileName: FilePath.Component = "mangrove.json"
}
