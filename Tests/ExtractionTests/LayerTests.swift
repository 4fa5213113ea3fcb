// SPDX-License-Identifier: Apache-2.0

import Extraction
import Failures
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

/// Layers of images (OCI image specification, layer.md).
@Suite struct LayerTests {
    static var policy: ExtractionPolicy {
        var policy = ExtractionPolicy.layer
        policy.ownership = .caller
        return policy
    }

    /// The paths, directories with a slash, that these layers make one over the other; gives `body` the tree.
    @discardableResult
    private func layered(_ layers: [TarBuilder], _ body: (FilePath) throws -> Void = { _ in }) throws -> [String] {
        try withScratchDirectory { scratch in
            let root = scratch.appending("root")
            try Directory.open(scratch).makeDirectory("root")
            for layer in layers { try apply(layer, to: root, scratch) }
            try body(root)
            return try list(root).sorted()
        }
    }

    private func apply(_ layer: TarBuilder, to root: FilePath, _ scratch: FilePath) throws {
        try writeFile(layer.finished, to: scratch.appending("layer"))
        let file = try OwnedDescriptor.open(scratch.appending("layer"), .readOnly)
        _ = try Extractor(policy: Self.policy).extract(from: file, name: "layer", into: try .open(root))
    }

    private func list(_ path: FilePath, _ prefix: String = "") throws -> [String] {
        var found: [String] = []
        for name in try Directory.open(path).names() {
            let isDirectory = try status(path.appending(name)).kind == .directory
            found.append(prefix + name.string + (isDirectory ? "/" : ""))
            if isDirectory { found += try list(path.appending(name), prefix + name.string + "/") }
        }
        return found
    }

    private static var base: TarBuilder {
        var tar = TarBuilder()
        for name in ["d/", "d/e/"] { tar.add(name, .directory, mode: 0o755, modified: 1000) }
        for name in ["a", "d/b", "d/e/c"] { tar.add(name, content: "lower", modified: 1000) }
        return tar
    }

    private func layer(_ names: String...) -> TarBuilder {
        var tar = TarBuilder()
        for name in names { tar.add(name, name.hasSuffix("/") ? .directory : .file, mode: 0o755) }
        return tar
    }

    private static let all = ["a", "d/", "d/b", "d/e/", "d/e/c"]

    @Test func whatAWhiteoutNamesIsGone() throws {
        #expect(try layered([Self.base]) == Self.all)
        #expect(try layered([Self.base, layer(".wh.a")]) == ["d/", "d/b", "d/e/", "d/e/c"])
        #expect(try layered([Self.base, layer("d/.wh.e")]) == ["a", "d/", "d/b"])
        #expect(try layered([Self.base, layer("d/.wh..wh..opq")]) == ["a", "d/"])
        #expect(try layered([Self.base, layer(".wh..wh..opq", "new")]) == ["new"])
        #expect(try layered([Self.base, layer(".wh.none", "none/.wh.none", "d/.wh..wh.plnk")]) == Self.all)
    }

    /// Whatever the order of its entries is.
    @Test func aLayerHidesNothingOfItsOwn() throws {
        #expect(try layered([Self.base, layer("d/new", "d/.wh..wh..opq")]) == ["a", "d/", "d/new"])
        #expect(try layered([Self.base, layer("d/.wh..wh..opq", "d/new")]) == ["a", "d/", "d/new"])
        #expect(try layered([Self.base, layer("d/e/new", "d/.wh.e")]) == ["a", "d/", "d/b", "d/e/", "d/e/new"])
        #expect(try layered([Self.base, layer("d/e/", "d/.wh.e")]) == ["a", "d/", "d/b", "d/e/"])
        #expect(try layered([Self.base, layer(".wh.a", "a")]) == Self.all)
        #expect(try layered([Self.base, layer("a", ".wh.a")]) == Self.all)
    }

    @Test func oneKindTakesThePlaceOfAnother() throws {
        #expect(try layered([Self.base, layer("d")]) == ["a", "d"])
        #expect(try layered([Self.base, layer("a/", "a/x")]) == ["a/", "a/x", "d/", "d/b", "d/e/", "d/e/c"])
        var link = TarBuilder()
        link.add("d", .symbolicLink, target: "a")
        #expect(try layered([Self.base, link]) == ["a", "d"])
        #expect(try layered([Self.base, link, layer("d/", "d/x")]) == ["a", "d/", "d/x"])
    }

    @Test func namesLinkedAcrossLayersAreOneFile() throws {
        var link = TarBuilder()
        link.add("second", .hardLink, target: "d/b")
        try layered([Self.base, link]) { root throws in
            #expect(try status(root.appending("second")).inode == status(root.appending("d/b")).inode)
        }
        // A later file of that name is another one.
        try layered([Self.base, link, layer("second")]) { root throws in
            #expect(try root.appending("d/b").readFile() == Array("lower".utf8))
        }
    }

    /// What is in a directory is no change of the directory's own.
    @Test func directoriesKeepTheirTimes() throws {
        try layered([Self.base, layer("d/new", "d/e/.wh.c")]) { root throws in
            for path in ["d", "d/e"] {
                #expect(try status(root.appending(FilePath(path).components)).modified == 1000 * 1_000_000_000)
            }
        }
    }

    @Test(arguments: [".wh.", ".wh..", ".wh...", "d/.wh.", ".wh.a/b"])
    func whatHidesNothingThatCanBeIsRefused(name: String) throws {
        let error = #expect(throws: ExtractionError.self) { try layered([Self.base, layer(name)]) }
        #expect(error?.status == .badData, "\(String(describing: error))")
    }

    /// Nothing is deleted, or made, through a link of a layer below.
    @Test(arguments: [".wh.secret", ".wh..wh..opq", "new"], ["../outside", "/outside", "../../outside"])
    func noLinkLeadsOutOfTheTree(name: String, target: String) throws {
        try withScratchDirectory { scratch in
            let outside = scratch.appending("outside")
            try outside.makeDirectories()
            try writeFile([1], to: outside.appending("secret"))
            let root = scratch.appending("root")
            try root.makeDirectories()
            var lower = TarBuilder()
            lower.add("d", .symbolicLink, target: target == "/outside" ? outside.string : target)
            try apply(lower, to: root, scratch)
            let error = #expect(throws: ExtractionError.self) { try apply(layer("d/\(name)"), to: root, scratch) }
            #expect(error?.status == .badData, "\(String(describing: error))")
            #expect(try Directory.open(outside).names().map(\.string) == ["secret"])
        }
    }

    /// A file with several names goes into a layer with all of them: overlayfs has no other way to tell that they are one.
    @Test func linkedNamesStayTogether() throws {
        try withScratchDirectory { scratch in
            let (base, tree) = (scratch.appending("base"), scratch.appending("tree"))
            var lower = Self.base
            lower.add("one", content: "1")
            lower.add("two", .hardLink, target: "one")
            for path in [base, tree] {
                try path.makeDirectories()
                try apply(lower, to: path, scratch)
            }
            func written() throws -> [String] {
                let file = scratch.appending("written")
                _ = unlink(file.string)
                let output = try OwnedDescriptor.open(file, .writeOnly, options: [.create])
                let archive = TreeArchive(compression: .none, layer: .init(base: base))
                guard try archive.write(try .open(tree), to: output, name: "layer").entries > 0 else { return [] }
                return try extracting(try file.readFile()) { try list($1).sorted() }
            }
            #expect(try written() == [])
            // A further name for a file of the base.
            #expect(link(tree.appending("a").string, tree.appending("d/linked").string) == 0)
            #expect(try written() == ["a", "d/", "d/linked"])
            // Two names that are one file no more.
            _ = unlink(tree.appending("d/linked").string)
            let two = tree.appending("two")
            _ = unlink(two.string)
            try writeFile(Array("1".utf8), to: two)
            #expect(try written() == ["one", "two"])
        }
    }

    @Test func whatAnImageCannotHaveHidesWhatTheBaseHas() throws {
        try withScratchDirectory { scratch in
            let (base, tree) = (scratch.appending("base"), scratch.appending("tree"))
            for path in [base, tree] {
                try path.makeDirectories()
                try apply(Self.base, to: path, scratch)
            }
            _ = unlink(tree.appending("a").string)
            let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let path = Array(tree.appending("a").string.utf8)
            try #require(path.count < 100)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
            let file = scratch.appending("written")
            let output = try OwnedDescriptor.open(file, .writeOnly, options: [.create])
            let report = try TreeArchive(compression: .none, layer: .init(base: base))
                .write(try .open(tree), to: output, name: "layer")
            #expect(report.leftOut.map(\.path) == ["a"])
            #expect(try extracting(try file.readFile()) { try list($1).sorted() } == [".wh.a"])
        }
    }

    /// A layer that is written over another makes the same tree, and has nothing that did not change.
    @Test func whatChangedBecomesALayer() throws {
        try withScratchDirectory { scratch in
            let (base, tree, copy) = (scratch.appending("base"), scratch.appending("tree"), scratch.appending("copy"))
            var lower = Self.base
            lower.add("l", .symbolicLink, target: "a")
            lower.add("one", content: "1")
            lower.add("two", .hardLink, target: "one")
            for path in [base, tree, copy] {
                try path.makeDirectories()
                try apply(lower, to: path, scratch)
            }
            let written = scratch.appending("written")
            func write() throws -> (TreeArchive.Report, [String]) {
                _ = unlink(written.string)
                let output = try OwnedDescriptor.open(written, .writeOnly, options: [.create])
                let archive = TreeArchive(compression: .gzip, layer: .init(base: base))
                let report = try archive.write(try .open(tree), to: output, name: "layer")
                guard report.entries > 0 else { return (report, []) }
                return (report, try extracting(try written.readFile()) { try list($1).sorted() })
            }
            #expect(try write().0.entries == 0)
            try apply(layer("d/e/new", ".wh.a", "x/", "x/y", "d/.wh.b"), to: tree, scratch)
            try writeFile(Array("LOWER".utf8), to: tree.appending("d/e/c"))
            try writeFile([1], to: tree.appending(".wh.odd"))
            var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
            // Of the same size and time, and another one all the same.
            #expect(utimensat(AT_FDCWD, tree.appending("d/e/c").string, &times, 0) == 0)
            let (report, names) = try write()
            #expect(names == [".wh.a", "d/", "d/.wh.b", "d/e/", "d/e/c", "d/e/new", "x/", "x/y"])
            #expect(report.leftOut.map(\.path) == [".wh.odd"])
            let file = try OwnedDescriptor.open(written, .readOnly)
            _ = try Extractor(policy: Self.policy).extract(from: file, name: "layer", into: try .open(copy))
            _ = unlink(tree.appending(".wh.odd").string)
            #expect(try list(copy).sorted() == list(tree).sorted())
            #expect(try copy.appending("d/e/c").readFile() == Array("LOWER".utf8))
        }
    }
}
