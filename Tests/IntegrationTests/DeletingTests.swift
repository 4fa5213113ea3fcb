// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Processes
import SystemPackage
import Testing

@testable import Provisioning

extension IntegrationTests {
    /// What stays where it is when roots are removed and replaced: docs/security.md, "Deleting".
    @Suite struct DeletingTests {
        private func victim(_ home: Home, _ name: String = "victim") throws -> FilePath {
            let path = home.scratch.appending(name)
            try path.appending("rootfs").makeDirectories()
            try AtomicFile.write(Array("keep".utf8), to: path.appending("rootfs/file"))
            try home.own(path)
            return path
        }

        private func isWhole(_ victim: FilePath) -> Bool {
            (try? victim.appending("rootfs/file").readFile()) == Array("keep".utf8)
        }

        private func write(_ object: [String: Any], to path: FilePath, of home: Home) throws {
            try AtomicFile.write(Array(try JSONSerialization.data(withJSONObject: object)), to: path)
            try home.own(path.removingLastComponent())
        }

        private func record(_ home: Home) throws -> (FilePath, [String: Any]) {
            let path = home.tree().removingLastComponent().appending("root.json")
            let object = try JSONSerialization.jsonObject(with: Data(try path.readFile()))
            return (path, try #require(object as? [String: Any]))
        }

        @Test(arguments: Who.allCases) func theRecordDoesNotSayWhatIsDeleted(who: Who) throws {
            for path in ["/", "", "/etc", "../../other/rootfs", "/proc/self/root", "VICTIM", "OTHER"] {
                try Home.with(who) { home in
                    try home.add("other")
                    let victim = try victim(home)
                    var (place, object) = try record(home)
                    object["path"] = ["VICTIM": victim.string, "OTHER": home.tree("other").string][path] ?? path
                    try write(object, to: place, of: home)
                    let removed = try home.mangrove("remove", "box")
                    #expect(removed.status == 0 || removed.status == 73, "\(path): \(removed.errors)")
                    #expect(isWhole(victim) && access(home.tree("other").appending("bin/busybox").string, F_OK) == 0)
                }
            }
        }

        /// A record of a tree elsewhere that does not say which directory it is: an empty one at most.
        @Test(arguments: Who.allCases) func aTreeWithoutIdentityIsNotDeleted(who: Who) throws {
            try Home.with(who) { home in
                let victim = try victim(home)
                let own = home.tree().removingLastComponent()
                for directory in [own, own.removingLastComponent().appending(".staging-1")] {
                    try directory.makeDirectories()
                    try write(
                        ["path": "\(home.scratch)/none", "staged": victim.string],
                        to: directory.appending("tree.json"), of: home)
                }
                #expect(try home.mangrove("remove", "box").status == 0)
                #expect(isWhole(victim))
                #expect(try home.roots() == [])
            }
        }

        @Test(arguments: Who.allCases) func aLinkInThePlaceOfARootKeepsItsName(who: Who) throws {
            try Home.with(who) { home in
                let victim = try victim(home)
                let own = home.tree().removingLastComponent()
                for name in ["root.json", "lock"] {
                    try AtomicFile.write(own.appending(name).readFile(), to: victim.appending(name))
                }
                let roots = try Directory.open(own.removingLastComponent())
                try roots.rename("box", to: "moved")
                try roots.makeSymbolicLink("box", to: victim.string)
                try home.own(home.scratch)
                let removed = try home.mangrove("remove", "box")
                #expect(removed.status == 73, "\(removed.errors)")
                #expect(try home.roots() == ["box", "moved"])
                #expect(isWhole(victim))
            }
        }

        /// What cannot be marked as removed in part is not begun with.
        @Test(arguments: ["root.json", "lock", "rootfs", "rootfs/etc/passwd", "."], ["i", "a"])
        func whatCannotBeDeletedKeepsTheName(path: String, flag: String) throws {
            try Home.with(.delegated) { home in
                let place = home.tree().removingLastComponent().pushing(FilePath(path))
                guard try ChildProcess.run("/usr/bin/chattr", ["+\(flag)", place.string]).succeeded else { return }
                defer { _ = try? ChildProcess.run("/usr/bin/chattr", ["-\(flag)", place.string]) }
                let removed = try home.mangrove("remove", "box")
                #expect(removed.status == 77, "\(removed.errors)")
                #expect(try home.roots() == ["box"])
                let isWhole = access(home.tree().appending("bin/busybox").string, F_OK) == 0
                #expect(try home.mangrove("list").output.contains("removed in part") || isWhole)
                _ = try ChildProcess.run("/usr/bin/chattr", ["-\(flag)", place.string])
                #expect(try home.mangrove("remove", "box").status == 0)
                #expect(try home.roots() == [])
            }
        }

        @Test(arguments: [Who.root, .delegated]) func whatTheRecordNamesIsNotReplaced(who: Who) throws {
            try Home.withMirror(who) { home, mirror in
                let victim = try victim(home)
                var (place, object) = try record(home)
                object["path"] = victim.string
                try write(object, to: place, of: home)
                let refused = try home.create(
                    "box", "--replace", "--directory", victim.string, distros: try mirror.catalogue())
                #expect(refused.status == 73, "\(refused.errors)")
                #expect(isWhole(victim))
            }
        }

        /// Whoever else can write there could have root delete what he likes.
        @Test func rootTakesNoStoreOfSomebodyElse() throws {
            try Home.with(.delegated) { home in
                let victim = try victim(home)
                let identity = try Directory.open(victim).identity()
                let staging = home.directory.appending("roots/.staging-1")
                try staging.makeDirectories()
                try write(
                    [
                        "path": victim.string, "staged": "\(home.scratch)/none",
                        "identity": ["inode": identity.inode, "born": identity.born],
                    ], to: staging.appending("tree.json"), of: home)
                for command in [
                    ["list"], ["remove", "box"], ["run", "box", "true"], ["create", "new", "--from", "/x"],
                ] {
                    let refused = try Program(
                        [Installation.program.string] + command,
                        environment: ["MANGROVE_HOME": home.directory.string, "PATH": "/usr/bin:/bin"],
                        directory: home.work
                    ).wait()
                    #expect(refused.status == (command[0] == "run" ? 125 : 77), "\(command): \(refused.errors)")
                    #expect(refused.errors.contains("belongs to another user (id \(home.who.ids.user))"))
                }
                #expect(isWhole(victim))
                #expect(try home.roots() == [".staging-1", "box"])
            }
        }
    }
}
