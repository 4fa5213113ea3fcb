// SPDX-License-Identifier: Apache-2.0

import Architectures
import Catalogue
import Failures
import Filesystem
import Fixtures
import SystemPackage
import Testing

/// DISTRO:RELEASE@MOMENT.
@Suite struct SnapshotTests {
    private let catalogue: Catalogue
    private let now: SnapshotMoment

    init() throws {
        catalogue = try Catalogue.load()
        now = try #require(SnapshotMoment("20261130T120000Z"))
    }

    private func select(_ name: String) throws(CatalogueError) -> BaseSelection {
        try catalogue.select(name, architecture: .arm64, now: now)
    }

    @Test func aMomentIsSecondsAndItsText() throws {
        #expect(try #require(SnapshotMoment("19700101T000000Z")).seconds == 0)
        // date -u -d "2026-09-01 12:34:56" +%s
        #expect(try #require(SnapshotMoment("20260901T123456Z")).seconds == 1_788_266_096)
        #expect(try #require(SnapshotMoment("20240229T000000Z")).seconds == 1_709_164_800)
        for text in ["19700101T000000Z", "20240229T235959Z", "20260901T123456Z", "20991231T000001Z"] {
            let moment = try #require(SnapshotMoment(text))
            #expect(SnapshotMoment(seconds: moment.seconds).text == text)
        }
    }

    @Test(arguments: [
        "", "2026-09-01", "20260901", "20260901T000000", "20260901t000000z", "20260931T000000Z", "20250229T000000Z",
        "20260901T240000Z", "20260901T006000Z", "20260901T000000ZZ", "2026090１T00000Z", "+0260901T000000Z",
    ])
    func whatIsNoMomentIsRefusedWithWhatIsAllowed(text: String) throws {
        let error = #expect(throws: CatalogueError.self) { try select("debian:13@\(text)") }
        #expect(error?.status == .usage)
        #expect(error?.problem.contains("\"\(text)\"") == true)
        #expect(error?.cause?.contains("YYYYMMDDTHHMMSSZ") == true)
    }

    @Test func aMomentInTheFutureIsRefused() throws {
        #expect(try select("debian:13@20261130T120000Z").snapshot == now)
        let error = #expect(throws: CatalogueError.self) { try select("debian:13@20261130T120001Z") }
        #expect(error?.status == .usage)
        #expect(error?.problem == "20261130T120001Z is in the future")
        #expect(error?.cause?.contains("20261130T120000Z") == true)
    }

    @Test func everySuiteIsThatOfTheMoment() throws {
        let selection = try select("debian:13@20260901T000000Z")
        #expect(selection.name == "debian:13@20260901T000000Z")
        let archive = try selection.archive()
        let kept = "https://snapshot.debian.org/archive"
        #expect(
            archive.repositories.map { "\($0.mirrors) \($0.suite)" } == [
                "[\"\(kept)/debian/20260901T000000Z\"] trixie", "[\"\(kept)/debian/20260901T000000Z\"] trixie-updates",
                "[\"\(kept)/debian-security/20260901T000000Z\"] trixie-security",
            ])
        #expect(archive.snapshot?.text == "20260901T000000Z")
        let ubuntu = try select("ubuntu@20260901T000000Z").archive()
        #expect(Set(ubuntu.repositories.flatMap(\.mirrors)) == ["https://snapshot.ubuntu.com/ubuntu/20260901T000000Z"])
        #expect(try select("debian:13").archive().snapshot == nil)
    }

    @Test(arguments: [
        ("http://mirror.example.org/debian/", "http://mirror.example.org/debian/20260901T000000Z"),
        ("http://mirror.example.org/{timestamp}/debian", "http://mirror.example.org/20260901T000000Z/debian"),
    ])
    func aMirrorOfMomentsStandsForTheService(mirror: String, url: String) throws {
        let archive = try select("debian:13@20260901T000000Z").archive(mirror: mirror)
        #expect(archive.repositories.prefix(2).allSatisfy { $0.mirrors == [url] })
        // As without a moment: security updates are in an archive of their own.
        #expect(archive.repositories[2].mirrors[0].hasPrefix("https://snapshot.debian.org/archive/debian-security/"))
    }

    @Test func whatNobodyKeepsIsSaid() throws {
        let error = #expect(throws: CatalogueError.self) { try select("alpine:3.20@20260901T000000Z") }
        #expect(error?.status == .usage)
        #expect(error?.cause?.contains("no archive that is kept as it was") == true)
        #expect(throws: CatalogueError.self) { try select("ubuntu:24.04@20260901T000000Z").tarball() }
        try withScratchDirectory { scratch in
            let file = scratch.appending("distros.json")
            let own = #"{"version": 1, "distros": {"debian": {"archive": {"snapshot": null}}}}"#
            try AtomicFile.write(Array(own.utf8), to: file)
            let selection = try Catalogue.load(userFile: file).select(
                "debian:sid@20260901T000000Z", architecture: .arm64, now: now)
            let error = #expect(throws: CatalogueError.self) { try selection.archive() }
            #expect(error?.status == .usage)
            #expect(try selection.archive(mirror: "http://m.example.org/d").repositories[0].mirrors.count == 1)
        }
    }
}
