// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import Glibc
internal import PackageArchive
internal import SystemPackage

/// Installs packages in a tree that is not a root yet, with the tree's own package manager.
struct PackageInstallation {
    let command: AcceleratedCommand
    /// The log for the package manager's output.
    let log: FilePath

    func install(_ packages: [String], in tree: FilePath) throws(ProvisioningError) {
        let found = try below { () throws(FilesystemError) in try PackageManager.find(in: try Directory.open(tree)) }
        guard let manager = found else {
            throw ProvisioningError(.packages(packages, reason: "it has no package manager", .badData))
        }
        defer { _ = unsafe unlink(log.string) }
        for step in manager.steps(packages) {
            let status = try command.run(step.command, environment: manager.environment, log: log)
            guard status != 0 else { continue }
            let words = LogEnd.read(log, lines: 1) ?? "no output"
            throw ProvisioningError(
                .packages(packages, reason: "\(step.command[0]) ended with \(status): \(words)", step.failure))
        }
    }
}

/// The distributions' package managers, and how to install packages with each.
enum PackageManager: String, CaseIterable {
    case apt, apk, dnf, pacman, xbps, zypper

    struct Step: Equatable {
        let command: [String]
        /// What it means if the command fails.
        let failure: ExitStatus
    }

    /// The package manager whose program is in the tree.
    static func find(in tree: borrowing Directory) throws(FilesystemError) -> PackageManager? {
        for manager in allCases {
            // `sbin` and `bin` are links to those below `usr` where there are such.
            for directory in ["usr/bin", "usr/sbin", "sbin", "bin"] {
                var place = try tree.openDirectory(".")
                var exists = true
                for component in FilePath(directory).components where exists {
                    exists = try place.status(of: component)?.kind == .directory
                    if exists { place = try place.openDirectory(component) }
                }
                guard exists, let program = FilePath.Component(manager.program) else { continue }
                if try place.status(of: program) != nil { return manager }
            }
        }
        return nil
    }

    var program: String {
        switch self {
        case .apt: "apt-get"
        case .xbps: "xbps-install"
        case .apk, .dnf, .pacman, .zypper: rawValue
        }
    }

    var environment: [String: String] {
        self == .apt ? ["DEBIAN_FRONTEND": "noninteractive"] : [:]
    }

    /// Updates all packages; nil if there is no known way without prompts.
    var upgrade: [Step]? {
        switch self {
        case .apt:
            [
                Step(command: ["apt-get", "-q", "update"], failure: .unavailable),
                Step(
                    command: ["apt-get", "-qy", "-o", "Dpkg::Options::=--force-confold", "dist-upgrade"],
                    failure: .unavailable),
            ]
        case .apk: [Step(command: ["apk", "upgrade", "-U", "--no-cache"], failure: .unavailable)]
        case .dnf, .pacman, .xbps, .zypper: nil
        }
    }

    /// The URLs of the indices that announce newer packages, from the tree's own configuration.
    func indices(in tree: FilePath) -> [String]? {
        func text(_ path: String) -> String? {
            guard let file = try? Directory.open(tree).openInRoot(path),
                let bytes = try? file.readToEnd(of: tree.appending(path), limit: 1 << 20)
            else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        switch self {
        case .apk:
            guard let lines = text("etc/apk/repositories")?.split(separator: "\n"),
                let own = text("etc/apk/arch")?.split(separator: "\n").first
            else { return nil }
            return lines.filter { $0.hasPrefix("http") }.map { "\($0)/\(own)/APKINDEX.tar.gz" }
        case .apt:
            guard let tree = try? Directory.open(tree) else { return nil }
            return AptSource.read(in: tree).flatMap { source in
                source.uris.filter { $0.hasPrefix("http") }.flatMap { uri in
                    source.suites.filter { !$0.hasSuffix("/") }.map { suite in
                        "\(uri.hasSuffix("/") ? String(uri.dropLast()) : uri)/dists/\(suite)/InRelease"
                    }
                }
            }
        case .dnf, .pacman, .xbps, .zypper: return nil
        }
    }

    /// Updates the indices, checks that the packages can be installed, then installs them.
    func steps(_ packages: [String]) -> [Step] {
        func step(_ words: String..., failure: ExitStatus, with packages: [String] = []) -> Step {
            Step(command: words + packages, failure: failure)
        }
        return switch self {
        case .apt:
            [
                step("apt-get", "-q", "update", failure: .unavailable),
                step("apt-get", "-q", "-s", "install", "--", failure: .badData, with: packages),
                step("apt-get", "-qy", "install", "--", failure: .unavailable, with: packages),
            ]
        case .apk:
            [
                step("apk", "update", failure: .unavailable),
                step("apk", "add", "-s", "--", failure: .badData, with: packages),
                step("apk", "add", "--", failure: .unavailable, with: packages),
            ]
        case .dnf:
            [
                step("dnf", "-q", "makecache", failure: .unavailable),
                step("dnf", "-qy", "install", "--", failure: .badData, with: packages),
            ]
        case .pacman:
            [
                step("pacman", "-Sy", "--noconfirm", failure: .unavailable),
                step("pacman", "-Sp", "--noconfirm", "--", failure: .badData, with: packages),
                step("pacman", "-S", "--noconfirm", "--needed", "--", failure: .unavailable, with: packages),
            ]
        case .xbps:
            [
                step("xbps-install", "-S", failure: .unavailable),
                step("xbps-install", "-ny", "--", failure: .badData, with: packages),
                step("xbps-install", "-y", "--", failure: .unavailable, with: packages),
            ]
        case .zypper:
            [
                step("zypper", "-n", "refresh", failure: .unavailable),
                step("zypper", "-n", "install", "--dry-run", "--", failure: .badData, with: packages),
                step("zypper", "-n", "install", "--", failure: .unavailable, with: packages),
            ]
        }
    }
}
