// SPDX-License-Identifier: Apache-2.0

/// Which compilers, assemblers and linkers of one package manager's may run as the host's own, and with what they are
/// emulated all the same: data (compilers.json), reviewed by hand.
///
/// Words in braces stand for names: `{triplet}` of the root's architecture, `{host}` of the host's, `{version}` of gcc
/// ("12"), `{gcc}` for the directories in which gcc of that version has the programs that nobody calls by name.
package struct CompilerRules: Decodable, Equatable, Sendable {
    /// The names that one package has, the first that is installed counts.
    package struct Package: Decodable, Hashable, Sendable {
        /// In the root. The last is what it is called in reasons.
        package let own: [String]
        /// In the tools tree: of the same version.
        package let native: [String]
    }

    /// The plugins that linkers load for gcc.
    package struct Plugins: Decodable, Equatable, Sendable {
        /// The package of `file`.
        package let package: String
        /// gcc's own, for which the tools tree's stands in.
        package let file: String
        /// Where binutils look for those that they load by themselves.
        package let directories: [String]
        /// Those of them that the tools tree has, too.
        package let known: Set<String>
        /// Others, which it has if their packages are in both trees in the same version; `{version}` in both is the same.
        package var packages: [String: String]?

        /// The names of those.
        func shared(_ installed: InstalledPackages, _ offered: InstalledPackages) -> Set<String> {
            var names: Set<String> = []
            for (plugin, family) in packages ?? [:] {
                for name in installed.names {
                    guard let version = Eligibility.Packages.version(of: name, in: family),
                        let own = installed[name], own.version == offered[name]?.version
                    else { continue }
                    names.insert(plugin.replacing("{version}", with: version))
                }
            }
            return names
        }
    }

    /// Where `Exceptions` are heeded, if not everywhere.
    package enum Condition: String, Decodable, Sendable {
        /// The native one is not known to say of itself what the root's own says.
        case answersDiffer
        /// The root's own is made for offloading and tells compilers of libraries that are linked (gcc.cc,
        /// forward_offload_option), which they write down in debug information; the native one does not.
        case offloads
    }

    /// With what programs are emulated.
    package struct Exceptions: Decodable, Equatable, Sendable {
        package var `where`: Condition?
        /// Arguments, as patterns (glob(7)), and why.
        package var refusing: [String: String]?
        /// An argument that matches one of these, while none matches one of `apart`.
        package var together: [String]?
        package var apart: [String]?
        /// Variables that are set and not empty, and why.
        package var variables: [String: String]?
        /// Arguments may be in files ("@FILE").
        package var readsResponses: Bool?
        /// Instead of gcc's own plugin it is given the tools tree's.
        package var substitutesPlugins: Bool?
        /// Options with which its code was found to differ, or all where that is so without any (`CompilerAgreement`).
        package var otherCode: Bool?
    }

    /// What a program has to be besides of the same version.
    package enum Kind: String, Decodable, Sendable {
        /// It reads headers: the native one looks for them in the root's directories (`HeaderDirectories`).
        case compiler
        /// It starts others: the native one was made over to look for them as the root's own (`CompilerDriver`).
        case driver
        /// It loads plugins by itself: the native one finds the tools tree's (`CompilerRelocation`).
        case archiver
    }

    package struct Rule: Decodable, Equatable, Sendable {
        /// A name in `packages`.
        package let package: String
        /// Their paths, the same in the tools tree but for `{gcc}`.
        package let programs: [String]
        package var kind: Kind?
        /// Names in `exceptions`.
        package var except: [String]?
        /// Programs of the root without which it is emulated, and why.
        package var needs: [String: String]?
        /// It does not depend on the machine: the host's own stands in, not a cross compiler's.
        package var ofHost: Bool?
    }

    /// How the names of compilers' packages begin, of all that the comparison of compilers depends on.
    package let prefixes: [String]
    package let packages: [String: Package]
    package let plugins: Plugins
    package let exceptions: [String: Exceptions]
    package let programs: [Rule]

    /// Whether the package `name` is one of those whose programs make code for the machine.
    package func isCompiler(_ name: String) -> Bool { prefixes.contains { name.hasPrefix($0) } }

    /// Those of `kind`, as they are written in the rules.
    func programs(_ kind: Kind) -> [String] { programs.filter { $0.kind == kind }.flatMap(\.programs) }

    /// By package manager, as the data has them.
    struct All: Decodable {
        let version: Int
        let dpkg: CompilerRules
    }

    /// What they refer to and do not have; empty in good data.
    var dangling: [String] {
        let packages = ([plugins.package] + programs.map(\.package)).filter { self.packages[$0] == nil }
        return packages + programs.flatMap { $0.except ?? [] }.filter { exceptions[$0] == nil }
    }

    /// Whether there is one of each version of gcc.
    func isVersioned(_ rule: Rule) -> Bool {
        (rule.programs + (packages[rule.package]?.own ?? [])).contains { $0.contains("{version}") }
    }
}
