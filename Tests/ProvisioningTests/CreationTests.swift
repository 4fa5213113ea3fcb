// SPDX-License-Identifier: Apache-2.0

import Architectures
import Extraction
import Failures
import Filesystem
import Fixtures
import Glibc
import Integrity
import Sandbox
import SystemPackage
import Terminal
import Testing
import Transfer

@testable import Provisioning

@Suite struct CreationTests {
    /// A place with a store, a cache and what creates roots in them, as a user with one id.
    private struct Place {
        let scratch: FilePath
        let store: RootStore
        let creation: Creation

        init(_ scratch: FilePath) {
            self.scratch = scratch
            store = RootStore(scratch.appending("roots"))
            creation = Creation(
                store: store, cache: Cache(scratch.appending("cache")),
                downloader: Downloader(settings: NetworkSettings(version: "test")), proxy: .none,
                workers: DirectPerformer(),
                caller: Caller(
                    identity: .direct(
                        users: [IdentityRange(inside: 0, outside: geteuid(), count: 1)],
                        groups: [IdentityRange(inside: 0, outside: getegid(), count: 1)]),
                    currentDirectory: "/", environment: [:]),
                cpu: nil, progress: Progress(.silent))
        }

        func leavesNothing() throws {
            #expect(try store.list().records.isEmpty)
            #expect(store.stagings().isEmpty)
        }
    }

    /// A tree of nothing but an arm64 program's header and an os-release.
    private static func tarball(program: [UInt8] = elf(machine: 183), shell: [UInt8]? = nil) -> [UInt8] {
        var tar = TarBuilder()
        tar.add("etc/", .directory, mode: 0o755)
        tar.add("etc/os-release", content: "ID=toy\nVERSION_ID=\"1.2\"\nVERSION_CODENAME=tin\n")
        tar.add("usr/bin/env".utf8, content: program, mode: 0o755)
        tar.add("bin/sh".utf8, content: shell ?? program, mode: 0o755)
        return tar.finished
    }

    private static func elf(machine: UInt8) -> [UInt8] {
        [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 11) + [machine, 0]
            + [UInt8](repeating: 0, count: 44)
    }

    private func withPlace(_ body: (Place) async throws -> Void) async throws {
        try await withScratchDirectory { try await body(Place($0)) }
    }

    /// What is downloaded, by libcurl here as well.
    private func remote(_ path: FilePath, _ digest: Digest) -> Base {
        Base(
            name: "base.tar", place: .remote(urls: ["file://\(path)"]), digest: digest,
            trust: Verification(how: .checksum, digest: nil))
    }

    /// Not even a copy of it is kept.
    @Test func aFileURLIsItsPath() throws {
        try withScratchDirectory { scratch in
            let tree = scratch.appending("a tree")
            try tree.makeDirectories()
            let path = tree.string.replacing(" ", with: "%20")
            for url in ["file://\(path)", "file://localhost\(path)"] {
                #expect(Base(from: url, digest: nil, relativeTo: "/").place == .directory(try tree.resolved()))
                let missing = Base(from: "\(url)/no.tar", digest: nil, relativeTo: "/")
                #expect(missing.place == .local(tree.appending("no.tar")))
            }
            let remote = "https://example.org/base.tar"
            #expect(Base(from: remote, digest: nil, relativeTo: "/").place == .remote(urls: [remote]))
        }
    }

    @Test(arguments: [false, true]) func aTarballBecomesARootThatSaysWhatItIs(isRemote: Bool) async throws {
        try await withPlace { place in
            let path = place.scratch.appending("base.tar")
            try AtomicFile.write(Self.tarball(), to: path)
            let digest = try Digest.of(fileAt: path)
            let base =
                isRemote ? remote(path, digest) : Base(from: "base.tar", digest: digest, relativeTo: place.scratch)
            let root = try await place.creation.create(CreationRequest(name: try RootName("toy")), from: base)
            #expect(try place.store.list().records == [root])
            #expect([root.distro, root.release, root.version, root.codename] == ["toy", "1.2", "1.2", "tin"])
            #expect(root.architecture == "arm64")
            #expect(root.verified.how == .checksum)
            #expect(root.verified.digest == digest.description)
            #expect(root.ownership == .caller)
            #expect(try FilePath(root.path).appending("usr/bin/env").readFile() == Self.elf(machine: 183))
            let cached = try Cache(place.scratch.appending("cache")).entries(using: DirectPerformer()).map(\.name)
            #expect(cached == (isRemote ? ["base.tar"] : []))
        }
    }

    @Test func aDamagedFileInTheCacheIsFetchedAgain() async throws {
        try await withPlace { place in
            let path = place.scratch.appending("base.tar")
            try AtomicFile.write(Self.tarball(), to: path)
            let digest = try Digest.of(fileAt: path)
            let cache = Cache(place.scratch.appending("cache"))
            try cache.bases.makeDirectories()
            try AtomicFile.write([1, 2, 3], to: cache.bases.appending("sha256-\(digest.hex)"))
            let base = remote(path, digest)
            let root = try await place.creation.create(CreationRequest(name: try RootName("toy")), from: base)
            #expect(root.verified.digest == digest.description)
        }
    }

    @Test(arguments: [
        ("", "is empty"), ("<html><body>Not here</body></html>", "HTML"), (String(repeating: "x", count: 2000), ""),
    ])
    func whatIsNoArchiveLeavesNothing(content: String, reason: String) async throws {
        try await withPlace { place in
            try AtomicFile.write(Array(content.utf8), to: place.scratch.appending("base.tar"))
            let base = Base(from: "base.tar", digest: nil, relativeTo: place.scratch)
            let error = await #expect(throws: ProvisioningError.self) {
                try await place.creation.create(CreationRequest(name: try RootName("toy")), from: base)
            }
            #expect(error?.status == .badData)
            #expect(error?.problem.contains("base.tar") == true)
            try place.leavesNothing()
        }
    }

    @Test func aWrongChecksumKeepsNothing() async throws {
        try await withPlace { place in
            let path = place.scratch.appending("base.tar")
            try AtomicFile.write(Self.tarball(), to: path)
            let wrong = try #require(Digest(.sha256, hex: String(repeating: "0", count: 64)))
            let base = remote(path, wrong)
            let error = await #expect(throws: ProvisioningError.self) {
                try await place.creation.create(CreationRequest(name: try RootName("toy")), from: base)
            }
            #expect(error?.status == .badData)
            #expect(error?.cause?.contains("expected 0000") == true)
            try place.leavesNothing()
            #expect(try Cache(place.scratch.appending("cache")).entries(using: DirectPerformer()) == [])
        }
    }

    @Test func aTreeForAnotherMachineIsRefused() async throws {
        try await withPlace { place in
            try AtomicFile.write(Self.tarball(program: Self.elf(machine: 62)), to: place.scratch.appending("base.tar"))
            var base = Base(from: "base.tar", digest: nil, relativeTo: place.scratch)
            base.architecture = .arm64
            let error = await #expect(throws: ProvisioningError.self) {
                try await place.creation.create(CreationRequest(name: try RootName("toy")), from: base)
            }
            #expect(error?.cause == "expected programs for arm64, found amd64")
            try place.leavesNothing()
        }
    }

    @Test func aShellForAnotherMachineIsRefused() async throws {
        try await withPlace { place in
            try AtomicFile.write(Self.tarball(shell: Self.elf(machine: 62)), to: place.scratch.appending("base.tar"))
            let base = Base(from: "base.tar", digest: nil, relativeTo: place.scratch)
            let error = await #expect(throws: ProvisioningError.self) {
                try await place.creation.create(CreationRequest(name: try RootName("toy")), from: base)
            }
            #expect(error?.cause == "expected /bin/sh for arm64, found one for amd64")
            #expect(error?.status == .badData)
            try place.leavesNothing()
        }
    }

    @Test func aSignatureThatIsRequiredAndMissingEndsItBeforeAnything() async throws {
        try await withPlace { place in
            var request = CreationRequest(name: try RootName("toy"))
            request.requiresSignature = true
            let base = Base(from: "http://127.0.0.1:1/base.tar", digest: nil, relativeTo: place.scratch)
            let error = await #expect(throws: ProvisioningError.self) {
                try await place.creation.create(request, from: base)
            }
            #expect(error?.status == .badData)
            #expect(throws: ProvisioningError.self) { try place.creation.plan(request, from: base) }
        }
    }

    @Test func aPlanChangesNothing() async throws {
        try await withPlace { place in
            let base = Base(from: "base.tar", digest: nil, relativeTo: place.scratch)
            let plan = try place.creation.plan(CreationRequest(name: try RootName("toy")), from: base)
            #expect(plan.sources == [place.scratch.appending("base.tar").string])
            #expect(plan.path == place.scratch.appending("roots/toy/rootfs").string)
            #expect(plan.verification == .none)
            #expect(try Directory.open(place.scratch).names() == [])
        }
    }

    /// The tree of `tarball` as a directory called `tree`.
    private static func directory(in place: Place, program: [UInt8] = elf(machine: 183)) throws -> FilePath {
        let tree = place.scratch.appending("tree")
        for name in ["etc", "usr/bin", "bin"] { try tree.appending(FilePath(name).components).makeDirectories() }
        try AtomicFile.write(Array("ID=toy\nVERSION_ID=1.2\n".utf8), to: tree.appending("etc/os-release"))
        for name in ["usr/bin/env", "bin/sh"] {
            try AtomicFile.write(
                program, to: tree.appending(FilePath(name).components), permissions: FilePermissions(rawValue: 0o755))
        }
        return try tree.resolved()
    }

    @Test func aDirectoryIsCopiedAndRecordedAsUnverified() async throws {
        try await withPlace { place in
            let tree = try Self.directory(in: place)
            let base = Base(from: "tree/.", digest: nil, relativeTo: place.scratch)
            #expect(base.directory == tree && base.name == "tree")
            let request = CreationRequest(name: try RootName("toy"))
            let plan = try place.creation.plan(request, from: base)
            #expect(plan.sources == [tree.string] && plan.copies == true && plan.verification == .none)
            try place.leavesNothing()
            let root = try await place.creation.create(request, from: base)
            #expect([root.distro, root.release, root.architecture, root.source] == ["toy", "1.2", "arm64", "tree"])
            #expect(root.verified == Verification(how: .none, digest: nil))
            #expect(try FilePath(root.path).appending("usr/bin/env").readFile() == Self.elf(machine: 183))
            #expect(try Directory.open(tree).names().count == 3)
            #expect(RootOrigin.read(in: place.store.path(of: root.name))?.kind == .directory)
            let error = #expect(throws: ProvisioningError.self) { try place.store.lockFile(of: root) }
            #expect(error?.cause == "it was copied from a directory, which has no digest")
        }
    }

    @Test func aDirectoryThatIsNoSystemIsRefusedBeforeItIsCopied() async throws {
        try await withPlace { place in
            var base = Base(from: ".", digest: nil, relativeTo: place.scratch)
            let request = CreationRequest(name: try RootName("toy"))
            _ = try Self.directory(in: place, program: Self.elf(machine: 62))
            let inside = #expect(throws: ProvisioningError.self) { try place.creation.plan(request, from: base) }
            #expect(inside?.status == .cannotCreate)
            base = Base(from: "tree/etc", digest: nil, relativeTo: place.scratch)
            let empty = #expect(throws: ProvisioningError.self) { try place.creation.plan(request, from: base) }
            #expect(empty?.cause == "it contains no program" && empty?.status == .badData)
            base = Base(from: "tree", digest: nil, relativeTo: place.scratch)
            base.architecture = .arm64
            let other = await #expect(throws: ProvisioningError.self) {
                try await place.creation.create(request, from: base)
            }
            #expect(other?.cause == "expected programs for arm64, found amd64")
            try place.leavesNothing()
        }
    }

    @Test func anExportHoldsTheBasesOwnResolvConf() async throws {
        try await withPlace { place in
            var tar = TarBuilder()
            tar.bytes = Array(Self.tarball().dropLast(1024))
            tar.add("etc/resolv.conf", .symbolicLink, target: "../run/resolv.conf")
            try AtomicFile.write(tar.finished, to: place.scratch.appending("base.tar"))
            let base = Base(from: "base.tar", digest: nil, relativeTo: place.scratch)
            _ = try await place.creation.create(CreationRequest(name: try RootName("toy")), from: base)
            let file = place.scratch.appending("out.tar")
            let export = try Export("toy", of: place.store, to: file, compression: .none)
            _ = try export.perform(using: DirectPerformer()) { _ in }
            let again = Base(from: "out.tar", digest: nil, relativeTo: place.scratch)
            let root = try await place.creation.create(CreationRequest(name: try RootName("again")), from: again)
            #expect(root.resolvConf == .symbolicLink(target: "../run/resolv.conf"))
            let names = try Set(Directory.open(place.scratch).names())
            #expect(names == ["base.tar", "out.tar", "roots"])
        }
    }
}
