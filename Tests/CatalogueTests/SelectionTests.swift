// SPDX-License-Identifier: Apache-2.0

import Architectures
import Catalogue
import Failures
import Testing

@Suite struct SelectionTests {
    private let catalogue: Catalogue

    init() throws {
        catalogue = try Catalogue.load()
    }

    @Test(arguments: [
        ("ubuntu", "ubuntu:26.04"), ("ubuntu:24.04", "ubuntu:24.04"), ("ubuntu:noble", "ubuntu:24.04"),
        ("Ubuntu:Noble", "ubuntu:24.04"), ("ubuntu:lts", "ubuntu:26.04"), ("ubuntu:24.04.3", "ubuntu:24.04.3"),
        ("alpine", "alpine:latest-stable"), ("alpine:3.20", "alpine:3.20"), ("alpine:v3.20", "alpine:3.20"),
        ("alpine:3.20.10", "alpine:3.20.10"), ("alpine:edge", "alpine:edge"), ("debian", "debian:13"),
        ("debian:testing", "debian:14"), ("debian:sid", "debian:sid"), ("debian:unstable", "debian:sid"),
        ("debian:oldoldstable", "debian:11"), ("arch", "archlinuxarm:latest"), ("void:musl", "void:musl"),
        ("opensuse:tumbleweed", "opensuse:tumbleweed"),
    ])
    func aReleaseGoesByNumberCodenameAndAlias(name: String, meant: String) throws {
        #expect(try catalogue.select(name, architecture: .arm64).name == meant)
    }

    @Test(arguments: [
        ("ubunto", ["ubuntu"]), ("debain", ["debian"]), ("noble", ["ubuntu:noble"]), ("ubuntu:nobel", ["noble"]),
        ("ubuntu:24.4", ["24.04"]), ("debian:bokworm", ["bookworm"]), ("alpine:stabel", ["stable"]),
    ])
    func anUnknownNameIsAnsweredWithTheNearest(name: String, nearest: [String]) throws {
        let error = try #require(throws: CatalogueError.self) {
            _ = try catalogue.select(name, architecture: .arm64)
        }
        guard case .unknown(_, let found) = error.code else {
            Issue.record("\(error)")
            return
        }
        #expect(Array(found.prefix(nearest.count)) == nearest)
        #expect(error.status == .usage)
    }

    @Test func nothingNearMeansNoGuess() throws {
        let error = try #require(throws: CatalogueError.self) { _ = try catalogue.distro("windows") }
        #expect(error == CatalogueError(.unknown(what: "distro", nearest: []), "windows"))
    }

    @Test func architecturesHaveNearestNamesToo() throws {
        #expect(try Catalogue.architecture("aarch64") == .arm64)
        let error = try #require(throws: CatalogueError.self) { _ = try Catalogue.architecture("arch64") }
        #expect(error.code == .unknown(what: "architecture", nearest: ["aarch64", "arm64"]))
    }

    @Test func anArchitectureThatAReleaseWasNotMadeForIsRefusedWithThoseItWas() throws {
        let error = try #require(throws: CatalogueError.self) {
            _ = try catalogue.select("alpine:3.11", architecture: .riscv64)
        }
        #expect(error.cause?.contains("amd64, arm64, armhf") == true)
        #expect(error.status == .usage)
    }

    @Test func aReleasePastItsEndOfLifeWarnsFromTheNextDayOn() throws {
        let selection = try catalogue.select("ubuntu:20.04", architecture: .arm64)
        #expect(selection.endOfLifeWarning(on: try #require(CalendarDate("2025-05-29"))) == nil)
        let warning = selection.endOfLifeWarning(on: try #require(CalendarDate("2025-05-30")))
        #expect(warning?.contains("Ubuntu 20.04") == true)
        #expect(warning?.contains("2025-05-29") == true)
        #expect(try catalogue.select("debian:sid", architecture: .arm64).endOfLifeWarning() == nil)
    }

    @Test func whatADistroDoesNotPublishIsSaid() throws {
        #expect(throws: CatalogueError.self) { try catalogue.select("debian", architecture: .arm64).tarball() }
        #expect(throws: CatalogueError.self) { try catalogue.select("alpine", architecture: .arm64).archive() }
        #expect(throws: CatalogueError.self) {
            try catalogue.select("ubuntu", architecture: .arm64).tarball(mirror: "mirror.example.org")
        }
    }

    @Test func anArchiveIsThatOfTheArchitecture() throws {
        let ports = try catalogue.select("ubuntu:noble", architecture: .arm64).archive()
        #expect(ports.repositories.map(\.suite) == ["noble", "noble-updates", "noble-security"])
        #expect(ports.repositories[0].mirrors.first == "http://ports.ubuntu.com/ubuntu-ports")
        let main = try catalogue.select("ubuntu:noble", architecture: .amd64).archive()
        #expect(main.repositories[0].mirrors.first == "http://archive.ubuntu.com/ubuntu")
    }

    @Test func aMirrorStandsForTheArchiveButNotForItsSecurityUpdates() throws {
        let stable = try catalogue.select("debian:13", architecture: .arm64)
            .archive(mirror: "http://mirror.example.org/debian/")
        #expect(
            stable.repositories.map { "\($0.mirrors[0]) \($0.suite)" } == [
                "http://mirror.example.org/debian trixie", "http://mirror.example.org/debian trixie-updates",
                "http://security.debian.org/debian-security trixie-security",
            ])
        #expect(stable.trust.fingerprints.count >= 3)
        let sid = try catalogue.select("debian:sid", architecture: .riscv64).archive()
        #expect(sid.repositories.map(\.suite) == ["sid"])
        #expect(!sid.allowsExpired)
        #expect(try catalogue.select("debian:buster", architecture: .arm64).archive().allowsExpired)
    }
}
