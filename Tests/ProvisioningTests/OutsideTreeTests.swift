// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct OutsideTreeTests {
    let workers = DirectPerformer()

    private func withStore(_ body: (RootStore, FilePath) throws -> Void) throws {
        try withScratchDirectory { try body(RootStore($0.appending("data/roots")), $0) }
    }

    @Test func aTreeLiesWhereItWasAskedForAndIsRemovedWithTheRoot() throws {
        try withStore { store, scratch in
            let path = scratch.appending("chroot/xen")
            try RootStoreTests.make("xen", in: store, at: path)
            #expect(try store.find("xen").path == path.string)
            #expect(try Directory.open(path).names() == ["a"])
            try store.remove("xen", using: workers)
            #expect(try Directory.open(scratch.appending("chroot")).names() == [])
            #expect(try store.list().records.isEmpty)
        }
    }

    @Test func anEmptyDirectoryIsTakenAndAFullOneIsNot() throws {
        try withStore { store, scratch in
            let path = scratch.appending("tree")
            try path.makeDirectories()
            try RootStoreTests.make("xen", in: store, at: path)
            for taken in [path, scratch, store.directory.appending("xen/rootfs/b"), "/"] {
                let error = #expect(throws: ProvisioningError.self) {
                    try RootStoreTests.make("other", in: store, at: taken)
                }
                #expect(error?.status == .cannotCreate)
            }
            #expect(store.stagings() == [])
        }
    }

    @Test func aTreeOutsideIsReplacedInPlace() throws {
        try withStore { store, scratch in
            let path = scratch.appending("tree")
            try RootStoreTests.make("xen", in: store, at: path, holding: "old")
            try RootStoreTests.make("xen", in: store, at: path, replacing: true, holding: "new")
            #expect(try Directory.open(path).names() == ["new"])
            #expect(try Set(Directory.open(scratch).names()) == ["data", "tree"])
            try RootStoreTests.make("xen", in: store, replacing: true, holding: "inside")
            #expect(try Directory.open(scratch).names() == ["data"])
        }
    }

    /// Killed between the renaming of the tree and that of the record.
    @Test func aHalfPublishedTreeIsTakenBack() throws {
        try withStore { store, scratch in
            let path = scratch.appending("tree")
            do {
                let killed = try store.stage(try RootName("xen"), at: path)
                try Directory.open(scratch).rename(try #require(killed.tree.lastComponent), to: "tree")
            }
            #expect(store.sweep(using: workers).isEmpty)
            #expect(try Directory.open(scratch).names() == ["data"])

            try RootStoreTests.make("xen", in: store, at: path, holding: "old")
            do {
                let killed = try store.stage(try RootName("xen"), at: path, replacing: true)
                try Directory.open(scratch).exchange(try #require(killed.tree.lastComponent), with: "tree")
            }
            #expect(store.sweep(using: workers).isEmpty)
            #expect(try Directory.open(path).names() == ["old"])
            #expect(try Set(Directory.open(scratch).names()) == ["data", "tree"])
        }
    }

    @Test func anotherDirectoryThatTookItsPlaceIsNotDeleted() throws {
        try withStore { store, scratch in
            let top = try Directory.open(scratch)
            try RootStoreTests.make("xen", in: store, at: scratch.appending("tree"))
            try top.removeTree("tree")
            try top.makeDirectory("tree")
            try AtomicFile.write([1], to: scratch.appending("tree/precious"))
            let error = #expect(throws: ProvisioningError.self) { try store.remove("xen", using: workers) }
            #expect(error?.status == .cannotCreate)
            try top.rename("tree", to: "elsewhere")
            try store.remove("xen", using: workers)
            #expect(try top.openDirectory("elsewhere").names() == ["precious"])
            #expect(try store.list().records.isEmpty)
        }
    }
}
