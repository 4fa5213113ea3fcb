// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct RootStoreTests {
    let workers = DirectPerformer()

    static func make(
        _ name: String, in store: RootStore, at path: FilePath? = nil, replacing: Bool = false,
        holding file: String = "a"
    ) throws {
        let staging = try store.stage(try RootName(name), at: path, replacing: replacing)
        try AtomicFile.write([1], to: staging.tree.appending(file))
        try staging.publish(try RootRecordTests.record(name), using: DirectPerformer())
    }

    private func withStore(_ body: (RootStore, FilePath) throws -> Void) throws {
        try withScratchDirectory { try body(RootStore($0.appending("data/roots")), $0) }
    }

    private func names(_ store: RootStore) throws -> [String] { try store.list().records.map(\.name.description) }

    @Test func aRootIsListedOnlyOnceItIsPublished() throws {
        try withStore { store, scratch in
            let staging = try store.stage(try RootName("xen"))
            try AtomicFile.write([1], to: staging.tree.appending("a"))
            #expect(try names(store) == [])
            try staging.publish(try RootRecordTests.record(), using: workers)
            let found = try store.find("xen")
            #expect(found.path == scratch.appending("data/roots/xen/rootfs").string)
            #expect(try FilePath(found.path).appending("a").readFile() == [1])
            #expect(store.stagings() == [])
        }
    }

    @Test func aNameIsGivenOnce() throws {
        try withStore { store, _ in
            let second = try store.stage(try RootName("xen"))
            try Self.make("xen", in: store, holding: "first")
            #expect(throws: ProvisioningError.self) { _ = try store.stage(try RootName("xen")) }
            let error = #expect(throws: ProvisioningError.self) {
                try second.publish(try RootRecordTests.record(), using: workers)
            }
            #expect(error?.status == .cannotCreate)
            try second.discard(using: workers)
            #expect(try Directory.open(FilePath(try store.find("xen").path)).names() == ["first"])
        }
    }

    @Test func whatAKilledCommandLeftIsSweptAndWhatALiveOneHasIsNot() throws {
        try withStore { store, scratch in
            let outside = scratch.appending("outside")
            for path in [nil, outside] {
                // Its lock goes with the value, as with a process.
                let killed = try store.stage(try RootName("killed"), at: path)
                try AtomicFile.write([1], to: killed.tree.appending("a"))
            }
            let live = try store.stage(try RootName("live"))
            #expect(store.sweep(using: workers).isEmpty)
            #expect(store.stagings().count == 1)
            #expect(try Directory.open(scratch).names() == ["data"])
            try AtomicFile.write([1], to: live.tree.appending("still-there"))
            try live.publish(try RootRecordTests.record("live"), using: workers)
            #expect(try names(store) == ["live"])
        }
    }

    @Test func aReplacedRootIsGoneAndTheNameNeverWas() throws {
        try withStore { store, _ in
            try Self.make("xen", in: store, holding: "old")
            try Self.make("xen", in: store, replacing: true, holding: "new")
            #expect(try Directory.open(FilePath(try store.find("xen").path)).names() == ["new"])
            #expect(store.stagings() == [])
            try Self.make("fresh", in: store, replacing: true)
            #expect(try names(store) == ["fresh", "xen"])
        }
    }

    @Test func aRootInUseIsNeitherReplacedNorRemoved() throws {
        try withStore { store, _ in
            try Self.make("xen", in: store, holding: "old")
            let use = try store.lock(try RootName("xen"), .shared)
            let replacing = #expect(throws: ProvisioningError.self) {
                try Self.make("xen", in: store, replacing: true, holding: "new")
            }
            let removing = #expect(throws: ProvisioningError.self) { try store.remove("xen", using: workers) }
            #expect([replacing?.status, removing?.status] == [.tryAgain, .tryAgain])
            #expect(try Directory.open(FilePath(try store.find("xen").path)).names() == ["old"])
            withExtendedLifetime(use.rawValue) {}
        }
    }

    @Test func aDamagedRecordHidesNoOther() throws {
        try withStore { store, _ in
            try Self.make("good", in: store)
            try Self.make("bad", in: store)
            try AtomicFile.write(Array("{".utf8), to: store.directory.appending("bad/root.json"))
            let found = try store.list()
            #expect(found.records.map(\.name.description) == ["good"])
            #expect(found.damaged.map(\.status) == [.badConfiguration])
        }
    }

    @Test func aMissingRootIsNamedWithThoseThatAreNear() throws {
        try withStore { store, _ in
            try Self.make("xen", in: store)
            for name in ["xem", "Xen/", "../xen"] {
                let error = #expect(throws: ProvisioningError.self) { try store.find(name) }
                #expect(error?.status == .noInput)
            }
            let error = #expect(throws: ProvisioningError.self) { try store.find("xem") }
            #expect(error?.remedy == "did you mean \"xen\"?")
        }
    }
}
