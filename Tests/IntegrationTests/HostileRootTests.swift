// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// Roots made to have mangrove touch what is outside of them.
    @Suite struct HostileRootTests {
        private static let names = ["proc", "dev", "tmp", "etc", "run", "sys", "home", "mnt", "dev/null", "run/lock"]

        @Test(arguments: names, [true, false])
        func aLinkInPlaceOfAMountPointLeadsNowhereOutside(name: String, isAbsolute: Bool) throws {
            for who in [Who.root, .single] {
                try Home.with(who) { (home) throws in
                    let outside = home.scratch.appending("outside")
                    try outside.appending("lock").makeDirectories()
                    try AtomicFile.write(Array("keep".utf8), to: outside.appending("null"))
                    let mounts = try FilePath("/proc/self/mountinfo").readFile()
                    let path = home.tree().appending(FilePath(name).components)
                    let parent = try Directory.open(path.removingLastComponent())
                    let last = try #require(path.lastComponent)
                    try parent.removeTree(last)
                    let up = String(repeating: "../", count: 20)
                    let target = name.contains("/") ? "outside/" + last.string : "outside"
                    let place = home.scratch.string + "/" + target
                    try parent.makeSymbolicLink(last, to: isAbsolute ? place : up + place.dropFirst())
                    // The command itself is not hostile here: what counts is what mangrove does before it.
                    _ = try home.run(
                        "true", options: ["--bind", "\(home.work):/home/u/w", "--bind", "/etc/hostname:/mnt/f"])
                    #expect(try Directory.open(outside).names().map(\.string).sorted() == ["lock", "null"])
                    #expect(try Directory.open(outside.appending("lock")).names().isEmpty == true)
                    #expect(try outside.appending("null").readFile() == Array("keep".utf8))
                    #expect(try FilePath("/proc/self/mountinfo").readFile() == mounts)
                }
            }
        }

        @Test func aCommandCannotWriteOverResolvConfOfTheHost() throws {
            try Home.with(.root) { (home) throws in
                let victim = home.scratch.appending("victim")
                try AtomicFile.write(Array("own".utf8), to: victim)
                try Directory.open(home.tree().appending("etc")).makeSymbolicLink("resolv.conf", to: victim.string)
                #expect(try home.run("true").status == 0)
                #expect(try victim.readFile() == Array("own".utf8))
            }
        }

        /// The ways out that root in a chroot(2) has.
        @Test(arguments: Who.allCases)
        func theHostIsNotToBeReachedFromInside(who: Who) throws {
            try Home.with(who) { (home) throws in
                try AtomicFile.write([], to: home.scratch.appending("beacon"))
                let outcome = try home.shell(
                    """
                    ls /proc/1/root/ /proc/*/root/ | grep -c beacon
                    ls "$(printf '../%.0s' 1 2 3 4 5 6 7 8 9 10 11 12)\(home.scratch)" | grep -c beacon
                    (echo 1 > /proc/sys/fs/binfmt_misc/status) 2>/dev/null || echo refused
                    """, directory: home.work)
                #expect(outcome.output == "0\n0\nrefused\n")
            }
        }
    }
}
