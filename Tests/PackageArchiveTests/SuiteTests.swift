// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import Integrity
import PackageArchive
import SystemPackage
import Testing
import Transfer

/// Suites of additions beside the release itself.
struct SuiteTests {
    private typealias Archive = ArchiveClientTests.Archive

    /// Adds the suites `names` to what `archive` publishes.
    private func publish(_ names: [String], in archive: Archive, by key: Fingerprint? = nil) throws {
        let index = Array(archive.packages.utf8)
        for name in names {
            try archive.put("dists/\(name)/main/binary-arm64/Packages", index)
            try archive.put(
                "dists/\(name)/InRelease",
                try archive.signer.clearsigned(try archive.release(name), by: [key ?? archive.key]))
        }
    }

    private func request(_ archive: Archive, adding names: [String]) throws -> ArchiveRequest {
        var request = try archive.request()
        request.suites += names.map { ArchiveRequest.Suite($0, mirrors: [archive.server.url], isOptional: true) }
        return request
    }

    /// As for apt: a mirror that hides a suite must not make a root without security updates.
    @Test func oneThatIsNotThereIsAnErrorThatNamesTheWayOut() async throws {
        try await Signer.with { signer in
            let archive = try Archive(signer)
            try publish(["trixie-security"], in: archive)
            var request = try request(archive, adding: ["trixie-updates", "trixie-security"])
            let error = await #expect(throws: PackageArchiveError.self) { try await archive.client.resolve(request) }
            #expect(error?.kind == .notOffered)
            #expect(error?.status == .unavailable)
            #expect(error?.problem == "\(archive.server.url) has no suite trixie-updates")
            #expect(error?.cause == "the release has one, but the mirror answers 404")
            #expect(error?.remedy?.hasSuffix("--skip-suite trixie-updates") == true)
            request.suites[1].isSkipped = true
            let resolved = try await archive.client.resolve(request)
            #expect(resolved.plan.suites.map(\.name) == ["trixie", "trixie-security"])
            #expect(resolved.plan.sources.map(\.suite) == ["trixie", "trixie-updates", "trixie-security"])
        }
    }

    /// The last is answered first.
    @Test func theOrderIsThatOfTheRequestWhicheverComesFirst() async throws {
        try await Signer.with { signer in
            let archive = try Archive(signer)
            let (second, third) = (try signer.makeKey("second"), try signer.makeKey("third"))
            try publish(["trixie-updates"], in: archive, by: second)
            try publish(["trixie-security"], in: archive, by: third)
            var request = try request(archive, adding: ["trixie-updates", "trixie-security"])
            var script: [String: [FaultServer.Response]] = [:]
            for (index, suite) in request.suites.enumerated() {
                for file in ["InRelease", "main/binary-arm64/Packages"] {
                    let path = "dists/\(suite.name)/\(file)"
                    script["/" + path] = [
                        .file(archive.directory.pushing(FilePath(path))).with(\.delay, 0.4 - 0.2 * Double(index))
                    ]
                }
            }
            let server = try FaultServer(script, scratch: signer.scratch)
            for index in request.suites.indices { request.suites[index].mirrors = [server.url] }
            request.verifier = SignatureVerifier(
                pinned: [archive.key, second, third], keys: [try signer.export([archive.key, second, third])])
            let plan = try await archive.client.resolve(request).plan
            let names = ["trixie", "trixie-updates", "trixie-security"]
            #expect(plan.suites.map(\.name) == names)
            #expect(plan.suites.map(\.fingerprint) == [archive.key, second, third].map(\.hex))
            #expect(plan.sources.map(\.suite) == names)
            let indices = try server.requests().map(\.path).filter { $0.hasSuffix("Packages") }
            #expect(indices.first == "/dists/trixie-security/main/binary-arm64/Packages")
        }
    }

    @Test func oneThatHasNothingForTheArchitectureIsLeftOutOfTheRootButNotOfItsSources() async throws {
        try await Signer.with { signer in
            let archive = try Archive(signer)
            let release = try archive.release("trixie-updates").replacing("arm64", with: "riscv64")
            try archive.put("dists/trixie-updates/InRelease", try signer.clearsigned(release, by: [archive.key]))
            let resolved = try await archive.client.resolve(try request(archive, adding: ["trixie-updates"]))
            #expect(resolved.leftOut.map(\.reason) == ["it has nothing for arm64"])
            #expect(resolved.plan.suites.map(\.name) == ["trixie"])
            #expect(resolved.plan.sources.map(\.suite) == ["trixie", "trixie-updates"])
        }
    }

    /// Debian's security suites before bullseye have the codename of the release itself.
    @Test func theReleaseItselfDoesNotPassForItsUpdates() throws {
        func release(_ components: String) throws -> Release {
            try Release(parsing: "Codename: buster\nComponents: \(components)\nSHA256:\n", name: "Release")
        }
        #expect(try release("updates/main updates/contrib").isOf("buster/updates"))
        #expect(try !release("main contrib").isOf("buster/updates"))
        #expect(try release("main contrib").isOf("buster"))
        #expect(try !release("updates/main").isOf("bullseye/updates"))
    }
}
