// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Filesystem
package import SystemPackage

/// A release of gcc that a root's package manager has installed.
package struct InstalledCompiler: Hashable, Sendable {
    /// gcc's major version: "12".
    package let version: String
    /// The package that has its driver, as the root calls it: "gcc-12", or "gcc-14-aarch64-linux-gnu".
    package let package: String
    /// That package's version: "12.2.0-14+deb12u1".
    package let packageVersion: String

    /// The one that `gcc` is in `tree`, a root of `architecture`; nil where there is none, or none of a package.
    package init?(default tree: borrowing Directory, _ architecture: Architecture, _ installed: InstalledPackages) {
        guard installed.manager == .dpkg, let path = try? tree.realPathInRoot(of: "/usr/bin/gcc"),
            let name = path.lastComponent?.string, let dash = name.lastIndex(of: "-")
        else { return nil }
        let version = String(name[name.index(after: dash)...])
        guard Int(version) != nil else { return nil }
        let names = ["gcc-\(version)-\(NamedMachine(architecture).expand("{triplet}"))", "gcc-\(version)"]
        guard let package = names.lazy.compactMap({ installed[$0] }).first else { return nil }
        (self.version, self.package, packageVersion) = (version, package.name, package.version)
    }
}

/// A cross compiler that was built from an archive's own source, to take the place of the tools tree's packaged one.
package struct CompiledCompiler: Codable, Hashable, Sendable {
    /// gcc's major version: "12".
    package let version: String
    /// The version of the source package, which the root's own compiler was built from as well.
    package let packageVersion: String
    /// Its programs ("cc1") and their SHA-256, in hexadecimal digits.
    package let programs: [String: String]
    /// Whether the tools tree's compiler has given way to it. It does not where the two are of different upstream versions.
    package var isInstalled = false

    package init(version: String, packageVersion: String, programs: [String: String]) {
        (self.version, self.packageVersion, self.programs) = (version, packageVersion, programs)
    }

    /// The programs that are built, and where a cross compiler has them, as `CompilerRules` write it: those that decide what
    /// code is generated, and those that are asked for it and answer questions (`gcc -v`).
    private static let places = [
        "cc1": "{gcc}/cc1", "cc1plus": "{gcc}/cc1plus", "lto1": "{gcc}/lto1",
        "cpp": "/usr/bin/{triplet}-cpp-{version}", "gcc": "/usr/bin/{triplet}-gcc-{version}",
        "g++": "/usr/bin/{triplet}-g++-{version}",
    ]

    package static let programNames = places.keys.sorted()

    /// Puts its programs in the place of those of the cross compiler for `target` in the tools tree at `path`, before the
    /// tree is sealed. Returns whether it did: not where the tree has no such compiler of the same upstream version.
    ///
    /// `contents` returns a program's bytes, by its name.
    package func install(
        in path: FilePath, for target: Architecture, _ contents: (String) throws(FilesystemError) -> [UInt8]
    ) throws(AccelerationError) -> Bool {
        let tree = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(path) }
        let machine = NamedMachine(target)
        let name = machine.expand("gcc-\(version)-{triplet}")
        guard let packaged = try InstalledPackages(of: tree)?[name],
            packaged.upstreamVersion == InstalledPackages.Package.upstreamVersion(of: packageVersion)
        else { return false }
        let compilers = CompilerDirectories(target, in: tree, cross: true)
        let places = programs.keys.sorted().map { name in
            (name: name, path: Self.places[name].flatMap { compilers.path(of: $0, version) })
        }
        // All or none: compilers of one version work together.
        guard places.allSatisfy({ $0.path != nil }) else { return false }
        try AccelerationError.wrapping { () throws(FilesystemError) in
            for place in places {
                guard let path = place.path.map({ FilePath($0) }), let name = path.lastComponent else { continue }
                let parent = path.removingLastComponent()
                let directory = Directory(
                    adopting: try tree.openInRoot(parent.string, onlyDirectory: true), path: tree.path.pushing(parent))
                try directory.createFile(
                    name, holding: contents(place.name), permissions: FilePermissions(rawValue: 0o755))
            }
        }
        return true
    }
}
