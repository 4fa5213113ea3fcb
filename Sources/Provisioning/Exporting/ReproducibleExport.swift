// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Filesystem
internal import SystemPackage

/// What `export --reproducible` leaves out of a root: traces of when and where it was made, and files that programs
/// regenerate. `docs/reproducing.md` lists it.
struct ReproducibleExport {
    /// Seconds since 1970.
    let newestTime: Int64

    var reproduction: Reproduction {
        Reproduction(
            newestTime: newestTime, omitted: Self.omitted, omittedFiles: Self.omittedFiles,
            emptiedFiles: Self.emptiedFiles)
    }

    private static let omitted = [
        // What is there ends with a run.
        "run/*", "tmp/*", "var/tmp/*",
        // Of the machine.
        "var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "var/lib/systemd/credential.secret",
        "var/lib/urandom/random-seed",
        // Named by the machine's id.
        "var/log/journal/*",
        // What was there before the last change.
        "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-",
        "var/cache/debconf/*-old", "var/lib/dpkg/*-old",
        // By name and time of other files.
        "var/cache/ldconfig/aux-cache", "var/lib/systemd/catalog/database",
    ]

    /// Their directories stay: packages brought them, with owners and modes.
    private static let omittedFiles = [
        "var/cache/apk/*", "var/cache/apt/*", "var/cache/dnf/*", "var/cache/fontconfig/*", "var/cache/libdnf5/*",
        "var/cache/man/*", "var/cache/pacman/*", "var/cache/xbps/*", "var/cache/zypp/*", "var/lib/apt/lists/*",
    ]

    /// A service may count on its log's being there, with its owner. An empty machine-id is filled in at the next boot
    /// (machine-id(5)).
    private static let emptiedFiles = ["etc/machine-id", "var/log/*"]

    /// Files that have other contents.
    func overrides(in tree: borrowing Directory) throws(FilesystemError) -> [String: TreeArchive.Override] {
        guard try tree.status(of: "etc")?.kind == .directory else { return [:] }
        let etc = try tree.openDirectory("etc")
        guard try etc.status(of: "shadow")?.kind == .regular, let bytes = try etc.readFile("shadow", limit: 16 << 20)
        else { return [:] }
        return ["etc/shadow": .contents(shadow(bytes))]
    }

    /// shadow(5) in which no password was changed after the day of `newestTime`.
    func shadow(_ bytes: [UInt8]) -> [UInt8] {
        let day = newestTime / 86400
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            var fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count > 2, let changed = Int64(String(decoding: fields[2], as: UTF8.self)), changed > day
            else { return line }
            fields[2] = Array(String(day).utf8)[...]
            return Array(fields.joined(separator: [UInt8(ascii: ":")]))[...]
        }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
