// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Sandbox
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct MountPointsTests {
    private let workers = DirectPerformer()

    /// A directory like a root's own, with an empty tree in it.
    private func withRoot(_ body: (_ directory: FilePath, _ tree: FilePath) throws -> Void) throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("rootfs")
            try tree.appending("home").makeDirectories()
            try tree.appending("tmp").makeDirectories()
            try body(scratch, tree)
        }
    }

    private func plan(_ tree: FilePath, mounting targets: FilePath...) -> SandboxPlan {
        var plan = SandboxPlan(root: .tree(tree), identity: .host, command: ["true"])
        plan.steps = [.tmpfs(target: "/tmp", mode: 0o1777)]
        plan.steps += targets.map { .bind(source: "/srv", target: $0, readOnly: false, optional: false) }
        return plan
    }

    private func enters(_ plan: SandboxPlan, _ tree: FilePath, in directory: FilePath) throws -> Bool {
        guard let points = try MountPoints.enter(tree, in: directory, for: plan) else { return false }
        points.leave(using: workers)
        return true
    }

    private func exists(_ path: FilePath) throws -> Bool {
        guard let parent = try? Directory.open(path.removingLastComponent()), let name = path.lastComponent else {
            return false
        }
        return try parent.status(of: name) != nil
    }

    @Test func whatARunMadeIsGoneAfterIt() throws {
        try withRoot { (directory, tree) throws in
            let points = try MountPoints.enter(tree, in: directory, for: plan(tree, mounting: "/home/u/xen", "/f"))
            try tree.appending("home/u/xen").makeDirectories()
            try AtomicFile.write([], to: tree.appending("f"))
            try #require(try exists(directory.appending("mountpoints")))
            points?.leave(using: workers)
            #expect(try Directory.open(tree.appending("home")).names().isEmpty)
            #expect(try Directory.open(tree).names().map(\.string).sorted() == ["home", "tmp"])
            #expect(try exists(directory.appending("mountpoints")) == false)
        }
    }

    @Test func whatIsNotEmptyOrWasThereBeforeStays() throws {
        try withRoot { (directory, tree) throws in
            try tree.appending("home/old").makeDirectories()
            let points = try MountPoints.enter(
                tree, in: directory, for: plan(tree, mounting: "/home/old", "/home/u/xen", "/f"))
            try tree.appending("home/u/xen").makeDirectories()
            try AtomicFile.write([1], to: tree.appending("home/u/kept"))
            try AtomicFile.write([1], to: tree.appending("f"))
            points?.leave(using: workers)
            for path in ["home/old", "home/u/kept", "f"] { #expect(try exists(tree.appending(path)) == true) }
            #expect(try exists(tree.appending("home/u/xen")) == false)
        }
    }

    @Test func whatLiesInAMountOfTheRunsOwnIsNotInTheTree() throws {
        try withRoot { (directory, tree) throws in
            #expect(try enters(plan(tree, mounting: "/tmp/build"), tree, in: directory) == false)
            #expect(try exists(directory.appending("mountpoints")) == false)
        }
    }

    /// Images need not have /run.
    @Test func aMountOfTheRunsOwnMayLackItsDirectory() throws {
        try withRoot { (directory, tree) throws in
            var plan = plan(tree)
            plan.steps += [.proc(target: "/proc"), .tmpfs(target: "/run", mode: 0o755)]
            let first = try MountPoints.enter(tree, in: directory, for: plan)
            for name in ["proc", "run"] { try tree.appending(.init(name) ?? "x").makeDirectories() }
            // It finds them there.
            let second = try MountPoints.enter(tree, in: directory, for: plan)
            first?.leave(using: workers)
            #expect(try exists(tree.appending("run")) == true)
            second?.leave(using: workers)
            #expect(try Directory.open(tree).names().map(\.string).sorted() == ["home", "tmp"])
        }
    }

    @Test func theLastOneOutDeletes() throws {
        try withRoot { (directory, tree) throws in
            let plan = plan(tree, mounting: "/home/u/xen")
            let first = try MountPoints.enter(tree, in: directory, for: plan)
            try tree.appending("home/u/xen").makeDirectories()
            let second = try MountPoints.enter(tree, in: directory, for: plan)
            first?.leave(using: workers)
            #expect(try exists(tree.appending("home/u/xen")) == true)
            MountPoints.sweep(tree, in: directory, using: workers)
            #expect(try exists(tree.appending("home/u/xen")) == true)
            second?.leave(using: workers)
            #expect(try exists(tree.appending("home/u")) == false)
        }
    }

    /// What a killed run leaves is the next command's to delete.
    @Test(arguments: [true, false])
    func aKilledRunsAreDeletedLater(byARun: Bool) throws {
        try withRoot { (directory, tree) throws in
            let killed = try MountPoints.enter(tree, in: directory, for: plan(tree, mounting: "/home/u/xen"))
            try tree.appending("home/u/xen").makeDirectories()
            // Its lock goes with it.
            _ = consume killed
            if byARun {
                try MountPoints.enter(tree, in: directory, for: plan(tree, mounting: "/home"))?.leave(using: workers)
            } else {
                MountPoints.sweep(tree, in: directory, using: workers)
            }
            #expect(try exists(tree.appending("home/u")) == false)
            #expect(try exists(directory.appending("mountpoints")) == false)
        }
    }

    @Test func aLinkIsNotFollowed() throws {
        try withRoot { (directory, tree) throws in
            let outside = directory.appending("outside")
            try outside.appending("u").makeDirectories()
            let points = try MountPoints.enter(
                tree, in: directory, for: plan(tree, mounting: "/home/u", "/link/u", "/link/new"))
            // While the run goes on the tree is the command's to change.
            try Directory.open(tree).removeDirectory("home")
            try Directory.open(tree).makeSymbolicLink("home", to: outside.string)
            points?.leave(using: workers)
            #expect(try exists(outside.appending("u")) == true)
        }
    }

    @Test func namesNeedNotBeText() throws {
        try withRoot { (directory, tree) throws in
            let name = FilePath(platformString: [0x2F, -1, 0x0A, 0x61, 0])
            let points = try MountPoints.enter(tree, in: directory, for: plan(tree, mounting: name))
            let component = try #require(name.lastComponent)
            try Directory.open(tree).makeDirectory(component)
            points?.leave(using: workers)
            #expect(try Directory.open(tree).names().count == 2)
        }
    }

    @Test func aThrowawayRunMakesNone() throws {
        try withRoot { (directory, tree) throws in
            var plan = plan(tree, mounting: "/home/u")
            plan.root = .throwaway(tree)
            #expect(try enters(plan, tree, in: directory) == false)
        }
    }
}
