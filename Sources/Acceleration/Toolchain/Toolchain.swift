// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Failures
internal import Filesystem
package import SystemPackage

/// An unpacked cross toolchain (Arm's, Linaro's, kernel.org's, …): programs of the host's architecture, which run in a
/// root as they are.
package struct Toolchain: Hashable, Sendable {
    /// On the host, without a link on the way.
    package let directory: FilePath
    /// What the names of its programs begin with: `aarch64-linux-gnu-`.
    package let prefix: String
    /// Where its programs are, in that directory.
    private let programs: FilePath
    /// Where they expect the dynamic loader; nil: they have none.
    package let loader: String?
    /// Libraries that they need and that it does not have itself, and which program does.
    let libraries: [String: String]

    /// Its path in a root: below /run, so that no mount point has to be created. Independent of its path on the host,
    /// because compilers record the paths of their headers.
    package static let place = ToolsRelocation.directory.appending("toolchain")

    /// Where its programs are seen in a root.
    package var path: FilePath { Self.place.pushing(programs) }

    /// Examines `directory`; changes nothing.
    package init(at directory: FilePath, host: Architecture = .host) throws(AccelerationError) {
        let real = try AccelerationError.wrapping { () throws(FilesystemError) in try directory.resolved() }
        let tree = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(real) }
        func fault(_ cause: String, _ remedy: String? = nil) -> AccelerationError {
            AccelerationError("\(directory) is not a toolchain", cause: cause, remedy: remedy, status: .noInput)
        }
        let places = ["bin", "usr/bin"]
        var found: (place: String, prefixes: [String])?
        for place in places where found == nil {
            let prefixes = Self.prefixes(in: tree, place)
            if !prefixes.isEmpty { found = (place, prefixes) }
        }
        guard let (place, prefixes) = found else {
            throw fault(
                "expected bin/PREFIX-gcc or usr/bin/PREFIX-gcc in it, found neither",
                "name the directory that contains its bin")
        }
        guard let prefix = prefixes.first, prefixes.count == 1 else {
            throw fault(
                "expected programs with one prefix in \(place), found "
                    + prefixes.map { "\($0)gcc" }.joined(separator: ", "),
                "unpack each toolchain into its own directory")
        }
        let contents = ToolchainContents(tree, host: host)
        let main = ["gcc", "as", "ld"].map { "\(place)/\(prefix)\($0)" }
        guard let first = main.lazy.compactMap({ contents.identity(of: $0) }).first else {
            throw fault("\(main[0]) is not an ELF program")
        }
        guard first == host.elf else {
            let name = Architecture.allCases.first { $0.elf == first }?.rawValue ?? "an unknown architecture"
            throw fault("expected programs for \(host), found programs for \(name)", "use the toolchain for \(host)")
        }
        (self.directory, self.prefix, programs) = (real, prefix, FilePath(place))
        let all = main + contents.compilers(beside: place)
        loader = all.lazy.compactMap { contents.loader(of: $0) }.first
        libraries = contents.missingLibraries(of: all)
    }

    private static func prefixes(in tree: borrowing Directory, _ place: String) -> [String] {
        guard let opened = try? tree.openInRoot(place, onlyDirectory: true),
            let names = try? Directory(adopting: opened, path: tree.path.appending(place)).names()
        else { return [] }
        return names.map(\.string).filter { $0.hasSuffix("-gcc") }.map { String($0.dropLast(3)) }.sorted()
    }
}

extension Toolchain {
    /// A library that its programs need and the tools tree at `tools` does not have, and which program.
    package func missingLibrary(
        in tools: FilePath, host: Architecture = .host
    ) -> (library: String, program: String)? {
        guard let tree = try? Directory.open(tools) else { return nil }
        for (library, program) in libraries.sorted(by: { $0.key < $1.key }) {
            if (try? tree.openInRoot("/usr/lib/\(host.triplet)/\(library)")) == nil { return (library, program) }
        }
        return nil
    }
}
