// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct EtcHostsTests {
    private func withTree(_ text: String?, _ body: (FilePath) throws -> Void) throws {
        try withScratchDirectory { scratch in
            try scratch.appending("etc").makeDirectories()
            if let text { try AtomicFile.write(Array(text.utf8), to: scratch.appending("etc/hosts")) }
            try body(scratch)
        }
    }

    private func text(_ tree: FilePath) throws -> String {
        String(decoding: try tree.appending("etc/hosts").readFile(), as: UTF8.self)
    }

    private static let local = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"

    @Test func whereThereIsNoneItIsMade() throws {
        try withTree(nil) { (tree) throws in
            #expect(try EtcHosts.prepare(in: Directory.open(tree), name: "xen") == .absent)
            #expect(try text(tree) == EtcHosts.mark + Self.local + "127.0.1.1\txen\n")
            #expect(try EtcHosts.isOwn(in: Directory.open(tree)))
        }
    }

    @Test func whatIsMissingIsAddedToTheBases() throws {
        let base = "127.0.0.1 localhost # here\n# 127.0.0.1 xen\n192.0.2.1 far"
        try withTree(base) { (tree) throws in
            #expect(try EtcHosts.prepare(in: Directory.open(tree), name: "xen") == .file(contents: base))
            #expect(try text(tree) == EtcHosts.mark + base + "\n127.0.1.1\txen\n")
        }
    }

    @Test func whatIsCompleteStaysAsItIs() throws {
        try withTree("127.0.0.1 localhost xen\n") { (tree) throws in
            #expect(try EtcHosts.prepare(in: Directory.open(tree), name: "xen") == nil)
            #expect(try text(tree) == "127.0.0.1 localhost xen\n")
            #expect(try !EtcHosts.isOwn(in: Directory.open(tree)))
        }
    }

    @Test func aRunMakesOneOnlyWhereThereIsNone() throws {
        try withTree("192.0.2.1 far\n") { (tree) throws in
            try EtcHosts.complete(in: Directory.open(tree), name: "xen")
            #expect(try text(tree) == "192.0.2.1 far\n")
        }
        try withTree(nil) { (tree) throws in
            try EtcHosts.complete(in: Directory.open(tree), name: "xen")
            #expect(try text(tree).hasSuffix("127.0.1.1\txen\n"))
        }
    }

    @Test func aLinkIsNotFollowed() throws {
        try withTree(nil) { (tree) throws in
            try Directory.open(tree.appending("etc")).makeSymbolicLink("hosts", to: "/etc/hosts")
            #expect(try EtcHosts.prepare(in: Directory.open(tree), name: "xen") == nil)
            try EtcHosts.complete(in: Directory.open(tree), name: "xen")
            #expect(try Directory.open(tree.appending("etc")).status(of: "hosts")?.kind == .symbolicLink)
        }
    }
}
