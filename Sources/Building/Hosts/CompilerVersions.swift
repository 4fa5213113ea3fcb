// SPDX-License-Identifier: Apache-2.0

package import Acceleration

/// The packages, with versions, that determine the output of a root's compilers and assemblers.
package struct CompilerVersions: Hashable, Sendable {
    package let versions: [String: String]

    /// Compilers, binutils, and the libraries with which cc1 computes constants (gcc's manual, "Prerequisites").
    private static let prefixes = [
        "gcc", "g++", "cpp", "gfortran", "clang", "libclang", "llvm", "libLLVM", "libllvm", "binutils", "libgmp",
        "libmpfr",
        "libmpc", "mpfr", "mpc1", "gmp", "isl", "libisl",
    ]

    package init(of installed: InstalledPackages) {
        let names = installed.names.filter { name in
            Self.prefixes.contains(where: name.hasPrefix) && !name.hasSuffix("-doc") && !name.hasSuffix("-base")
        }
        versions = Dictionary(
            uniqueKeysWithValues: names.compactMap { name in installed[name].map { (name, $0.version) } })
    }

    /// `NAME=VERSION` each; nil for anything else.
    package init?(parsing texts: [String]) {
        var versions: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, !parts[0].hasPrefix("-") else { return nil }
            versions[parts[0]] = parts[1]
        }
        self.versions = versions
    }

    package var names: [String] { versions.keys.sorted() }
    package var texts: [String] { names.map { "\($0)=\(versions[$0] ?? "")" } }

    /// How `installed` differs; nil if it is the same.
    package func difference(from installed: InstalledPackages?) -> String? {
        for name in names where installed?[name]?.version != versions[name] {
            return "expected \(name) \(versions[name] ?? ""), found \(installed?[name]?.version ?? "none")"
        }
        return nil
    }
}
