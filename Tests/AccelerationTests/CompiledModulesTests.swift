// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct CompiledModulesTests {
    private static let pattern = "usr/lib/{triplet}/perl5"
    private static let own = "/usr/lib/aarch64-linux-gnu/perl5/5.36"
    private static let native = "/usr/lib/\(Architecture.host.triplet)/perl5/5.36"

    private func look(_ trees: PairedTrees, _ patterns: [String] = [pattern]) throws -> CompiledModules {
        let root = try Directory.open(trees.root)
        let tools = try Directory.open(trees.tools)
        let request = AccelerationRequest(root: trees.root, tools: trees.tools, architecture: .arm64)
        return CompiledModules(
            patterns, request, root: root, tools: tools, installed: try #require(try InstalledPackages(of: root)),
            offered: try #require(try InstalledPackages(of: tools)))
    }

    /// A package of one module in the root, and in the tools tree.
    private func install(_ version: String, native: String?, in trees: PairedTrees) throws {
        let files: [String: PairedTrees.Content] = [
            "\(Self.own)/Text/CharWidth.pm": .text("package Text::CharWidth;"),
            "\(Self.own)/auto/Text/CharWidth/CharWidth.so": .program,
        ]
        try trees.install("libtext-charwidth-perl", version, in: trees.root, files)
        guard let native else { return }
        try trees.install("libtext-charwidth-perl", native, in: trees.tools, [:])
    }

    @Test func `without the directory there is nothing to want, until there is one`() throws {
        try PairedTrees.with { trees in
            let modules = try look(trees)
            #expect(modules.missing.isEmpty && modules.unknown == nil)
            #expect(Array(modules.changes.keys) == ["/usr/lib/aarch64-linux-gnu/perl5"])
            #expect(modules.changes.values.allSatisfy { $0 == nil })
        }
    }

    @Test func `a package that both trees have is no reason`() throws {
        try PairedTrees.with { trees in
            try install("0.04-11", native: "0.04-11+b1", in: trees)
            let modules = try look(trees)
            #expect(modules.missing.isEmpty && modules.unknown == nil)
            // Each directory is watched: a module that comes into it changes it.
            let paths = ["", "/5.36", "/5.36/Text", "/5.36/auto", "/5.36/auto/Text", "/5.36/auto/Text/CharWidth"]
            #expect(Set(modules.changes.keys) == Set(paths.map { FilePath("/usr/lib/aarch64-linux-gnu/perl5\($0)") }))
            #expect(modules.changes.values.allSatisfy { $0 != nil })
        }
    }

    @Test(arguments: [nil, "0.05-1"]) func `a package that the tools tree lacks is asked for`(native: String?) throws {
        try PairedTrees.with { trees in
            try install("0.04-11", native: native, in: trees)
            let missing = try #require(try look(trees).missing.first)
            #expect(missing.package == "libtext-charwidth-perl")
            #expect(missing.versions?.own == "0.04-11" && missing.versions?.native == native)
        }
    }

    @Test func `a module that no package brought has to be in the tools tree, and as long`() throws {
        try PairedTrees.with { trees in
            func put(_ path: String, _ text: String, in tree: FilePath) throws {
                let place = tree.pushing(FilePath(String(path.dropFirst())))
                try place.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array(text.utf8), to: place)
            }
            try put("\(Self.own)/Own.pm", "package Own;", in: trees.root)
            #expect(try look(trees).unknown == "\(Self.own)/Own.pm")
            try put("\(Self.native)/Own.pm", "package Own::Other;", in: trees.tools)
            #expect(try look(trees).unknown == "\(Self.own)/Own.pm")
            try put("\(Self.native)/Own.pm", "package Own;", in: trees.tools)
            #expect(try look(trees).unknown == nil)
            // Compiled ones differ in size as machines do.
            try put("\(Self.own)/auto/Own.so", "for the root", in: trees.root)
            #expect(try look(trees).unknown == "\(Self.own)/auto/Own.so")
            try put("\(Self.native)/auto/Own.so", "for this machine", in: trees.tools)
            #expect(try look(trees).unknown == nil)
        }
    }

    @Test func `a module that is added changes what was looked at`() throws {
        try PairedTrees.with { trees in
            try install("0.04-11", native: "0.04-11", in: trees)
            let before = try look(trees).changes
            let directory = trees.root.pushing(FilePath(String(Self.own.dropFirst())))
            try AtomicFile.write([], to: directory.appending("New.pm"))
            let changed = try look(trees).changes.filter { before[$0.key] != $0.value }.keys
            #expect(Array(changed) == [FilePath(Self.own)])
        }
    }
}
