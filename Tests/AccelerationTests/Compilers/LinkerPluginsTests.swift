// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct LinkerPluginsTests {
    private static let directory = "usr/lib/bfd-plugins"
    private static let directories: Set<FilePath> = ["/usr/lib/bfd-plugins", "/usr/lib/aarch64-linux-gnu/bfd-plugins"]

    private func look(_ root: FilePath, shared: Set<String> = []) throws -> LinkerPlugins {
        let rules = try #require(try Eligibility.builtIn().dpkg.compilers)
        let request = AccelerationRequest(root: root, tools: root, architecture: .arm64)
        return LinkerPlugins(request, rules.plugins, shared: shared, root: try Directory.open(root))
    }

    private func put(_ name: String, in root: FilePath) throws {
        try root.pushing(FilePath(Self.directory)).makeDirectories()
        try AtomicFile.write([], to: root.pushing(FilePath("\(Self.directory)/\(name)")))
    }

    @Test func `a root without any is watched for the first`() throws {
        try withScratchDirectory { root in
            let plugins = try look(root)
            #expect(plugins.unknown == nil)
            #expect(Set(plugins.changes.keys) == Self.directories)
            #expect(plugins.changes.values.allSatisfy { $0 == nil })
        }
    }

    @Test func `gcc's and binutils' own are no reason, another one is`() throws {
        try withScratchDirectory { root in
            try put("libdep.so", in: root)
            try put("liblto_plugin.so", in: root)
            let plugins = try look(root)
            #expect(plugins.unknown == nil)
            #expect(plugins.changes[FilePath("/\(Self.directory)")] != .some(nil))
            try put("LLVMgold.so", in: root)
            let more = try look(root)
            #expect(more.unknown == "/usr/lib/bfd-plugins/LLVMgold.so")
            #expect(more.changes[FilePath("/\(Self.directory)")] != plugins.changes[FilePath("/\(Self.directory)")])
        }
    }

    @Test func `one that the tools tree has, too, is no reason`() throws {
        try withScratchDirectory { root in
            try put("LLVMgold-14.so", in: root)
            #expect(try look(root, shared: ["LLVMgold-14.so"]).unknown == nil)
            #expect(try look(root, shared: ["LLVMgold-15.so"]).unknown == "/usr/lib/bfd-plugins/LLVMgold-14.so")
        }
    }

    @Test func `plugins are shared by packages of the same version`() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("llvm-14-linker-tools", "1:14.0.6-12", "/usr/lib/llvm-14/lib/LLVMgold.so")
            try trees.install(
                "llvm-15-linker-tools", "1:15.0.6-4+b1", in: trees.root, ["/usr/lib/llvm-15/lib/LLVMgold.so": .program])
            try trees.install(
                "llvm-15-linker-tools", "1:15.0.6-5", in: trees.tools, ["/usr/lib/llvm-15/lib/LLVMgold.so": .program])
            let rules = try #require(try Eligibility.builtIn().dpkg.compilers)
            let installed = try #require(try InstalledPackages(of: Directory.open(trees.root)))
            let offered = try #require(try InstalledPackages(of: Directory.open(trees.tools)))
            #expect(rules.plugins.shared(installed, offered) == ["LLVMgold-14.so"])
        }
    }

    @Test func `a link that leads out of the root is none`() throws {
        try withScratchDirectory { scratch in
            let root = scratch.appending("root")
            try root.pushing("usr/lib").makeDirectories()
            try scratch.appending("outside").makeDirectories()
            try AtomicFile.write([], to: scratch.appending("outside/other.so"))
            try Directory.open(root.pushing("usr/lib")).makeSymbolicLink("bfd-plugins", to: "../../../outside")
            #expect(try look(root).unknown == nil)
        }
    }
}
