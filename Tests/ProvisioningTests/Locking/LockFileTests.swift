// SPDX-License-Identifier: Apache-2.0

import Architectures
import Catalogue
import Failures
import Filesystem
import Fixtures
import Foundation
import PackageArchive
import SystemPackage
import Testing
import Transfer

@testable import Provisioning

@Suite struct LockFileTests {
    /// Everything that a lock file can say of packages.
    static func archive(snapshot: String? = nil) -> LockFile {
        var lock = LockFile(.archive, distro: "debian", release: "13", architecture: "arm64")
        (lock.codename, lock.requested, lock.snapshot) = ("trixie", ["hello (>= 2)"], snapshot)
        (lock.variant, lock.components, lock.automatic) = (.minbase, ["main", "contrib"], ["libc6"])
        lock.sources = ["trixie", "trixie-updates"].map { .init(suite: $0, url: "http://mirror.example.org/debian") }
        lock.suites = [
            .init(
                name: "trixie", codename: "trixie", url: "http://mirror.example.org/debian",
                release: "http://mirror.example.org/debian/dists/trixie/InRelease", date: "2026-09-12T07:55:41Z",
                fingerprint: "04B54C3CDCA79751B16BC6B5225629DF75B188BD", signedBy: "Debian <d@example.org>"),
            .init(
                name: "trixie-security", url: "http://security.example.org/debian-security",
                release: "http://security.example.org/Release",
                fingerprint: "04B54C3CDCA79751B16BC6B5225629DF75B188BD"),
        ]
        lock.packages = [
            .init(
                name: "libc6", version: "1:2.41-12+deb13u1~x", architecture: "arm64",
                sha256: String(repeating: "ab", count: 32), size: 7, path: "pool/main/g/glibc/libc6_2.41_arm64.deb",
                suite: "trixie", multiArchSame: true, replaces: ["libc6-old"]),
            .init(
                name: "hello", version: "2", architecture: "all", sha256: String(repeating: "0", count: 64), size: 1,
                path: "pool/h.deb", suite: "trixie-security"),
        ]
        return lock
    }

    static func tarball() -> LockFile {
        var lock = LockFile(.tarball, distro: "alpine", release: "3.20", architecture: "arm64")
        (lock.version, lock.codename) = ("3.20.3", nil)
        lock.tarball = .init(
            name: "alpine.tar.gz", digest: "sha256:" + String(repeating: "0f", count: 32),
            urls: ["https://example.org/alpine.tar.gz", "file:///srv/alpine.tar.gz"], verified: .signature,
            fingerprint: "04B54C3CDCA79751B16BC6B5225629DF75B188BD", signedBy: "A")
        return lock
    }

    static let all = [archive(), archive(snapshot: "20260901T000000Z"), tarball()]

    @Test(arguments: all) func whatIsWrittenIsRead(lock: LockFile) throws {
        #expect(try LockFile(parsing: lock.encoded(), at: "/lock") == lock)
    }

    @Test func thePlanIsWhatTheFirstRootWasMadeOf() throws {
        let lock = Self.archive(snapshot: "20260901T000000Z")
        let plan = try #require(lock.plan)
        #expect(plan.isSnapshot)
        #expect(plan.suites[0].date == 1_789_199_741)
        #expect(plan.packages[0].isSameForArchitectures && plan.packages[0].replaces == ["libc6-old"])
        var origin = ArchiveOrigin(lock, digest: "sha256:0")
        #expect(LockFile(plan, origin, requested: lock.requested) == lock)
        origin.lock = nil
        #expect(LockFile(plan, origin, requested: lock.requested) == lock)
        #expect(Self.tarball().plan == nil)
    }

    private static func schema() throws -> JSONSchema {
        let top = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .removingLastComponent()
        return try JSONSchema(Data(try top.appending("docs/mangrove.lock.schema.json").readFile()))
    }

    @Test(arguments: all) func whatIsWrittenFitsTheSchema(lock: LockFile) throws {
        let document = try JSONSerialization.jsonObject(with: Data(lock.encoded()))
        #expect(try Self.schema().faults(in: document) == [])
    }

    /// A key or value that the reader refuses is wrong by the schema, too.
    @Test(arguments: [
        (#""schema" : 1"#, #""schema" : 2"#), (#""schema" : 1"#, #""schema" : 1, "nonsense": 1"#),
        (#""kind" : "archive""#, #""kind" : "image""#), (#""minbase""#, #""huge""#), (#""arm64""#, #""vax""#),
        (#""distro" : "debian""#, #""distro" : "a b""#), (#""size" : 1,"#, #""size" : "1","#),
        (#""size" : 1,"#, #""extra" : 1,"#), (#""http://mirror.example.org/debian""#, #""mirror.example.org""#),
        (#""http://mirror.example.org/debian""#, #""http://m/ [trusted=yes]""#),
        (#""path" : "pool/h"#, #""path" : "/h"#),
        (#""name" : "hello""#, #""name" : "$(reboot)""#), (#""version" : "2""#, #""version" : "2 x""#),
        (#""20260901T000000Z""#, #""today""#), (#""multiArchSame" : true"#, #""multiArchSame" : "yes""#),
        (#""04B54C3CDCA79751B16BC6B5225629DF75B188BD""#, #""75B188BD""#),
        (String(repeating: "ab", count: 32), String(repeating: "ab", count: 31)),
    ])
    func whatIsWrongIsWrongToBoth(was: String, becomes: String) throws {
        let text = String(decoding: Self.archive(snapshot: "20260901T000000Z").encoded(), as: UTF8.self)
        try #require(text.contains(was))
        let changed = text.replacing(was, with: becomes, maxReplacements: 1)
        let error = #expect(throws: ProvisioningError.self) {
            try LockFile(parsing: Array(changed.utf8), at: "/x/lock")
        }
        #expect(error?.status == .badConfiguration)
        #expect(error?.problem.hasPrefix("/x/lock: line ") == true, "\(error?.problem ?? "")")
        #expect(error?.remedy?.contains("mangrove lock NAME") == true)
        #expect(try Self.schema().faults(in: JSONSerialization.jsonObject(with: Data(changed.utf8))) != [])
    }

    @Test(arguments: [
        (#""suite" : "trixie-security""#, #""suite" : "sid""#, "suite sid is not among suites"),
        (#""name" : "hello""#, #""name" : "libc6""#, "libc6 is listed twice"),
        (#""path" : "pool/h.deb""#, #""path" : "pool/../../h.deb""#, "a path below"),
        ("2026-09-12T07:55:41Z", "12 September", "expected a time"),
        (#""size" : 1,"#, #""size" : 9000000000000000,"#, "at most 1 TiB"),
    ])
    func whatDoesNotFitIsRefused(was: String, becomes: String, words: String) throws {
        let text = String(decoding: Self.archive().encoded(), as: UTF8.self)
        try #require(text.contains(was))
        let changed = Array(text.replacing(was, with: becomes, maxReplacements: 1).utf8)
        let error = #expect(throws: ProvisioningError.self) { try LockFile(parsing: changed, at: "/x/lock") }
        #expect(error?.cause?.contains(words) == true, "\(error?.cause ?? "")")
    }

    @Test(arguments: ["", "[]", "{", "null", "{\"name\": \"x\", \"lockfileVersion\": 3}"])
    func aForeignFileIsNoLockFile(text: String) {
        let error = #expect(throws: ProvisioningError.self) { try LockFile(parsing: Array(text.utf8), at: "/x/lock") }
        #expect(error?.status == .badConfiguration)
        #expect(error?.problem.contains("/x/lock") == true)
    }
}

/// Where `create --locked` looks for packages.
@Suite struct LockedPlacesTests {
    private let now: SnapshotMoment
    private let selection: BaseSelection

    init() throws {
        now = try #require(SnapshotMoment("20261130T120000Z"))
        selection = try Catalogue.load().select("debian:13", architecture: .arm64)
    }

    private func mirrors(_ lock: LockFile, _ name: String, mirror: String? = nil, known: Bool = true) throws -> [String]
    {
        let plan = try #require(lock.plan)
        let suite = try #require(plan.suites.first { $0.name == name })
        let locked = LockedRequest(lock, selection: known ? selection : nil, mirror: mirror)
        return LockedPlaces(locked, host: nil, now: now).suite(suite, proxy: .environment).mirrors
    }

    @Test func theMirrorsAreAskedAndThenWhoeverKeepsTheArchive() throws {
        let lock = LockFileTests.archive()
        #expect(
            try mirrors(lock, "trixie") == [
                "http://mirror.example.org/debian", "http://ftp.debian.org/debian", "http://archive.debian.org/debian",
                "https://snapshot.debian.org/archive/debian/20260912T195541Z",
            ])
        // Its Release file has no date.
        #expect(
            try mirrors(lock, "trixie-security") == [
                "http://security.example.org/debian-security", "http://security.debian.org/debian-security",
            ])
        #expect(try mirrors(lock, "trixie", known: false) == ["http://mirror.example.org/debian"])
    }

    @Test func aMomentThatIsYetToComeIsNotAskedFor() throws {
        var lock = LockFileTests.archive()
        lock.suites?[0].date = "2026-11-30T07:00:00Z"
        #expect(try !mirrors(lock, "trixie").contains { $0.contains("snapshot") })
    }

    @Test func aMirrorStandsForTheOthers() throws {
        let given = "http://m.example.org/debian"
        #expect(
            try mirrors(LockFileTests.archive(), "trixie", mirror: given) == [
                given, "\(given)/20260912T195541Z", "https://snapshot.debian.org/archive/debian/20260912T195541Z",
            ])
        #expect(try mirrors(LockFileTests.archive(), "trixie", mirror: given, known: false) == [given])
    }

    @Test func aPinnedOneIsAtItsMoment() throws {
        let lock = LockFileTests.archive(snapshot: "20260901T000000Z")
        let found = try mirrors(lock, "trixie")
        #expect(found.contains("https://snapshot.debian.org/archive/debian/20260901T000000Z"))
        #expect(found.last == "http://mirror.example.org/debian")
    }
}
