// SPDX-License-Identifier: Apache-2.0

import PackageArchive

/// A package index written short: a line a package, `NAME VERSION; FIELD: VALUE; …`.
func index(_ lines: String, suite: Int = 0) throws -> PackageIndex {
    try PackageIndex(text: Array(packagesFile(lines).utf8), name: "Packages", suite: suite)
}

func packagesFile(_ lines: String) -> String {
    lines.split(separator: "\n").map { line in
        let parts = line.split(separator: ";").map { $0.drop { $0 == " " } }
        let words = parts[0].split(separator: " ")
        return """
            Package: \(words[0])
            Version: \(words[1])
            Architecture: arm64
            \(parts.dropFirst().joined(separator: "\n"))
            Filename: pool/\(words[0])_\(words[1])_arm64.deb
            Size: 100
            SHA256: \(String(repeating: "0", count: 64))
            """.replacing("\n\n", with: "\n")
    }.joined(separator: "\n\n") + "\n"
}

func universe(_ lines: String) throws -> PackageUniverse {
    PackageUniverse([try index(lines)], architecture: "arm64")
}

/// Names of what is selected, sorted.
func select(_ lines: String, _ variant: Variant = .minbase, extra: [String] = []) throws -> [String] {
    try Selection(from: try universe(lines), variant: variant, extra: extra).packages.map(\.name).sorted()
}
