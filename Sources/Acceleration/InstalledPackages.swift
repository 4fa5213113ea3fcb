// SPDX-License-Identifier: Apache-2.0

package import Filesystem
internal import SystemPackage

/// The packages installed in a tree, from the database of dpkg or apk.
package struct InstalledPackages: Sendable {
    package enum Manager: String, Codable, Hashable, Sendable {
        case dpkg, apk

        /// The database, in the tree.
        var database: String {
            switch self {
            case .dpkg: "var/lib/dpkg/status"
            case .apk: "lib/apk/db/installed"
            }
        }
    }

    package struct Package: Hashable, Sendable {
        package let name: String
        package let version: String
        package let architecture: String
        /// It is held at its version (dpkg(1), "hold").
        package let isHeld: Bool

        package init(name: String, version: String, architecture: String, isHeld: Bool = false) {
            (self.name, self.version, self.architecture) = (name, version, architecture)
            self.isHeld = isHeld
        }

        /// The upstream version: without epoch and packaging revision (deb-version(7); for apk, "-rN").
        package var upstreamVersion: String { Self.upstreamVersion(of: version) }

        static func upstreamVersion(of version: String) -> String {
            let withoutEpoch = version.firstIndex(of: ":").map { version[version.index(after: $0)...] } ?? version[...]
            return String(withoutEpoch.lastIndex(of: "-").map { withoutEpoch[..<$0] } ?? withoutEpoch)
        }
    }

    package let manager: Manager
    private let packages: [String: Package]
    /// apk's database names the files as well.
    private let files: [String: [String]]

    /// nil where neither database is in `tree`.
    package init?(of tree: borrowing Directory) throws(AccelerationError) {
        for manager in [Manager.dpkg, .apk] {
            guard let file = try? tree.openInRoot(manager.database) else { continue }
            do throws(FilesystemError) {
                let path = tree.path.appending(manager.database)
                let bytes = try file.readToEnd(of: path)
                self.init(parsing: bytes, of: manager)
                return
            } catch {
                throw AccelerationError(error)
            }
        }
        return nil
    }

    init(parsing bytes: [UInt8], of manager: Manager) {
        self.manager = manager
        (packages, files) =
            manager == .dpkg ? (Self.dpkg(bytes), [:]) : Self.apk(String(decoding: bytes, as: UTF8.self))
    }

    /// The state of the database: another one means that something was installed or removed. nil: there is none.
    package static func state(of tree: borrowing Directory) throws(FilesystemError) -> FileState? {
        for manager in [Manager.dpkg, .apk] {
            if let file = try? tree.openInRoot(manager.database) {
                return FileState(try file.status(of: tree.path.appending(manager.database)))
            }
        }
        return nil
    }

    package subscript(name: String) -> Package? { packages[name] }

    package var names: [String] { packages.keys.sorted() }

    /// By name.
    package var versions: [String: String] { packages.mapValues(\.version) }

    /// The versions of compilers and binutils; empty where there are none.
    package func compilers(_ eligibility: Eligibility) -> String {
        let names = names(beginningWith: eligibility[manager].compilers?.prefixes ?? [])
        guard names.contains(where: { $0.hasPrefix("gcc-") && $0.last?.isNumber == true }) else { return "" }
        return names.compactMap { packages[$0] }.map { "\($0.name)=\($0.version)\n" }.joined()
    }

    func names(beginningWith prefixes: [String]) -> [String] {
        names.filter { name in prefixes.contains { name.hasPrefix($0) } }
    }

    func names(endingWith suffix: String) -> [String] { names.filter { $0.hasSuffix(suffix) } }

    /// The absolute paths in the tree of the package's files.
    package func files(of name: String, in tree: borrowing Directory) -> [String] {
        guard let package = packages[name] else { return [] }
        if manager == .apk { return files[name] ?? [] }
        for title in [name, "\(name):\(package.architecture)"] {
            let list = "var/lib/dpkg/info/\(title).list"
            if let file = try? tree.openInRoot(list), let bytes = try? file.readToEnd(of: FilePath(list)) {
                return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
            }
        }
        return []
    }

    /// The package that brought the file at `path`, absolute in the tree; nil where none did. All lists are gone through.
    package func owner(of path: String, in tree: borrowing Directory) -> String? {
        // Packages may have it under the directory's older name, which is a link.
        let paths: Set<String> = [path, path.hasPrefix("/usr/") ? String(path.dropFirst("/usr".count)) : path]
        return names.first { !paths.isDisjoint(with: files(of: $0, in: tree)) }
    }

    /// The fields that matter here.
    private enum Field: String, CaseIterable {
        case package = "Package: "
        case version = "Version: "
        case architecture = "Architecture: "
        case status = "Status: "
    }

    private static let absent: Set<String> = ["not-installed", "config-files", "half-installed"]

    /// Paragraphs of fields (deb822(5)); removed or half-installed packages do not count. Every accelerated run reads
    /// it, so most of it is skipped as bytes.
    private static func dpkg(_ bytes: [UInt8]) -> [String: Package] {
        var packages: [String: Package] = [:]
        var fields: [Field: String] = [:]
        func finish() {
            defer { fields.removeAll(keepingCapacity: true) }
            let status = fields[.status]?.split(separator: " ").map(String.init) ?? []
            guard let name = fields[.package], let version = fields[.version], !absent.contains(status.last ?? "")
            else { return }
            // Of a package in several architectures, that which came first.
            guard packages[name] == nil else { return }
            packages[name] = Package(
                name: name, version: version, architecture: fields[.architecture] ?? "", isHeld: status.first == "hold")
        }
        let names = Field.allCases.map { (field: $0, name: Array($0.rawValue.utf8)) }
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.isEmpty {
                finish()
            } else if let (field, name) = names.first(where: { line.starts(with: $0.name) }) {
                fields[field] = String(decoding: line.dropFirst(name.count), as: UTF8.self)
            }
        }
        finish()
        return packages
    }

    /// Lines of a letter, a colon and a value; an empty one ends a package.
    private static func apk(_ text: String) -> ([String: Package], [String: [String]]) {
        var packages: [String: Package] = [:]
        var files: [String: [String]] = [:]
        var name = ""
        var version = ""
        var directory = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let value = String(line.dropFirst(2))
            switch line.first {
            case "P": (name, version, directory) = (value, "", "")
            case "V": version = value
            case "A": packages[name] = Package(name: name, version: version, architecture: value)
            case "F": directory = value
            case "R": files[name, default: []].append("/\(directory)/\(value)")
            default: break
            }
        }
        return (packages, files)
    }
}
