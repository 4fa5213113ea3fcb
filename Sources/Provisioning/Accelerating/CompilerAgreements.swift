// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import FoundationEssentials
internal import Integrity
internal import SystemPackage

/// Whether a tools tree's compilers give the same code as roots' own: found out by compiling, once for each set of
/// versions, and kept with the tools tree.
struct CompilerAgreements {
    let tools: RootName
    let directory: FilePath

    /// Those of the newest tools tree; nil where there is none.
    init?(_ trees: ToolsTrees, _ subject: ToolsTrees.Subject) throws(ProvisioningError) {
        guard let newest = try trees.newest(of: subject) else { return nil }
        self.init(trees, newest)
    }

    init(_ trees: ToolsTrees, _ tools: RootName) {
        (self.tools, directory) = (tools, trees.store.path(of: tools))
    }

    private static let prefix = "agreement-"

    /// Copies what was found out with the tools tree in the directory `old` to `directory`, that of one with the same
    /// compilers in `tree`, made over in the same way.
    static func take(to directory: FilePath, from old: FilePath, tree: FilePath) throws(FilesystemError) {
        let oldTree = try Directory.open(old.appending(RootStore.tree))
        guard TreeManifest(reading: old.appending(ToolsTrees.manifest)) != nil,
            let eligibility = try? Eligibility.builtIn(),
            let compilers = (try? InstalledPackages(of: Directory.open(tree)))?.compilers(eligibility),
            CompiledCompilers(beside: directory).all == CompiledCompilers(beside: old).all,
            !compilers.isEmpty, compilers == (try? InstalledPackages(of: oldTree))?.compilers(eligibility)
        else { return }
        for name in try Directory.open(old).names() where name.string.hasPrefix(prefix) {
            try AtomicFile.write(try old.appending(name).readFile(), to: directory.appending(name))
        }
    }

    /// What is known of a root's compilers.
    enum State: Equatable {
        case noCompilers
        case unknown
        case known(CompilerAgreement)

        var agreement: CompilerAgreement? { if case .known(let agreement) = self { agreement } else { nil } }
    }

    /// Under which name it is kept what is known of a root's compilers: depends on what packages it has, all of which have
    /// to be gone through to know it. Kept with what is known of the root.
    struct Place: Codable, Equatable, Sendable {
        /// The state of the root's database of packages.
        let packages: String
        let edition: String
        /// nil: it has no compilers.
        let name: String?
    }

    func state(for tree: FilePath) throws(ProvisioningError) -> State { state(at: try place(for: tree)) }

    func state(at place: Place) -> State {
        guard let name = place.name else { return .noCompilers }
        return Self.read(directory.appending(name)).map { .known($0) } ?? .unknown
    }

    /// `last` is that of the run before, and holds where neither the root's packages nor mangrove are others.
    func place(for tree: FilePath, last: Place? = nil) throws(ProvisioningError) -> Place {
        let state = try below { () throws(FilesystemError) in try InstalledPackages.state(of: Directory.open(tree)) }
        let packages = state.map { "\($0)" } ?? ""
        if let last, last.packages == packages, last.edition == Eligibility.edition { return last }
        return Place(
            packages: packages, edition: Eligibility.edition, name: try file(for: tree)?.lastComponent?.string)
    }

    /// nil where it was not written, or where somebody has damaged it.
    static func read(_ file: FilePath) -> CompilerAgreement? {
        guard let bytes = try? file.readFile() else { return nil }
        return try? JSONDecoder().decode(CompilerAgreement.self, from: Data(bytes))
    }

    /// nil where the root has no compiler.
    func file(for tree: FilePath) throws(ProvisioningError) -> FilePath? {
        let opened = try below { () throws(FilesystemError) in try Directory.open(tree) }
        let versions = try below { () throws(AccelerationError) in
            try InstalledPackages(of: opened)?.compilers(.builtIn())
        }
        guard let versions, !versions.isEmpty else { return nil }
        // What was compared otherwise is not known.
        let text = versions + CompilerCheck.script
        let digest = try below { () throws(IntegrityError) in try Digest.of(Array(text.utf8)) }
        return directory.appending("\(Self.prefix)\(digest.hex.prefix(16)).json")
    }
}
