// SPDX-License-Identifier: Apache-2.0

import SystemPackage

@testable import Acceleration
@testable import Architectures
@testable import Catalogue
@testable import Emulation
@testable import Extraction
@testable import Filesystem
@testable import PackageArchive
@testable import Provisioning

/// A reader of something that others write. Refusing is right; a trap, a hang, or more memory than bytes deserve is a
/// finding.
enum FuzzTarget: String, CaseIterable {
    case archive, compressed, package, packages, release, dpkg, apk, distros, yaml, osrelease, elf, binfmt, lock

    func read(_ bytes: [UInt8]) {
        switch self {
        case .archive: ArchiveFuzzing.entries(bytes)
        case .compressed: ArchiveFuzzing.decompress(bytes)
        case .package: ArchiveFuzzing.package(bytes)
        case .packages: Self.packages(bytes)
        case .release:
            if let release = try? Release(parsing: Self.text(bytes), name: "Release") {
                try? release.checkValidity(at: 1_800_000_000)
                _ = try? release.packageIndex(component: "main", architecture: "arm64")
            }
        case .dpkg: Self.database(bytes, .dpkg)
        case .apk: Self.database(bytes, .apk)
        case .distros:
            _ = try? Catalogue(parsing: bytes, file: "distros.json")
        case .yaml:
            if let index = try? AlpineIndex(parsing: bytes, from: "releases.yaml") {
                _ = try? index.candidates(for: "alpine-minirootfs-{version}-x86_64.tar.gz", architecture: "x86_64")
            }
        case .lock:
            if let lock = try? LockFile(parsing: bytes, at: "mangrove.lock.json") { _ = lock.plan?.size }
        case .osrelease: _ = OSRelease(parsing: Self.text(bytes))
        case .elf: Self.elf(bytes)
        case .binfmt:
            if let entry = BinfmtEntry(name: "qemu-aarch64", parsing: Self.text(bytes)) {
                _ = try? entry.rule.registrationLine()
            }
            _ = QemuVersion(parsing: Self.text(bytes))
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func packages(_ bytes: [UInt8]) {
        guard let index = try? PackageIndex(text: bytes, name: "Packages") else { return }
        let universe = PackageUniverse([index], architecture: "arm64")
        for name in (try? index.packageNames())?.prefix(20) ?? [] {
            guard let record = try? universe.candidate(name) else { continue }
            var resolver = Resolver(universe)
            try? resolver.install([record])
        }
    }

    private static func database(_ bytes: [UInt8], _ manager: InstalledPackages.Manager) {
        let packages = InstalledPackages(parsing: bytes, of: manager)
        for name in packages.names.prefix(20) { _ = packages[name]?.upstreamVersion }
        _ = try? packages.compilers(.builtIn())
    }

    private static func elf(_ bytes: [UInt8]) {
        _ = ELFIdentity(parsing: bytes)
        _ = ELFHeaders(parsing: bytes)
        if let headers = ProgramHeaders(parsing: bytes) {
            _ = headers.extended(offset: 0x1000, address: 0x10000, length: 0x1000)
        }
        guard var program = ELFProgram(parsing: bytes) else { return }
        _ = program.neededLibraries
        _ = program.searchPath
        _ = program.importedSymbols
        _ = program.loader
        _ = program.room(for: 100)
        if let string = program.strings("x").first { _ = program.sharesEnd(ofStringAt: string, count: 1) }
        _ = program.relocations(to: 0x1000)
        _ = program.loads(of: 0x1000)
        program.dropSearchPath()
    }
}
