// SPDX-License-Identifier: Apache-2.0

import Architectures
import Catalogue
import Failures
import Integrity
import Testing

@Suite struct TarballDiscoveryTests {
    private let catalogue: Catalogue
    private let hex = (1...9).map { String(repeating: "\($0)", count: 64) }

    init() throws {
        catalogue = try Catalogue.load()
    }

    private func discovery(
        _ name: String, _ architecture: Architecture = .arm64, mirror: String? = nil
    ) throws -> TarballDiscovery {
        try catalogue.select(name, architecture: architecture).tarball(mirror: mirror)
    }

    private func cause(_ body: () throws -> ResolvedBase) throws -> CatalogueError {
        try #require(throws: CatalogueError.self) { _ = try body() }
    }

    // MARK: Ubuntu

    private var ubuntuSums: [UInt8] {
        Array(
            """
            \(hex[0]) *ubuntu-base-24.04-base-arm64.tar.gz
            \(hex[1]) *ubuntu-base-24.04.9-base-arm64.tar.gz
            \(hex[2]) *ubuntu-base-24.04.10-base-amd64.tar.gz
            \(hex[3]) *ubuntu-base-24.04.10-base-arm64.tar.gz
            \(hex[4]) *ubuntu-base-24.04.2-base-arm64.tar.gz
            \(hex[5]) *ubuntu-base-25.10-base-arm64.tar.gz
            \(hex[6]) *ubuntu-base-24.04.99-beta-base-arm64.tar.gz
            \(hex[7]) *../ubuntu-base-24.04.99-base-arm64.tar.gz

            """.utf8)
    }

    @Test func pointReleasesAreComparedAsNumbers() throws {
        let discovery = try discovery("ubuntu:noble")
        #expect(discovery.index?.urls == ["https://cdimage.ubuntu.com/ubuntu-base/releases/24.04/release/SHA256SUMS"])
        let base = try discovery.resolve(index: ubuntuSums)
        #expect(base.version == "24.04.10")
        #expect(base.digest == Digest(hex: hex[3]))
        #expect(
            base.urls == [
                "https://cdimage.ubuntu.com/ubuntu-base/releases/24.04/release/ubuntu-base-24.04.10-base-arm64.tar.gz"
            ])
        guard case .overIndex(let document, let trust) = base.signature else {
            Issue.record("\(base.signature)")
            return
        }
        #expect(discovery.indexSignature == base.signature)
        #expect(document.urls[0].hasSuffix("/releases/24.04/release/SHA256SUMS.gpg"))
        #expect(trust.fingerprints.map(\.hex).contains("843938DF228D22F7B3742BC0D94AA3F0EFE21092"))
    }

    @Test func onePointReleaseIsHadIfItIsThere() throws {
        #expect(try discovery("ubuntu:24.04.9").resolve(index: ubuntuSums).digest == Digest(hex: hex[1]))
        let error = try cause { try discovery("ubuntu:24.04.3").resolve(index: ubuntuSums) }
        #expect(error.cause?.hasSuffix("24.04, 24.04.2, 24.04.9, 24.04.10") == true)
        #expect(error.status == .usage)
    }

    @Test func aReleaseOrArchitectureThatTheIndexLacksIsNoOther() throws {
        #expect(try cause { try discovery("ubuntu:22.04").resolve(index: ubuntuSums) }.status == .badData)
        #expect(try cause { try discovery("ubuntu:24.04", .s390x).resolve(index: ubuntuSums) }.status == .badData)
    }

    @Test func anErrorPageIsNoIndex() throws {
        for name in ["ubuntu", "alpine", "void"] {
            let page = Array("<html><body>404 Not Found</body></html>".utf8)
            #expect(try cause { try discovery(name).resolve(index: page) }.status == .badData)
            #expect(try cause { try discovery(name).resolve(index: []) }.status == .badData)
        }
    }

    // MARK: Alpine

    private func image(
        _ version: String, branch: String = "v3.24", flavor: String = "alpine-minirootfs", arch: String = "aarch64",
        file: String? = nil
    ) -> String {
        let file = file ?? "\(flavor)-\(version)-\(arch).tar.gz"
        return """
            -
              title: "Mini root filesystem"
              desc: |
                Minimal root: for containers,
                - and chroots.
              branch: \(branch)
              arch: \(arch)
              version: \(version)
              flavor: \(flavor)
              file: \(file)
              iso: \(file)
              date: 2026-07-01
              time: 10:11:12
              size: 4028030
              sha256: \(hex[0])
              sha512: \(hex[1] + hex[1])

            """
    }

    private func yaml(_ images: String...) -> [UInt8] {
        Array(("---\n" + images.joined()).utf8)
    }

    @Test func alpinesNewestRootIsTakenFromItsYAML() throws {
        let discovery = try discovery("alpine:latest-stable", mirror: "http://127.0.0.1:8000/alpine/")
        #expect(
            discovery.index?.urls
                == ["http://127.0.0.1:8000/alpine/latest-stable/releases/aarch64/latest-releases.yaml"])
        #expect(discovery.indexSignature == nil)
        let base = try discovery.resolve(
            index: yaml(
                image("3.24.10", flavor: "alpine-virt"), image("3.24.9"), image("3.24.10", arch: "armv7"),
                image("3.24.2")))
        #expect(base.version == "3.24.9")
        #expect(base.release == "3.24")
        #expect(base.size == 4_028_030)
        #expect(base.digest == Digest(hex: hex[0]))
        let url = "http://127.0.0.1:8000/alpine/latest-stable/releases/aarch64/alpine-minirootfs-3.24.9-aarch64.tar.gz"
        #expect(base.urls == [url])
        guard case .overFile(let document, let trust) = base.signature else {
            Issue.record("\(base.signature)")
            return
        }
        #expect(document.urls == [url + ".asc"])
        #expect(!discovery.allowsUnsigned)
        #expect(trust.fingerprints.map(\.hex) == ["0482D84022F52DF1C4E7CD43293ACD0907D9495A"])
    }

    @Test func theReleaseThatCameOutUnsignedIsKnown() throws {
        let base = try discovery("alpine:3.23").resolve(index: yaml(image("3.23.4", branch: "v3.23")))
        guard case .none(let reason) = base.signature else {
            Issue.record("\(base.signature)")
            return
        }
        #expect(reason.contains("3.23.4"))
    }

    @Test func edgeIsVersionedByDate() throws {
        let base = try discovery("alpine:edge").resolve(
            index: yaml(image("20240923", branch: "edge"), image("20231219", branch: "edge")))
        #expect(base.version == "20240923")
        #expect(base.release == "edge")
    }

    @Test(arguments: ["../../evil.tar.gz", "alpine-minirootfs-3.24.1-aarch64.tar.gz"])
    func aFileThatIsNotOfItsVersionIsRefused(file: String) throws {
        #expect(
            try cause { try discovery("alpine:3.24").resolve(index: yaml(image("3.24.2", file: file))) }.status
                == .badData)
    }

    @Test(arguments: ["- a: [1", "a: b", "- &x {a: 1}\n- *x", "\u{1}"])
    func yamlThatIsNoListOfReleasesIsRefused(text: String) throws {
        #expect(try cause { try discovery("alpine").resolve(index: Array(text.utf8)) }.status == .badData)
    }

    // MARK: others

    @Test func voidsTwoLibrariesAreToldApart() throws {
        let sums = Array(
            """
            SHA256 (void-aarch64-ROOTFS-20250202.tar.xz) = \(hex[0])
            SHA256 (void-aarch64-musl-ROOTFS-20250203.tar.xz) = \(hex[1])
            SHA256 (void-aarch64-ROOTFS-20240314.tar.xz) = \(hex[2])
            SHA256 (void-live-x86_64-20250202-base.iso) = \(hex[3])
            """.utf8)
        #expect(try discovery("void").resolve(index: sums).fileName == "void-aarch64-ROOTFS-20250202.tar.xz")
        let musl = try discovery("void:musl").resolve(index: sums)
        #expect(musl.version == "20250203")
        #expect(musl.digest == Digest(hex: hex[1]))
        #expect(musl.signature.trust == nil)
    }

    @Test func archHasNoIndexAndASignatureThatMustBeThere() throws {
        let discovery = try discovery("arch", .armhf)
        #expect(discovery.index == nil)
        let base = try discovery.resolve(index: nil)
        #expect(base.fileName == "ArchLinuxARM-armv7-latest.tar.gz")
        #expect(base.digest == nil)
        guard case .overFile(let document, _) = base.signature else {
            Issue.record("\(base.signature)")
            return
        }
        #expect(document.urls == base.urls.map { $0 + ".sig" })
    }

    @Test func aChecksumBesideAFileMayCallItByItsLongName() throws {
        let discovery = try discovery("opensuse")
        let base = try discovery.resolve(
            index: Array("\(hex[0])  opensuse-tumbleweed-image.aarch64-1.0.0-lxc-Build2.1.tar.xz\n".utf8))
        #expect(base.fileName == "opensuse-tumbleweed-image.aarch64-lxc.tar.xz")
        #expect(base.digest == Digest(hex: hex[0]))
    }
}
