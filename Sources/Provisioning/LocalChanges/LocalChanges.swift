// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Failures
internal import Filesystem
internal import SystemPackage

/// A user's changes to a root since it was made or refreshed. Paths are relative to the tree, without a leading slash.
package struct LocalChanges: Codable, Equatable, Sendable {
    package struct Loss: Codable, Equatable, Sendable {
        package let path: String
        package let reason: String
    }

    /// Installed by hand, with what they needed.
    package var packages: [String] = []
    /// Files below `etc` that are new or others.
    package var configuration: [String] = []
    /// New ones elsewhere that no package owns.
    package var files: [String] = []
    /// What cannot be carried over to a new base: changed or deleted files of packages.
    package var losses: [Loss] = []

    package init() {}

    package var isEmpty: Bool { packages.isEmpty && configuration.isEmpty && files.isEmpty && losses.isEmpty }

    /// "2 packages, 1 file of configuration": what can be carried over.
    package var summary: String {
        [(packages.count, "package"), (configuration.count, "configuration file"), (files.count, "file")]
            .filter { $0.0 > 0 }.map { counted($0.0, $0.1) }.joined(separator: ", ")
    }

    /// Users and groups: merged, line by line.
    static let accounts: Set<String> = [
        "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid",
    ]
}

extension LocalChanges {
    /// Generated on demand, or mangrove's own.
    private static let derived = [
        "etc/apk/world", "etc/hosts", "etc/ld.so.cache", "etc/machine-id", "etc/mtab", "etc/resolv.conf", "lib/apk",
        "usr/lib/apk", "usr/share/info/dir", "usr/share/mime", "var/cache", "var/lib/apk", "var/lib/apt",
        "var/lib/dpkg",
        "var/lib/pam", "var/lib/systemd", "var/lib/ucf", "var/log", "var/tmp",
    ]

    private static func isDerived(_ path: String) -> Bool {
        derived.contains { path == $0 || path.hasPrefix("\($0)/") } || path.contains("/__pycache__")
            || path.hasPrefix("etc/") && path.hasSuffix("-")
    }

    /// Compares the tree at `path` with `survey`, that of when it had `installed`, versions by name of package.
    init(in path: FilePath, since survey: TreeSurvey, installed: [String: String]) throws(ProvisioningError) {
        let now = try below { () throws(FilesystemError) in try TreeSurvey(of: path) }
        let tree = try below { () throws(FilesystemError) in try Directory.open(path) }
        let database = try below { () throws(AccelerationError) in try InstalledPackages(of: tree) }
        packages = database?.names.filter { installed[$0] == nil } ?? []
        let owners = Owners(database, tree, now)
        for (bytes, entry) in now.entries where survey.entries[bytes] != entry {
            let path = String(decoding: bytes, as: UTF8.self)
            guard Array(path.utf8) == bytes else { continue }
            let isNew = survey.entries[bytes] == nil
            if Self.isDerived(path) || entry.kind == .directory && !isNew { continue }
            let owner = owners[path]
            if path.hasPrefix("etc/") {
                // Files of manually installed packages are reinstalled with the package, unless they were changed.
                let isOfBase = owner.map { installed[$0] != nil } ?? true
                if entry.kind != .directory, isOfBase { configuration.append(path) }
            } else if let owner {
                guard let version = installed[owner], database?[owner]?.version == version else { continue }
                losses.append(Loss(path: path, reason: "changed file of \(owner)"))
            } else if isNew {
                files.append(path)
            } else {
                losses.append(Loss(path: path, reason: "changed file of the base"))
            }
        }
        for (bytes, entry) in survey.entries where now.entries[bytes] == nil && entry.kind != .directory {
            let path = String(decoding: bytes, as: UTF8.self)
            guard !Self.isDerived(path), let owner = owners[path], installed[owner] != nil else { continue }
            losses.append(Loss(path: path, reason: "deleted file of \(owner)"))
        }
        configuration.sort()
        files.sort()
        losses.sort { $0.path < $1.path }
    }
}

/// Which package each file of a tree is from.
private struct Owners {
    private var owners: [String: String] = [:]

    init(_ database: InstalledPackages?, _ tree: borrowing Directory, _ survey: TreeSurvey) {
        guard let database else { return }
        // Of a merged /usr packages name files by the links that were directories once.
        let links = ["bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"].filter {
            survey.entries[Array($0.utf8)]?.kind == .symbolicLink
        }
        for name in database.names {
            for file in database.files(of: name, in: tree) {
                let path = String(file.drop { $0 == "/" })
                let top = path.prefix { $0 != "/" }
                owners[links.contains(String(top)) ? "usr/\(path)" : path] = name
            }
        }
    }

    subscript(path: String) -> String? { owners[path] }
}
