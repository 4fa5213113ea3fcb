// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct ResolvConfTests {
    /// A tree with an empty /etc, and a host's resolv.conf.
    private func withTree(_ body: (FilePath, FilePath) throws -> Void) throws {
        try withScratchDirectory { scratch in
            let host = scratch.appending("host.conf")
            try AtomicFile.write(Array("nameserver 192.0.2.1\n".utf8), to: host)
            try scratch.appending("tree/etc").makeDirectories()
            try body(scratch.appending("tree"), host)
        }
    }

    private static let written = ResolvConf.mark + "nameserver 192.0.2.1\n"

    private func text(_ tree: FilePath) throws -> String {
        String(decoding: try tree.appending("etc/resolv.conf").readFile(), as: UTF8.self)
    }

    @Test func aDanglingLinkBecomesAFile() throws {
        try withTree { (tree, host) throws in
            let etc = try Directory.open(tree.appending("etc"))
            try etc.makeSymbolicLink("resolv.conf", to: "../run/systemd/resolve/stub-resolv.conf")
            let original = try ResolvConf.prepare(in: Directory.open(tree), host: host)
            #expect(original == .symbolicLink(target: "../run/systemd/resolve/stub-resolv.conf"))
            #expect(try etc.status(of: "resolv.conf")?.kind == .regular)
            #expect(try text(tree) == Self.written)
        }
    }

    /// Were the link followed, a root could have a file of the host's overwritten.
    @Test func aLinkToAFileOfTheHostLeavesThatAlone() throws {
        try withTree { (tree, host) throws in
            let victim = tree.removingLastComponent().appending("victim")
            try AtomicFile.write(Array("own".utf8), to: victim)
            try Directory.open(tree.appending("etc")).makeSymbolicLink("resolv.conf", to: victim.string)
            _ = try ResolvConf.prepare(in: Directory.open(tree), host: host)
            #expect(try victim.readFile() == Array("own".utf8))
            #expect(try text(tree) == Self.written)
        }
    }

    @Test func whatThereWasIsRemembered() throws {
        try withTree { (tree, host) throws in
            #expect(try ResolvConf.prepare(in: Directory.open(tree), host: host) == .absent)
        }
        try withTree { (tree, host) throws in
            try AtomicFile.write(Array("# none\n".utf8), to: tree.appending("etc/resolv.conf"))
            #expect(
                try ResolvConf.prepare(in: Directory.open(tree), host: host) == .file(contents: "# none\n"))
            #expect(try text(tree) == Self.written)
        }
    }

    @Test func aHostWithoutOneChangesNothing() throws {
        try withTree { (tree, host) throws in
            let none = host.removingLastComponent().appending("none")
            #expect(try ResolvConf.prepare(in: Directory.open(tree), host: none) == nil)
            try ResolvConf.refresh(in: Directory.open(tree), host: none)
            #expect(try Directory.open(tree.appending("etc")).names().isEmpty)
        }
    }

    @Test func oursFollowsTheHosts() throws {
        try withTree { (tree, host) throws in
            _ = try ResolvConf.prepare(in: Directory.open(tree), host: host)
            try AtomicFile.write(Array("nameserver 192.0.2.2\n".utf8), to: host)
            try ResolvConf.refresh(in: Directory.open(tree), host: host)
            #expect(try text(tree) == ResolvConf.mark + "nameserver 192.0.2.2\n")
        }
    }

    @Test func theOwnersStays() throws {
        try withTree { (tree, host) throws in
            try AtomicFile.write(Array("nameserver ::1\n".utf8), to: tree.appending("etc/resolv.conf"))
            try ResolvConf.refresh(in: Directory.open(tree), host: host)
            #expect(try text(tree) == "nameserver ::1\n")
        }
        try withTree { (tree, host) throws in
            let etc = try Directory.open(tree.appending("etc"))
            try etc.makeSymbolicLink("resolv.conf", to: "elsewhere")
            try ResolvConf.refresh(in: Directory.open(tree), host: host)
            #expect(try etc.symbolicLinkTarget(of: "resolv.conf") == "elsewhere")
        }
    }

    /// A root may hold anything.
    @Test func anEtcThatIsALinkIsNotFollowed() throws {
        try withTree { (tree, host) throws in
            let other = tree.removingLastComponent().appending("other")
            try other.makeDirectories()
            try Directory.open(tree).removeDirectory("etc")
            try Directory.open(tree).makeSymbolicLink("etc", to: other.string)
            try ResolvConf.refresh(in: Directory.open(tree), host: host)
            #expect(try ResolvConf.prepare(in: Directory.open(tree), host: host) == nil)
            #expect(try Directory.open(other).names().isEmpty)
        }
    }
}
