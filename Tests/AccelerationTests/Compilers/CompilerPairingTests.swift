// SPDX-License-Identifier: Apache-2.0

@testable import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

/// An arm64 root with gcc and binutils, and a tools tree with the cross ones, made over: as far as they are looked at.
private struct CompilerTrees {
    static let own = "usr/lib/gcc/aarch64-linux-gnu/12"
    static let cross = "usr/lib/gcc-cross/aarch64-linux-gnu/12"
    static let native = "usr/lib/gcc/x86_64-linux-gnu/12"
    static let packages = ["cpp-12": "12.2.0-14+deb12u1", "g++-12": "12.2.0-14+deb12u1", "gcc-12": "12.2.0-14+deb12u1"]

    let root: FilePath
    let tools: FilePath

    static func with(_ body: (CompilerTrees) throws -> Void) throws {
        try withScratchDirectory { scratch in
            try Directory.open(scratch).makeDirectory("root")
            try Directory.open(scratch).makeDirectory("tools")
            let trees = CompilerTrees(root: scratch.appending("root"), tools: scratch.appending("tools"))
            try trees.fill()
            try body(trees)
        }
    }

    static func put(_ path: String, _ bytes: [UInt8], in tree: FilePath) throws {
        let whole = FilePath(path)
        let directory = try Directory.open(tree)
        let parent = try directory.makeDirectories(whole.removingLastComponent().components.map { $0 })
        try parent.createFile(
            try #require(whole.lastComponent), holding: bytes, permissions: FilePermissions(rawValue: 0o755))
    }

    static func program(_ architecture: Architecture) -> [UInt8] { ELFProgramBuilder(architecture).bytes }

    func install(_ packages: [String: String], in tree: FilePath) throws {
        let text = packages.sorted { $0.key < $1.key }.map {
            "Package: \($0.key)\nStatus: install ok installed\nArchitecture: arm64\nVersion: \($0.value)\n"
        }
        try Self.put("var/lib/dpkg/status", Array(text.joined(separator: "\n").utf8), in: tree)
    }

    private func fill() throws {
        try install(
            Self.packages.merging(["binutils-aarch64-linux-gnu": "2.40-2"]) { $1 }, in: root)
        var crossed = ["binutils-aarch64-linux-gnu": "2.40-2", "gcc-12": "12.2.0-14+deb12u1"]
        for name in Self.packages.keys { crossed["\(name)-aarch64-linux-gnu"] = "12.2.0-14cross1" }
        try install(crossed, in: tools)
        for name in ["as", "ar", "ld.bfd", "ld.gold", "readelf"] {
            try Self.put("usr/bin/aarch64-linux-gnu-\(name)", Self.program(.arm64), in: root)
            try Self.put("usr/bin/aarch64-linux-gnu-\(name)", Self.program(.amd64), in: tools)
        }
        for name in ["gcc", "g++", "cpp"] {
            try Self.put("usr/bin/aarch64-linux-gnu-\(name)-12", Self.program(.arm64), in: root)
            try Self.put("usr/bin/aarch64-linux-gnu-\(name)-12", CompilerPrograms.driver(), in: tools)
        }
        for name in ["cc1", "cc1plus"] {
            try Self.put(
                "\(Self.own)/\(name)", CompilerPrograms.compiler(CompilerPrograms.ownDirectories, for: .arm64),
                in: root)
            try Self.put(
                "\(Self.cross)/\(name)", CompilerPrograms.compiler(CompilerPrograms.crossDirectories, for: .amd64),
                in: tools)
        }
        for name in ["lto1", "lto-wrapper", "g++-mapper-server", "liblto_plugin.so"] {
            try Self.put("\(Self.own)/\(name)", Self.program(.arm64), in: root)
            try Self.put("\(Self.cross)/\(name)", Self.program(.amd64), in: tools)
        }
        try Self.put("\(Self.own)/collect2", Self.program(.arm64), in: root)
        try Self.put("\(Self.native)/collect2", Self.program(.amd64), in: tools)
        for path in ["usr/include/c++/12/backward", "usr/include/aarch64-linux-gnu/c++/12"] {
            _ = try Directory.open(root).makeDirectories(FilePath(path).components.map { $0 })
        }
        let library = "x\0/usr/lib/aarch64-linux-gnu/bfd-plugins\0/usr/bin/../lib/bfd-plugins\0"
        try Self.put("usr/lib/x86_64-linux-gnu/libbfd-2.40-arm64.so", Array(library.utf8), in: tools)
        _ = try CompilerRelocation(target: .arm64, host: .amd64)
            .apply(to: tools, #require(try Eligibility.builtIn().dpkg.compilers))
    }

    /// With what is known of the tools tree as it is now.
    func request() throws -> AccelerationRequest {
        var request = AccelerationRequest(root: root, tools: tools, architecture: .arm64, host: .amd64)
        request.record.compilers = CompilerRelocation(target: .arm64, host: .amd64)
            .compilers(in: try Directory.open(tools), try #require(try Eligibility.builtIn().dpkg.compilers))
        return request
    }

    func plan(_ agreement: CompilerAgreement = .assumed) throws -> AccelerationPlan {
        var plan = AccelerationPlan()
        try plan.addCompilers(request(), .builtIn(), agreement)
        return plan
    }
}

extension AccelerationPlan {
    /// That for which the tools tree's program `native` stands in, named without what comes before its "-" or "/".
    fileprivate func entry(_ native: String) -> DispatchEntry? {
        entries.first { entry in
            guard case .program(let path, _, _, _) = entry.kind else { return false }
            return path.string.hasSuffix("/\(native)") || path.string.hasSuffix("/aarch64-linux-gnu-\(native)")
        }
    }
}

@Suite struct CompilerPairingTests {
    @Test func `each program of a compiler is paired with the cross compiler's`() throws {
        try CompilerTrees.with { trees in
            let plan = try trees.plan()
            #expect(plan.fallbacks == [])
            #expect(
                plan.programs
                    == (["ar", "as", "cpp-12", "g++-12", "gcc-12", "ld.bfd", "ld.gold", "readelf"].map {
                        "/usr/bin/aarch64-linux-gnu-\($0)"
                    }
                    + ["cc1", "cc1plus", "collect2", "g++-mapper-server", "lto-wrapper", "lto1"]
                    .map { "/\(CompilerTrees.own)/\($0)" })
                    .sorted())
            #expect(plan.entry("\(CompilerTrees.cross)/cc1") != nil)
            #expect(plan.entry("\(CompilerTrees.native)/collect2") != nil)
            #expect(plan.mounts.map(\.target) == ["/run/mangrove/plugin-12"])
            #expect(
                plan.mounts.map(\.source) == [trees.tools.appending("\(CompilerTrees.cross)/liblto_plugin.so")])
            let driver = try #require(plan.entry("gcc-12"))
            #expect(driver.exceptions.patterns.contains("-v"))
            #expect(driver.exceptions.patterns.contains("-print-*"))
            #expect(plan.entry("g++-mapper-server")?.exceptions.patterns == ["-*v*"])
            for name in ["ld.bfd", "ld.gold", "ar"] {
                let exceptions = try #require(plan.entry(name)).exceptions
                #expect(exceptions.patterns.contains("--plugin"))
                let own = "/\(CompilerTrees.own)/liblto_plugin.so"
                #expect(exceptions.substitutes == [own: "/run/mangrove/plugin-12"])
            }
            #expect(plan.entry("ld.bfd")?.exceptions.variables.contains("LD_RUN_PATH") == true)
        }
    }

    @Test func `a linker's plugin has a native one by each of the paths that lead to it`() throws {
        try CompilerTrees.with { trees in
            // As in Debian 13: the file in one directory, a link to it in the other.
            for (tree, directory) in [(trees.root, CompilerTrees.own), (trees.tools, CompilerTrees.cross)] {
                let other = directory.replacing("usr/lib/", with: "usr/libexec/")
                try CompilerTrees.put(
                    "\(other)/liblto_plugin.so", try tree.pushing(FilePath("\(directory)/liblto_plugin.so")).readFile(),
                    in: tree)
                let parent = try Directory.open(tree.pushing(FilePath(directory)))
                try parent.unlink("liblto_plugin.so")
                try parent.makeSymbolicLink(
                    "liblto_plugin.so", to: "../../../../../\(other)/liblto_plugin.so")
            }
            let exceptions = try #require(try trees.plan().entry("ld.bfd")).exceptions
            let paths = ["lib", "libexec"].map { "/usr/\($0)/gcc/aarch64-linux-gnu/12/liblto_plugin.so" }
            #expect(exceptions.substitutes.keys.sorted() == paths)
            #expect(Set(exceptions.substitutes.values) == ["/run/mangrove/plugin-12"])
        }
    }

    @Test func `native archivers find the tools tree's plugins`() throws {
        try CompilerTrees.with { trees in
            let tree = try Directory.open(trees.tools)
            let plugin = try tree.realPathInRoot(of: "plugins/liblto_plugin.so")
            #expect(plugin.string == "/\(CompilerTrees.cross)/liblto_plugin.so")
            let library = try tree.openInRoot("usr/lib/x86_64-linux-gnu/libbfd-2.40-arm64.so")
            let text = String(decoding: try library.readToEnd(of: trees.tools), as: UTF8.self)
            let strings = text.split(separator: "\0").map { $0.split(separator: "/").joined(separator: "/") }
            #expect(strings == ["x", "run/mangrove/tools/plugins", "run/mangrove/tools/plugins"])
        }
    }

    @Test func `options of which the code differs are left to the root's own compiler, others not`() throws {
        try CompilerTrees.with { trees in
            var agreement = CompilerAgreement()
            agreement.exceptions["-fstack-protector"] = "other code"
            let plan = try trees.plan(agreement)
            #expect(plan.entry("cc1")?.exceptions.patterns.contains("-fstack-protector*") == true)
            #expect(plan.entry("gcc-12")?.exceptions.patterns.contains("-fstack-protector*") == false)
            #expect(plan.fallbacks.map(\.reason) == ["with -fstack-protector…: other code"])
        }
    }

    @Test func `compilers that disagree are not used, assembler and linker are`() throws {
        try CompilerTrees.with { trees in
            var agreement = CompilerAgreement()
            agreement.disagreement = "other code"
            let plan = try trees.plan(agreement)
            #expect(plan.entry("cc1") == nil && plan.entry("cc1plus") == nil && plan.entry("lto1") == nil)
            #expect(plan.entry("as") != nil && plan.entry("ld.bfd") != nil)
        }
    }

    @Test func `another version of gcc is not used`() throws {
        try CompilerTrees.with { trees in
            try trees.install(
                ["cpp-12": "12.3.0-1", "gcc-12": "12.3.0-1", "binutils-aarch64-linux-gnu": "2.40-2"], in: trees.root)
            let plan = try trees.plan()
            #expect(plan.entry("cc1") == nil && plan.entry("gcc-12") == nil && plan.entry("collect2") == nil)
            #expect(plan.entry("as") != nil)
            #expect(plan.fallbacks.contains { $0.reason.contains("12.3.0-1") })
        }
    }

    @Test func `drivers that say what the root's own do are asked, if the answers were compared`() throws {
        try CompilerTrees.with { trees in
            var request = try trees.request()
            let file = trees.root.removingLastComponent().appending("gcc")
            try AtomicFile.write(CompilerTrees.program(.amd64), to: file)
            request.drivers = ["gcc-12": file]
            var agreement = CompilerAgreement()
            for answersAlike in [true, false] {
                agreement.answersAlike = answersAlike
                var plan = AccelerationPlan()
                try plan.addCompilers(request, .builtIn(), agreement)
                let driver = try #require(plan.entry(answersAlike ? "driver-gcc-12" : "gcc-12"))
                #expect(driver.exceptions.patterns.contains("-v") == !answersAlike)
                #expect(driver.exceptions.patterns.contains("-march=native"))
                #expect(plan.mounts.contains(.init(file, at: "/run/mangrove/driver-gcc-12")) == answersAlike)
                #expect(plan.entry("g++-12")?.exceptions.patterns.contains("-print-*") == true)
                #expect(plan.entry("cc1")?.exceptions.patterns.contains("-version") == !answersAlike)
            }
        }
    }

    @Test func `without the linker drivers stand in, and have the root's own link`() throws {
        try CompilerTrees.with { trees in
            try trees.install(
                CompilerTrees.packages.merging(["binutils-aarch64-linux-gnu": "2.41-1"]) { $1 }, in: trees.root)
            let plan = try trees.plan()
            #expect(plan.entry("gcc-12") != nil && plan.entry("ld.bfd") == nil)
            #expect(plan.entry("cc1") != nil)
            #expect(plan.mounts == [])
        }
    }

    @Test func `a compiler that looks for headers elsewhere is not used`() throws {
        try CompilerTrees.with { trees in
            try Directory.open(trees.root).makeDirectories(["usr", "local"])
                .makeSymbolicLink("include", to: "/usr/include")
            let plan = try trees.plan()
            #expect(plan.entry("cc1") == nil && plan.entry("gcc-12") != nil)
            #expect(plan.fallbacks.contains { $0.program == "/\(CompilerTrees.own)/cc1" })
        }
    }

    @Test func `a tools tree whose driver is not made over is not used`() throws {
        try CompilerTrees.with { trees in
            try CompilerTrees.put("usr/bin/aarch64-linux-gnu-gcc-12", CompilerPrograms.driver(), in: trees.tools)
            let plan = try trees.plan()
            #expect(plan.entry("gcc-12") == nil && plan.entry("g++-12") != nil)
        }
    }

    @Test func `compilers that nobody compared are not used, whatever else is`() throws {
        try CompilerTrees.with { trees in
            var request = try trees.request()
            request.mode = .compilers
            let none = try AccelerationPlan.make(request, .builtIn())
            #expect(none.entries.isEmpty)
            request.agreement = .assumed
            try CompilerTrees.put("usr/lib64/ld-linux-x86-64.so.2", [0x7F], in: trees.tools)
            try Directory.open(trees.tools).makeSymbolicLink("lib64", to: "usr/lib64")
            let plan = try AccelerationPlan.make(request, .builtIn())
            #expect(plan.entry("cc1") != nil)
            #expect(plan.mounts.map(\.target).contains("/run/mangrove/plugin-12"))
            #expect(plan.mounts.first?.target == AccelerationPlan.toolsDirectory)
        }
    }

    @Test func `a tools tree of whose compilers nothing is known has the root's own used`() throws {
        try CompilerTrees.with { trees in
            var request = try trees.request()
            request.record.compilers = nil
            var plan = AccelerationPlan()
            try plan.addCompilers(request, .builtIn(), .assumed)
            for name in ["cc1", "cc1plus", "gcc-12", "ar"] { #expect(plan.entry(name) == nil, "\(name)") }
            #expect(plan.entry("as") != nil && plan.entry("lto1") != nil)
        }
    }

    @Test func `making over once more changes nothing`() throws {
        try CompilerTrees.with { trees in
            let before = try trees.plan()
            _ = try CompilerRelocation(target: .arm64, host: .amd64)
                .apply(to: trees.tools, #require(try Eligibility.builtIn().dpkg.compilers))
            #expect(try trees.plan().programs == before.programs)
        }
    }
}
