// SPDX-License-Identifier: Apache-2.0

import Architectures
import Catalogue
import Extraction
import Failures
import Filesystem
import Fixtures
import Foundation
import Glibc
import Integrity
import PackageArchive
import SystemPackage
import Testing
import Transfer

/// The packages of a small Debian 12 as Debian's archive has them, for a mirror on loopback.
///
/// They are fetched once, verified, and kept by their digests in `.cache/test-archive` of the repository.
enum DebianMirror {
    static let suite = "bookworm"
    /// Of no root, but there to be installed.
    private static let extras = ["hello", "git", "bubblewrap", "dpkg-dev", "tcc", "libc6-dev", "python3"]

    private static var cache: FilePath {
        FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .appending(".cache/test-archive")
    }

    /// Writes their indices and their pool into `mirror`. Returns how many a root of the first architecture gets; nil where
    /// Debian's archive cannot be reached.
    static func publish(to mirror: PackageMirror, for architectures: [Architecture] = [.amd64]) async throws -> Int? {
        var archives: [ResolvedArchive] = []
        var count = 0
        do {
            for architecture in architectures {
                let (archive, own) = try await fetch(architecture)
                if archives.isEmpty { count = own }
                archives.append(archive)
            }
        } catch let error as PackageArchiveError where error.status == .unavailable {
            print("not tried here: \(error.problem)")
            return nil
        }
        try mirror.directory.appending("pool").makeDirectories()
        var paragraphs: [String] = []
        for package in archives.flatMap(\.plan.packages) {
            let path = pool(package.name, package.architecture)
            let place = mirror.directory.pushing(FilePath(path))
            // Those for all architectures are in every plan.
            guard access(place.string, F_OK) != 0 else { continue }
            let file = try OwnedDescriptor.open(FilePath(package.file), .readOnly)
            let members = try DebianPackage.readControl(from: file, name: package.name)
            let control = members.first { $0.name == "control" }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
            try FileManager.default.createSymbolicLink(atPath: place.string, withDestinationPath: package.file)
            paragraphs.append(
                control.trimmingCharacters(in: .newlines)
                    + "\nFilename: \(path)\nSize: \(package.size)\nSHA256: \(package.sha256)\n")
        }
        let names = architectures.map(\.rawValue).joined(separator: " ")
        try mirror.publish(suite, ["main": paragraphs], architectures: names, key: mirror.key)
        return count
    }

    /// Where a package is in the mirror.
    static func pool(_ name: String, _ architecture: String) -> String { "pool/\(name)_\(architecture).deb" }

    /// All packages, and how many of them a root has without the extra ones.
    private static func fetch(_ architecture: Architecture) async throws -> (ResolvedArchive, Int) {
        try cache.makeDirectories()
        let base = try Catalogue.load().select("debian:12", architecture: architecture).archive()
        let host = HostArchives.ofHost()
        let suites = base.repositories.enumerated().map { index, repository in
            var suite = ArchiveRequest.Suite(repository.suite, mirrors: repository.mirrors, isOptional: index > 0)
            let isSecurity = repository.suite.hasSuffix("-security")
            if let mirror = host?.mirror(distro: "debian", architecture: architecture, security: isSecurity) {
                suite.mirrors = [mirror.uri] + suite.mirrors
                suite.proxy = mirror.proxy
            }
            return suite
        }
        var request = ArchiveRequest(
            architecture: architecture, suites: suites,
            verifier: SignatureVerifier(
                pinned: base.trust.fingerprints, keys: KeyFile.onHost(holding: base.trust.fingerprints)))
        let client = ArchiveClient(downloader: Downloader(settings: NetworkSettings(version: "test")), cache: cache)
        let count = try await client.resolve(request).plan.packages.count
        request.packages = extras
        let archive = try await client.resolve(request)
        try await client.fetch(archive)
        return (archive, count)
    }
}
