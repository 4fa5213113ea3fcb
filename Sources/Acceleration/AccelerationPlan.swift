// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import SystemPackage

/// How much of a root runs as the host's own programs.
package enum AccelerationMode: String, Codable, CaseIterable, Hashable, Sendable {
    /// Everything that is eligible.
    case full
    /// Compilers, assemblers and linkers only.
    case compilers
}

/// Which programs of a root have native counterparts, which do not, and why.
package struct AccelerationPlan: Equatable, Sendable {
    /// What is emulated despite a tools tree, and why.
    package struct Fallback: Codable, Hashable, Sendable {
        package let package: String
        /// nil: all programs of the package.
        package let program: String?
        package let reason: String

        package init(package: String, program: String? = nil, reason: String) {
            (self.package, self.program, self.reason) = (package, program, reason)
        }

        /// The versions, if both trees have it in different versions, or if the tools tree should have it.
        package private(set) var versions: Versions?

        /// A package of the root, and another version of it in the tools tree.
        init(_ own: InstalledPackages.Package, _ native: InstalledPackages.Package) {
            self.init(
                package: own.name, reason: "version \(own.version) differs from the tools tree's \(native.version)")
            versions = Versions(own: own.version, native: native.version, nativeName: native.name)
        }

        /// A package of the root which the tools tree does not have; `isWanted`: and should.
        init(_ own: InstalledPackages.Package, isWanted: Bool) {
            self.init(package: own.name, reason: "not in the tools tree")
            if isWanted { versions = Versions(own: own.version, native: nil, nativeName: own.name) }
        }
    }

    /// A package's versions in the two trees.
    package struct Versions: Codable, Hashable, Sendable {
        /// The root's.
        package let own: String
        package let native: String?
        /// The package's name in the tools tree: for compilers, that of the cross compiler.
        package let nativeName: String
    }

    /// A file or directory that native programs need in the root, mounted read-only for the run.
    package struct Mount: Codable, Hashable, Sendable {
        package let source: FilePath
        package let target: FilePath

        package init(_ source: FilePath, at target: FilePath) {
            (self.source, self.target) = (source, target)
        }
    }

    package var entries: [DispatchEntry] = []
    package var mounts: [Mount] = []
    /// Files of the root: once one changes (nil: once it exists), everything is emulated.
    package var changes: [FilePath: FileState?] = [:]
    /// Libraries with which preloaded programs are native all the same.
    package var preloads: PreloadedLibraries?
    /// Paths in the root, sorted.
    package var programs: [String] = []
    package var fallbacks: [Fallback] = []

    package init() {}

    /// The tools tree's path in a root.
    package static let toolsDirectory = ToolsRelocation.directory.appending("tools")

    /// The path in a root of the tools tree's file at `path`, absolute in it.
    static func place(ofTool path: String) -> FilePath { toolsDirectory.pushing(FilePath(String(path.dropFirst()))) }

    package mutating func fall(_ package: String, _ program: String? = nil, _ reason: String) {
        fallbacks.append(Fallback(package: package, program: program, reason: reason))
    }
}

/// The two trees to compare, and what is requested.
package struct AccelerationRequest: Sendable {
    package let root: FilePath
    package let tools: FilePath
    /// The root's.
    package let architecture: Architecture
    package let host: Architecture
    package var mode = AccelerationMode.full
    package var changes = EligibilityChanges()
    /// The comparison of compilers; nil: unknown, and they are emulated.
    package var agreement: CompilerAgreement?
    /// Under an overlay, files of the root have another device number in the run.
    package var anyDevice = false
    /// What is known of the tools tree's programs.
    package var record = ToolsRecord()
    /// Files with what `answeringDrivers()` gives, by the same names.
    package var drivers: [String: FilePath] = [:]

    package init(root: FilePath, tools: FilePath, architecture: Architecture, host: Architecture = .host) {
        (self.root, self.tools, self.architecture, self.host) = (root, tools, architecture, host)
    }
}
