// SPDX-License-Identifier: Apache-2.0

import Extraction
import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing

/// Archives that want out of the root: `refusal(of:)` looks at what is outside, these at what is said.
@Suite struct HostileArchiveTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let entry: String
        let build: @Sendable (inout TarBuilder) -> Void

        init(_ description: String, entry: String, _ build: @escaping @Sendable (inout TarBuilder) -> Void) {
            testDescription = description
            self.entry = entry
            self.build = build
        }
    }

    static let cases: [Case] = [
        Case("parent of the root", entry: "../outside/x") { $0.add("../outside/x", content: "x") },
        Case("parent in the middle", entry: "a/../../outside/x") { $0.add("a/../../outside/x", content: "x") },
        Case("parent that would be harmless", entry: "a/../b") { $0.add("a/../b", content: "x") },
        Case("parent at the end", entry: "a/..") { $0.add("a/..", .directory) },
        Case("parent in a pax header", entry: "../outside/y") {
            $0.add("harmless", content: "x", pax: [("path", Array("../outside/y".utf8))])
        },
        Case("through a relative link", entry: "l/x") {
            $0.add("l", .symbolicLink, target: "../outside")
            $0.add("l/x", content: "x")
        },
        Case("through an absolute link", entry: "l/x") {
            $0.add("l", .symbolicLink, target: "/tmp")
            $0.add("l/x", content: "x")
        },
        Case("through an absolute link to a directory the root has too", entry: "l/x") {
            $0.add("tmp/", .directory)
            $0.add("l", .symbolicLink, target: "/tmp")
            $0.add("l/x", content: "x")
        },
        Case("through two links", entry: "a/x") {
            $0.add("d/", .directory)
            $0.add("d/up", .symbolicLink, target: "../../outside")
            $0.add("a", .symbolicLink, target: "d/up")
            $0.add("a/x", content: "x")
        },
        Case("through a link in the middle", entry: "d/up/e/x") {
            $0.add("d/", .directory)
            $0.add("d/up", .symbolicLink, target: "../..")
            $0.add("d/up/e/x", content: "x")
        },
        Case("through /proc", entry: "l/x") {
            $0.add("l", .symbolicLink, target: "/proc/self/cwd")
            $0.add("l/x", content: "x")
        },
        Case("through a link that leads to itself", entry: "l/x") {
            $0.add("l", .symbolicLink, target: "l")
            $0.add("l/x", content: "x")
        },
        Case("directory below a link", entry: "l/d/") {
            $0.add("l", .symbolicLink, target: "../outside")
            $0.add("l/d/", .directory)
        },
        Case("hard link below a link", entry: "l/x") {
            $0.add("f", content: "x")
            $0.add("l", .symbolicLink, target: "../outside")
            $0.add("l/x", .hardLink, target: "f")
        },
        Case("fifo below a link", entry: "l/x") {
            $0.add("l", .symbolicLink, target: "../outside")
            $0.add("l/x", .fifo)
        },
        Case("hard link to an absolute name", entry: "h") { $0.add("h", .hardLink, target: "/etc/hostname") },
        Case("hard link to the parent", entry: "h") { $0.add("h", .hardLink, target: "../outside/secret") },
        Case("hard link through a link", entry: "h") {
            $0.add("l", .symbolicLink, target: "../outside")
            $0.add("h", .hardLink, target: "l/secret")
        },
        Case("hard link to a link, then contents", entry: "h") {
            $0.add("l", .symbolicLink, target: "../outside/secret")
            $0.add("h", .hardLink, target: "l")
            $0.add("h/x", content: "x")
        },
        Case("hard link to nothing", entry: "h") { $0.add("h", .hardLink, target: "nothing") },
        Case("hard link to a directory", entry: "h") {
            $0.add("d/", .directory)
            $0.add("h", .hardLink, target: "d")
        },
        Case("hard link to the root", entry: "h") { $0.add("h", .hardLink, target: "./") },
        Case("a file as a parent", entry: "f/x") {
            $0.add("f", content: "x")
            $0.add("f/x", content: "x")
        },
        Case("a file in place of a full directory", entry: "d") {
            $0.add("d/x", content: "x")
            $0.add("d", content: "x")
        },
        Case("a file in place of the root", entry: ".") { $0.add(".", content: "x") },
        Case("a link in place of the root", entry: "./") { $0.add("./", .symbolicLink, target: "/tmp") },
        Case("a link to nothing at all", entry: "l") { $0.add("l", .symbolicLink, target: "") },
        Case("a component too long", entry: String(repeating: "n", count: 300)) {
            $0.add(String(repeating: "n", count: 300), content: "x")
        },
    ]

    @Test(arguments: cases) func isRefused(_ hostile: Case) throws {
        var tar = sampleTar()
        hostile.build(&tar)
        let error = try refusal(of: tar.finished)
        #expect(error.status == .badData)
        let named = hostile.testDescription == "hard link to a link, then contents" ? "h/x" : hostile.entry
        guard case .hostile(let entry, _) = error.reason else {
            // libarchive itself does not take it for an entry.
            guard case .damaged = error.reason, hostile.entry == "l" else {
                Issue.record("\(error.reason)")
                return
            }
            return
        }
        #expect(entry == named)
    }

    @Test func absoluteNamesLandInTheRoot() throws {
        var tar = TarBuilder()
        tar.add("/etc/mangrove-test", content: "x")
        tar.add("//a///./b", content: "y")
        tar.add("/a/c", .hardLink, target: "/a/b")
        try extracting(tar.finished) { _, root in
            try #expect(root.appending("etc/mangrove-test").readFile() == Array("x".utf8))
            try #expect(status(root.appending("a/b")).links == 2)
        }
    }

    @Test func aFileReplacesALinkInsteadOfFollowingIt() throws {
        var tar = TarBuilder()
        tar.add("l", .symbolicLink, target: "../outside/secret")
        tar.add("l", content: "mine")
        tar.add("m", .symbolicLink, target: "../outside")
        tar.add("m/", .directory)
        tar.add("m/x", content: "in a directory of its own")
        try extracting(tar.finished) { _, root in
            try #expect(status(root.appending("l")).kind == .regular)
            try #expect(status(root.appending("m")).kind == .directory)
        }
    }

    @Test func bombsEndAtTheLimit() throws {
        var policy = ExtractionPolicy.unprivileged
        policy.entryLimit = 10
        var tar = TarBuilder()
        for index in 0..<11 { tar.add("f\(index)", content: "") }
        guard case .tooLarge = try refusal(of: tar.finished, policy).reason else { throw Unexpected() }
        policy = .unprivileged
        policy.byteLimit = 1 << 20
        tar = TarBuilder()
        tar.add("zeros".utf8, content: [UInt8](repeating: 0, count: 4 << 20), target: "".utf8)
        guard case .tooLarge = try refusal(of: compressed(tar.finished, .gzip), policy).reason else {
            throw Unexpected()
        }
    }

    @Test func namesCannotWriteToTheTerminal() throws {
        var tar = TarBuilder()
        tar.add("../\u{1B}[2J", content: "x")
        try #expect(refusal(of: tar.finished).problem.contains("\\u{1b}[2J"))
    }

    struct Unexpected: Error {}
}
