// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Processes
import SystemPackage
import Testing

extension IntegrationTests {
    /// What other users of the host can do with trees that are somebody's, and with places where trees are made.
    @Suite struct OtherUsersTests {
        /// Whether that user can execute the file.
        private func canExecute(_ path: FilePath, _ who: Who) throws -> Bool {
            let words = who.prefix + ["/usr/bin/test", "-x", path.string]
            return try ChildProcess.run(FilePath(words[0]), Array(words.dropFirst())).succeeded
        }

        @Test func noTreeOfRootsCanBeEntered() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                // As a home that was made by hand.
                let roots = home.directory.appending("roots")
                #expect(chmod(home.directory.string, 0o755) == 0 && chmod(roots.string, 0o755) == 0)
                #expect(try home.create("a", distros: try mirror.catalogue()).status == 0)
                let program = home.tree("a").appending("bin/busybox")
                #expect(try canExecute(program, .root))
                for who in [Who.delegated, .single] { #expect(try !canExecute(program, who)) }
                let directory = try Directory.open(home.directory)
                #expect(try directory.status(of: "cache")?.permissions == 0o700)
                #expect(try Directory.open(roots).status(of: "a")?.permissions == 0o700)
                let run = try home.mangrove("run", "--user", "7", "a", "--", "sh", "-c", "cat /etc/os-release")
                #expect(run.output.contains("ID=toy"), "\(run.errors)")
            }
        }

        /// A tree that is to be used with chroot(8) is where the user wants it: who can enter it is said.
        @Test func whoCanEnterATreeOutsideIsSaid() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let place = home.scratch.appending("open/tree")
                let open = try home.create("a", "--directory", place.string, distros: distros)
                #expect(open.status == 0, "\(open.errors)")
                #expect(open.errors.contains("every user of this host can execute the setuid programs in \(place);"))
                #expect(try canExecute(place.appending("bin/busybox"), .single))
                let closed = home.scratch.appending("closed")
                try closed.makeDirectories(mode: 0o700)
                let made = try home.create("b", "--directory", closed.string + "/tree", distros: distros)
                #expect(made.status == 0)
                #expect(!made.errors.contains("every user"))
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func whereOthersCanRenameNoTreeIsMade(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let theirs = home.scratch.appending("theirs")
                let shared = home.scratch.appending("shared")
                for place in [theirs, shared] { try place.makeDirectories() }
                #expect(chown(theirs.string, Who.single.ids.user, Who.single.ids.group) == 0)
                #expect(chmod(shared.string, 0o777) == 0 && chmod(theirs.string, 0o777) == 0)
                // By a link, too.
                try Directory.open(home.work).makeSymbolicLink("link", to: theirs.string)
                for (place, reason) in [
                    (theirs, "belongs to another user"), (shared, "world-writable"),
                    (home.work.appending("link"), "\(theirs) belongs to another user"),
                ] {
                    let path = place.appending("deep/tree")
                    let refused = try home.create("a", "--directory", path.string, distros: distros)
                    #expect(refused.status == 73)
                    #expect(refused.errors.contains("mangrove: cannot create a root at \(path)\n"))
                    #expect(refused.errors.contains(reason), "\(refused.errors)")
                    #expect(try Directory.open(place).names() == [])
                }
                #expect(try home.roots() == ["box"])
            }
        }
    }
}
