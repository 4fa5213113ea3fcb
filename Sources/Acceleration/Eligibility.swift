// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import CDispatcher
internal import FoundationEssentials

/// Which programs may run natively instead of being emulated: data (eligibility.json), reviewed by hand. Their
/// behaviour must not depend on the architecture that they run on.
package struct Eligibility: Decodable, Equatable, Sendable {
    /// Of the programs of one package. Words in braces stand for names of the root's architecture: `{machine}`
    /// (`aarch64`), `{vendor}` (`unknown`), `{system}` (`linux-gnu`), `{triplet}` (`aarch64-linux-gnu`), `{architecture}`
    /// (Debian's: `arm64`), `{goarch}` (Go's).
    package struct Rule: Decodable, Equatable, Sendable {
        /// These only; nil: all.
        package var programs: Set<String>?
        /// Directories to search, besides those of commands, with words in braces.
        package var directories: [String]?
        /// Absolute links that native programs follow in the tools tree, and not in the root, with words in braces.
        package var links: [String]?
        /// The full version has to be the same in both trees, the packaging's revision included.
        package var isWhole: Bool?
        /// Not these, and why.
        package var except: [String: String]?
        /// In roots of 64-bit architectures only, and why.
        package var only64: String?
        /// NAME=VALUE that a program gets if its caller does not set it, with words in braces.
        package var environment: [String]?
        /// Arguments with which all programs are emulated, as patterns (glob(7)), and why.
        package var refusing: [String: String]?
        /// What single programs are emulated with.
        package var when: [String: Conditions]?
        /// Strings in single programs that name the host, and their replacements in the tools tree, both with words in
        /// braces; if replacement fails, the program is emulated.
        package var strings: [String: [String: String]]?
        /// The only programs in roots of the other byte order; nil: none.
        package var otherByteOrder: Set<String>?
        /// Programs with the architecture's name compiled in: in the tools tree it is replaced by the root's
        /// (`ArchitectureName`); if that fails, they are emulated.
        package var named: Set<String>?
        /// Packages, by how their names begin, with libraries of `named` programs that have the name in them, too.
        package var libraries: [String]?
        /// Programs that only ask for the machine's name with uname(2): native ones get the root's (`MachineName`); if
        /// that fails, they are emulated.
        package var machine: Set<String>?
        /// Programs that load objects before they do anything visible: with an object of the root's, they restart,
        /// emulated.
        package var loads: Set<String>?
        /// Those of them that sort strings only with qsort(3), by characters whose signedness depends on the
        /// architecture: native ones sort as with unsigned ones.
        package var sorts: Set<String>?
        /// Programs of LLVM that compute constants with the C library's functions, whose results depend on the processor:
        /// when they call one, they restart, emulated (`RestartLibrary`).
        package var computes: Set<String>?
        /// By architecture of the root: full versions that were reviewed; others are emulated.
        package var reviewed: [String: Set<String>]?
        /// Single programs whose constants contain a name of the host's machine, and why that has no effect; others are
        /// emulated.
        package var mentions: [String: String]?
        /// It is a multi-call program.
        package var applets: Applets?

        package init() {}

        /// Whether nothing is known to be against `version` of the package.
        package func isReviewed(_ version: String, for architecture: Architecture) -> Bool {
            reviewed.map { $0[architecture.rawValue]?.contains(version) == true } ?? true
        }
    }

    /// Conditions in which an eligible program is emulated.
    package struct Conditions: Decodable, Equatable, Sendable {
        /// Arguments, as patterns (glob(7)), and why.
        package var refusing: [String: String]?
        /// The same, in roots of 32-bit architectures.
        package var refusing32: [String: String]?
        /// Arguments that matter only without one of `apart`, and why.
        package var together: [String: String]?
        package var apart: [String]?
        /// Arguments may be in files ("@FILE").
        package var readsResponses: Bool?
        /// Variables that are set and not empty, and why.
        package var variables: [String: String]?
        /// Files, relative to the working directory, that exist, and why.
        package var existing: [String: String]?
        /// Contents of its script.
        package var script: DispatchEntry.ScriptSearch?
    }

    package struct Applets: Decodable, Equatable, Sendable {
        /// Its own name.
        package let program: String
        /// Those that are eligible.
        package let names: [String]
    }

    /// Scripts of one interpreter, itself not eligible.
    package struct Scripts: Decodable, Equatable, Sendable {
        /// The interpreter's package. `{program}` is the interpreter's name, which links lead to.
        package let package: String
        /// Packages, with the same naming, whose full version, including the packaging's, must be the same in both
        /// trees: the native interpreter combines files of both.
        package var alike: [String]?
        /// Options of the interpreter that may stand before the script.
        package let options: [String]
        /// The interpreter is emulated where one of these variables is set.
        package var variables: [String]?
        /// Arguments with which it is emulated, and why.
        package var refusing: [String: String]?
        /// Directories of modules that are compiled for the machine, `{triplet}` in their names: the tools tree has to have
        /// them all (`CompiledModules`).
        package var modules: [String]?
        /// The prefix of the paths of objects that scripts load, with `{triplet}`: a native interpreter loads the tools
        /// tree's (`RestartLibrary`).
        package var objects: String?
        /// The link by which the interpreter finds its own path; native ones find the root's by another.
        package var `self`: String?
        /// What makes the native interpreter find the root's modules and report the root's machine; uname(2) reports
        /// it, too (`MachineName`).
        package var start: ScriptStart?
        package let packages: [String: Rule]
    }

    /// Libraries of a package that programs have preloaded (`PreloadedLibraries`).
    package struct Preload: Decodable, Equatable, Sendable {
        /// Where the package has them, `{triplet}` in it.
        let directory: String
        let libraries: [String]
    }

    /// Of the packages of one package manager.
    package struct Packages: Decodable, Equatable, Sendable {
        /// The distros in whose roots this is known to work.
        package let distros: [String]
        /// Arguments with which all programs are emulated, as patterns (glob(7)), and why.
        package var refusing: [String: String]?
        /// What a tools tree contains besides `packages`.
        package let tools: [String]
        /// Packages that are eligible, and that a tools tree has only once a root of its release has them.
        package var optional: [String]?
        package var packages: [String: Rule]
        /// The same for packages that a tools tree has only once a root of its release has them, by name; with
        /// `{version}`, which the rule may repeat, for all packages named like that.
        package var families: [String: Rule]?
        /// By the interpreter's path.
        package var scripts: [String: Scripts]?
        /// By package: libraries with which preloaded programs are native all the same.
        package var preloads: [String: Preload]?
        /// Packages without (other) eligible programs, and why; the names may be families.
        package var excluded: [String: String]
        /// nil: compilers are emulated. In a file of its own, compilers.json.
        package var compilers: CompilerRules?
    }

    package let version: Int
    package var dpkg: Packages
    package var apk: Packages

    /// The data that the program was built with.
    package static func builtIn() throws(AccelerationError) -> Eligibility {
        try decoded.get()
    }

    private static let decoded = Result { () throws(AccelerationError) in try read() }

    private static func read() throws(AccelerationError) -> Eligibility {
        do {
            let decoder = JSONDecoder()
            var eligibility = try decoder.decode(Eligibility.self, from: Data(PackageResources.eligibility_json))
            let compilers = try decoder.decode(CompilerRules.All.self, from: Data(PackageResources.compilers_json))
            // A missing name must not pass as "no exceptions".
            guard compilers.dpkg.dangling.isEmpty else {
                throw AccelerationError(
                    "cannot read the built-in list of compilers",
                    cause: "it lacks \(compilers.dpkg.dangling.joined(separator: ", "))")
            }
            eligibility.dpkg.compilers = compilers.dpkg
            return eligibility
        } catch let error as AccelerationError {
            throw error
        } catch {
            throw AccelerationError("cannot read the built-in list of eligible programs", cause: "\(error)")
        }
    }

    /// Changes with that data, with the edits of tools trees, and with the code in images.
    package static let edition: String = {
        var check = mg_check_start
        func add(_ bytes: [UInt8]) { check = unsafe mg_check(check, bytes, bytes.count) }
        add(PackageResources.eligibility_json)
        add(PackageResources.compilers_json)
        for file in ScriptStart.python.files { add(Array(ScriptStart.python.contents(of: file))) }
        add(DispatchImage.code)
        add(ToolsSeal.description)
        add(Array(ScriptStart.description.utf8))
        return String(check, radix: 16)
    }()

    package subscript(manager: InstalledPackages.Manager) -> Packages {
        get { manager == .dpkg ? dpkg : apk }
        set { if manager == .dpkg { dpkg = newValue } else { apk = newValue } }
    }
}

/// What the user adds to the data and takes from it (`accelerate` in the configuration and in recipes).
package struct EligibilityChanges: Codable, Equatable, Sendable {
    /// Packages whose programs are eligible, too.
    package var add: [String]
    /// Packages, or single programs by name or path, that are not.
    package var except: [String]

    package init(add: [String] = [], except: [String] = []) {
        (self.add, self.except) = (add, except)
    }

    package var isEmpty: Bool { add.isEmpty && except.isEmpty }

    package static let reason = "excluded by the configuration"

    /// What a tools tree must have once a root has it.
    package func wanted(of packages: Eligibility.Packages) -> Set<String> { Set(add).union(packages.optional ?? []) }

    package func applied(to packages: Eligibility.Packages) -> Eligibility.Packages {
        var packages = packages
        // Compilers have their own rules: these would generate code for the host.
        for name in wanted(of: packages)
        where packages.packages[name] == nil && packages.compilers?.isCompiler(name) != true {
            packages.packages[name] = Eligibility.Rule()
        }
        for name in except { packages.packages[name] = nil }
        return packages
    }

    /// Whether the single program at `path` was taken out.
    package func excludes(_ path: String) -> Bool {
        except.contains { $0 == path || path.hasSuffix("/\($0)") }
    }
}
