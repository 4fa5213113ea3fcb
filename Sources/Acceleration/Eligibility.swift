// SPDX-License-Identifier: Apache-2.0

internal import CDispatcher
internal import FoundationEssentials

/// Which programs may run as the host's own instead of being emulated: data (eligibility.json), reviewed by hand. What
/// they do must not depend on the machine that they run on.
package struct Eligibility: Decodable, Equatable, Sendable {
    /// Of the programs of one package. Words in braces stand for names of the root's architecture: `{machine}`
    /// (`aarch64`), `{vendor}` (`unknown`), `{system}` (`linux-gnu`), `{triplet}` (`aarch64-linux-gnu`).
    package struct Rule: Decodable, Equatable, Sendable {
        /// These only; nil: all.
        package var programs: Set<String>?
        /// Where they are, besides the directories of commands.
        package var directories: [String]?
        /// Not these, and why.
        package var except: [String: String]?
        /// In roots of 64-bit architectures only, and why.
        package var only64: String?
        /// NAME=VALUE that a program gets where its caller sets none.
        package var environment: [String]?
        /// Arguments with which all programs are emulated, as patterns (glob(7)), and why.
        package var refusing: [String: String]?
        /// What single programs are emulated with.
        package var when: [String: Conditions]?
        /// Strings of single programs that name the host, and what takes their places in the tools tree, both with words
        /// in braces; where that cannot be done the program is emulated.
        package var strings: [String: [String: String]]?
        /// In roots of the other byte order these only; nil: none.
        package var otherByteOrder: Set<String>?
        /// Programs that the name of the architecture is compiled into: in the tools tree it is replaced by the root's
        /// (`ArchitectureName`), and where that cannot be done they are emulated.
        package var named: Set<String>?
        /// Packages, by how their names begin, with libraries of `named` programs that have the name in them, too.
        package var libraries: [String]?
        /// Programs that ask for the machine's name with uname(2) only: native ones are told the root's (`MachineName`),
        /// and where that cannot be done they are emulated.
        package var machine: Set<String>?
        /// Programs that load objects before they do anything that shows: they begin anew, emulated, with one of the root's.
        package var loads: Set<String>?
        /// Those of them that order strings, with qsort(3) and by no other order, by characters whose sign depends on the
        /// machine: native ones do it as on machines where they have none.
        package var sorts: Set<String>?
        /// Single programs with a name of the host's machine in their constants, and why that does not show; others are
        /// emulated.
        package var mentions: [String: String]?
        /// It is one program that is called by many names.
        package var applets: Applets?

        package init() {}
    }

    /// With what a program is emulated although it is eligible.
    package struct Conditions: Decodable, Equatable, Sendable {
        /// Arguments, as patterns (glob(7)), and why.
        package var refusing: [String: String]?
        /// The same, in roots of 32-bit architectures.
        package var refusing32: [String: String]?
        /// Variables that are set and not empty, and why.
        package var variables: [String: String]?
        /// What its script has in it.
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
        /// That of the interpreter. `{program}` is the interpreter's name, where links to it lead to.
        package let package: String
        /// Packages, named like that, of which also the packaging's version has to be the same in both trees: what the
        /// native interpreter takes from the root, and what from the tools tree, has to fit together.
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
        /// What the paths of objects that scripts load begin with, `{triplet}` in them: a native interpreter loads the
        /// tools tree's (`RestartLibrary`).
        package var objects: String?
        /// The link by which the interpreter finds its own path; native ones find the root's by another.
        package var `self`: String?
        /// What has the native interpreter find modules and name the machine as the root's does; uname(2) tells it the
        /// root's, too (`MachineName`).
        package var start: ScriptStart?
        package let packages: [String: Rule]
    }

    /// Of the packages of one package manager.
    package struct Packages: Decodable, Equatable, Sendable {
        /// The distros whose roots this is known to work in.
        package let distros: [String]
        /// Arguments with which all programs are emulated, as patterns (glob(7)), and why.
        package var refusing: [String: String]?
        /// What a tools tree holds besides `packages`.
        package let tools: [String]
        /// Packages that are eligible, and that a tools tree has only once a root of its release has them.
        package var optional: [String]?
        package var packages: [String: Rule]
        /// By the interpreter's path.
        package var scripts: [String: Scripts]?
        /// Packages with programs of which none, or no other, is eligible, and why.
        package let excluded: [String: String]
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
            // Nothing that is not found may be taken for nothing to heed.
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

    /// Another one where that data is another, the edits of tools trees, or the code that is put into images.
    package static let edition: String = {
        var check = mg_check_start
        func add(_ bytes: [UInt8]) { check = unsafe mg_check(check, bytes, bytes.count) }
        add(PackageResources.eligibility_json)
        add(PackageResources.compilers_json)
        add(PackageResources.start_py)
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

    /// What a tools tree is to have once a root has it.
    package func wanted(of packages: Eligibility.Packages) -> Set<String> { Set(add).union(packages.optional ?? []) }

    package func applied(to packages: Eligibility.Packages) -> Eligibility.Packages {
        var packages = packages
        // Compilers stand in by rules of their own, or not at all: these would make code for the host.
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
