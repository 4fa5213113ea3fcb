// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import SystemPackage
import Testing

@testable import Acceleration

@Suite struct PreloadedLibrariesTests {
    private static let name = "libfakeroot-sysv.so"
    private static let native = "/usr/lib/\(Architecture.host.triplet)/\(name)"

    /// What may be preloaded where the root and the tools tree have these versions of libfakeroot. `isProved`: its loader
    /// has found what the native one needs.
    private func found(
        _ own: String, _ other: String, isProved: Bool = true, _ architecture: Architecture = .arm64
    ) throws -> PreloadedLibraries? {
        var found: PreloadedLibraries?
        try PairedTrees.with(architecture) { trees in
            try trees.install(
                "libfakeroot", own, in: trees.root,
                ["/usr/lib/\(architecture.triplet)/libfakeroot/\(Self.name)": .program])
            let directory = "/usr/lib/\(Architecture.host.triplet)/libfakeroot"
            try trees.install("libfakeroot", other, in: trees.tools, ["\(directory)/\(Self.name)": .program])
            _ = try trees.seal()
            var request = AccelerationRequest(root: trees.root, tools: trees.tools, architecture: architecture)
            if isProved { request.record.programs[Self.native] = ToolsRecord.Program() }
            found = try PreloadedLibraries(request, .builtIn())
        }
        return found
    }

    @Test func fakerootsMayBeOfTheSameVersion() throws {
        let libraries = try found("1.31-1.2", "1.31-1.2")
        #expect(libraries?.names == [Self.name])
        #expect(libraries?.searchPath == "/usr/lib/aarch64-linux-gnu/libfakeroot:")
        #expect(libraries?.permitted(among: ["LD_PRELOAD", "LD_AUDIT"]) == ["LD_PRELOAD=\(Self.name)|", "LD_AUDIT"])
    }

    @Test func ofAnotherVersionOrUnprovedOrWithOtherWordsItMayNot() throws {
        #expect(try found("1.31-1.2", "1.31-1.3") == nil)
        #expect(try found("1.31-1.2", "1.31-1.2", isProved: false) == nil)
        #expect(try found("1.31-1.2", "1.31-1.2", .armhf) == nil)
        #expect(try found("1.31-1.2", "1.31-1.2", .s390x) == nil)
    }
}
