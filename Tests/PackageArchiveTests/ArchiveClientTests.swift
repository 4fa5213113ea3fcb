// SPDX-License-Identifier: Apache-2.0

import Architectures
import Failures
import Filesystem
import Fixtures
import Integrity
import PackageArchive
import SystemPackage
import Testing
import Transfer

/// A signed archive on a server of its own.
struct ArchiveClientTests {
    struct Archive: Sendable {
        let signer: Signer
        let key: Fingerprint
        let directory: FilePath
        let server: StaticServer
        let packages: String

        /// `byHash`: the index is under its digest only, and what is under its name is of another time.
        init(_ signer: Signer, byHash: Bool = false) throws {
            self.signer = signer
            key = try signer.makeKey("archive")
            directory = signer.scratch.appending("mirror")
            let deb = UnpackerTests.baseFiles().bytes
            packages = """
                Package: base-files
                Essential: yes
                Version: 1
                Architecture: arm64
                Filename: pool/main/b/base-files_1+x~y_arm64.deb
                Size: \(deb.count)
                SHA256: \(try Digest.of(deb).hex)

                """
            let root = try Directory.open(signer.scratch)
            try root.makeDirectory("mirror")
            server = try StaticServer(serving: directory, scratch: signer.scratch)
            try put("pool/main/b/base-files_1+x~y_arm64.deb", deb)
            let index = "dists/trixie/main/binary-arm64/"
            let bytes = Array(packages.utf8)
            if byHash {
                try put("\(index)by-hash/SHA256/\(try Digest.of(bytes).hex)", bytes)
                try put("\(index)Packages", Array("newer".utf8))
            } else {
                try put("\(index)Packages", bytes)
            }
            try put("dists/trixie/InRelease", try signer.clearsigned(try release(byHash: byHash), by: [key]))
        }

        func put(_ path: String, _ bytes: [UInt8]) throws {
            let names = path.split(separator: "/").compactMap { FilePath.Component(String($0)) }
            let parent = try Directory.open(directory).makeDirectories(names.dropLast())
            try parent.createFile(try #require(names.last), holding: bytes)
        }

        func release(_ codename: String = "trixie", byHash: Bool = false, fields: String = "") throws -> String {
            """
            Codename: \(codename)
            Architectures: arm64
            Components: main
            Acquire-By-Hash: \(byHash ? "yes" : "no")
            \(fields)SHA256:
             \(try Digest.of(Array(packages.utf8)).hex) \(packages.utf8.count) main/binary-arm64/Packages

            """
        }

        func request(_ suite: String = "trixie") throws -> ArchiveRequest {
            var request = ArchiveRequest(
                architecture: .arm64, suites: [ArchiveRequest.Suite(suite, mirrors: [server.url + "/"])],
                verifier: SignatureVerifier(pinned: [key], keys: [try signer.export([key])]))
            request.variant = .essential
            return request
        }

        var client: ArchiveClient {
            var settings = NetworkSettings(version: "test")
            settings.backOff = .milliseconds(1)
            return ArchiveClient(
                downloader: Downloader(settings: settings), cache: signer.scratch.appending("cache"))
        }

        func resolve(_ suite: String = "trixie") async throws -> ResolvedArchive {
            try await client.resolve(try request(suite))
        }
    }

    @Test(arguments: [false, true]) func aRootIsResolvedFetchedAndUnpacked(_ byHash: Bool) async throws {
        try await Signer.with { signer in
            let archive = try Archive(signer, byHash: byHash)
            let resolved = try await archive.resolve()
            #expect(resolved.plan.packages.map(\.name) == ["base-files"])
            #expect(resolved.plan.suites.first?.fingerprint == archive.key.hex)
            #expect(resolved.plan.suites.first?.uri == archive.server.url)
            try await archive.client.fetch(resolved)
            let root = try UnpackerTests.unpack(signer.scratch, resolved.plan).root
            #expect(try UnpackerTests.text(root, "var/lib/dpkg/status").hasPrefix("Package: base-files\n"))
            // A second root takes all from the cache but the Release file.
            let before = try archive.server.requests().count
            try await archive.client.fetch(try await archive.resolve())
            #expect(try archive.server.requests().dropFirst(before).allSatisfy { $0.path == "/dists/trixie/InRelease" })
        }
    }

    @Test func aDetachedSignatureServesWhereThereIsNoOther() async throws {
        try await Signer.with { signer in
            let archive = try Archive(signer)
            try Directory.open(archive.directory.appending("dists/trixie")).unlink("InRelease")
            let release = try archive.release()
            try archive.put("dists/trixie/Release", Array(release.utf8))
            await #expect(throws: PackageArchiveError.self) { try await archive.resolve() }
            try archive.put("dists/trixie/Release.gpg", try signer.detached(release, by: [archive.key]))
            #expect(try await archive.resolve().plan.packages.count == 1)
        }
    }

    @Test func whatIsNotWhatWasSignedIsRefused() async throws {
        try await Signer.with { signer in
            let archive = try Archive(signer)
            func refused(_ kind: PackageArchiveError.Kind, _ text: String, _ status: Failures.ExitStatus = .badData)
                async
            {
                await #expect {
                    try await archive.client.fetch(try await archive.resolve())
                } throws: {
                    let error = $0 as? PackageArchiveError
                    let words = [error?.problem, error?.cause].compactMap { $0 }.joined(separator: " ")
                    return error?.kind == kind && error?.status == status && words.contains(text)
                }
            }
            // A package, of the right size.
            var deb = UnpackerTests.baseFiles().bytes
            deb[deb.count - 1] ^= 1
            try archive.put("pool/main/b/base-files_1+x~y_arm64.deb", deb)
            await refused(.mismatch, "base-files_1")
            // An index, of the right size: a mirror in the middle of an update.
            try archive.put(
                "dists/trixie/main/binary-arm64/Packages",
                Array(archive.packages.replacing("Version: 1", with: "Version: 2").utf8))
            try Directory.open(archive.signer.scratch).removeTree("cache")
            await refused(.mismatch, "main/binary-arm64/Packages")
            // The Release file of another suite, and one that is too old.
            try archive.put(
                "dists/trixie/InRelease", try signer.clearsigned(try archive.release("sid"), by: [archive.key]))
            await refused(.mismatch, "it is for sid")
            let old = try archive.release(fields: "Valid-Until: Sat, 19 Sep 2020 07:55:41 UTC\n")
            try archive.put("dists/trixie/InRelease", try signer.clearsigned(old, by: [archive.key]))
            await refused(.expired, "has expired")
            // Another key.
            let other = try signer.makeKey("other")
            try archive.put("dists/trixie/InRelease", try signer.clearsigned(try archive.release(), by: [other]))
            await refused(.other, "InRelease")
        }
    }

    @Test func anUnknownSuiteIsToldWithThoseThatAreThere() async throws {
        try await Signer.with { signer in
            let archive = try Archive(signer)
            try archive.put("dists/index.html", Array("<a href=\"../\">up</a> <a href=\"trixie/\">trixie/</a>".utf8))
            await #expect {
                try await archive.resolve("trixe")
            } throws: {
                let error = $0 as? PackageArchiveError
                return error?.kind == .notOffered && error?.cause == "it has trixie"
                    && error?.remedy == "did you mean \"trixie\"?"
            }
        }
    }
}
