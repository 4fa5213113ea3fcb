// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import Glibc
import Processes
import SystemPackage
import Testing

@testable import Provisioning

/// What is above a tree that lies at a path of the user's choosing.
@Suite struct PathAboveTests {
    @Test func aDirectoryThatEverybodyWritesToIsNoPlaceForATree() throws {
        try withScratchDirectory { scratch in
            let scratch = try scratch.resolved()
            let shared = scratch.appending("shared")
            try shared.appending("inner").makeDirectories()
            let inner = shared.appending("inner")
            #expect(try PathAbove(of: inner).weakness() == nil)
            #expect(chmod(shared.string, 0o777) == 0)
            #expect(try PathAbove(of: inner).weakness()?.directory == shared)
            let store = RootStore(scratch.appending("data/roots"))
            for place in [shared.appending("xen"), inner.appending("new/xen")] {
                let error = #expect(throws: ProvisioningError.self) {
                    try RootStoreTests.make("xen", in: store, at: place)
                }
                #expect(error?.status == .cannotCreate)
                #expect(error?.problem == "cannot create a root at \(place)")
                #expect(error?.cause?.contains("rename files in \(shared)") == true)
            }
            #expect(try Directory.open(shared).names() == ["inner"])
            #expect(try Directory.open(inner).names() == [])
            #expect(store.stagings() == [])
            // As /tmp is.
            #expect(chmod(shared.string, 0o1777) == 0)
            try RootStoreTests.make("xen", in: store, at: shared.appending("xen"))
        }
    }

    @Test func aDirectoryOfAnotherUsersIsNone() throws {
        try withScratchDirectory { scratch in
            let place = try scratch.resolved().appending("theirs")
            try place.makeDirectories()
            // Root's are everybody's to trust: where the test is root's the directory becomes another's.
            if geteuid() == 0 { try #require(chown(place.string, 4321, 4321) == 0) }
            let owner = geteuid() == 0 ? 4321 : geteuid()
            let above = try PathAbove(of: place)
            #expect(above.weakness(for: owner) == nil)
            let weakness = above.weakness(for: owner + 1)
            #expect(weakness?.reason.contains("belongs to another user (id \(owner))") == true)
        }
    }

    @Test func aGroupOrAnAccessControlListIsSomebodyElse() throws {
        try withScratchDirectory { scratch in
            let place = try scratch.resolved().appending("place")
            try place.makeDirectories()
            #expect(chmod(place.string, 0o775) == 0)
            let group = try Directory.open(place).status().group
            let above = try PathAbove(of: place)
            #expect(above.weakness(group: group) == nil)
            // What is root's group's is root's.
            #expect(group == 0 || above.weakness(group: group + 1)?.reason.contains("group \(group) can") == true)
            if geteuid() == 0 {
                try #require(chown(place.string, 0, 4321) == 0)
                #expect(try PathAbove(of: place).weakness()?.directory == place)
                try #require(chown(place.string, 0, 0) == 0)
            }
            let set = try? ChildProcess.run("/usr/bin/setfacl", ["-m", "u:4321:rwx", place.string])
            guard set?.succeeded == true else { return }
            #expect(try PathAbove(of: place).weakness()?.reason.contains("has an ACL") == true)
        }
    }

    @Test func modesDecideWhoGetsToIt() throws {
        try withScratchDirectory { scratch in
            let scratch = try scratch.resolved()
            #expect(chmod(scratch.string, 0o755) == 0)
            let place = scratch.appending("place")
            try place.makeDirectories()
            #expect(try PathAbove(of: place).isOpenToAll)
            #expect(chmod(scratch.string, 0o700) == 0)
            #expect(try !PathAbove(of: place).isOpenToAll)
        }
    }

    /// The store may have been made by somebody else, or by hand.
    @Test func theDirectoryAboveATreeIsItsOwnersAlone() throws {
        try withScratchDirectory { scratch in
            let store = RootStore(scratch.appending("roots"))
            try store.directory.makeDirectories(mode: 0o755)
            try RootStoreTests.make("xen", in: store)
            let directory = try Directory.open(store.directory)
            #expect(try directory.status(of: "xen")?.permissions == 0o700)
        }
    }
}
