// SPDX-License-Identifier: Apache-2.0

internal import Extraction
internal import Filesystem
internal import Glibc
internal import Integrity
internal import SystemPackage

/// dpkg's database (`/var/lib/dpkg`) under construction.
struct PackageDatabase {
    private let plan: BootstrapPlan
    private var paragraphs: [(name: String, text: [UInt8])] = []
    /// By trigger: who is interested.
    private var interests: [String: [String]] = [:]
    /// By the hash of its path: the package a file is from.
    private var owners: [UInt64: UInt32] = [:]
    /// Paths of several packages that are directories, by hash.
    private var directories: Set<UInt64> = []
    private var names: [String] = []
    /// Files that a package took over from another, by the name of the latter's list.
    private var takenOver: [String: Set<String>] = [:]
    /// By name of the package: that of its files in `info`.
    private var titles: [String: String] = [:]

    init(_ plan: BootstrapPlan) {
        self.plan = plan
    }

    /// Adds a package that was just unpacked, and writes dpkg's files about it in `info`.
    mutating func add(
        _ package: BootstrapPlan.Package, _ unpacked: DebianPackage, in root: borrowing Directory
    ) throws(PackageArchiveError) {
        let files = Dictionary(unpacked.control.map { ($0.name, $0.bytes) }) { first, _ in first }
        let control = String(decoding: files["control"] ?? [], as: UTF8.self)
        guard let stanza = try Stanza.parse(control, file: "\(package.name)'s control file").first,
            stanza["Package"] == package.name, stanza["Version"] == package.version
        else {
            throw PackageArchiveError(
                .mismatch, "expected \(package.name) \(package.version) in \(package.file)",
                cause: "its control file names another package")
        }
        try checkOverlaps(package, unpacked.fileList, root)
        let title = package.isSameForArchitectures ? "\(package.name):\(package.architecture)" : package.name
        titles[package.name] = title
        do throws(FilesystemError) {
            let info = try root.makeDirectories(["var", "lib", "dpkg", "info"])
            for member in unpacked.control where member.name != "control" {
                guard let name = FilePath.Component("\(title).\(member.name)") else { continue }
                let mode: FilePermissions.RawValue = member.permissions & 0o100 != 0 ? 0o755 : 0o644
                try info.createFile(name, holding: member.bytes, permissions: FilePermissions(rawValue: mode))
            }
            if let name = FilePath.Component("\(title).list") { try info.createFile(name, holding: unpacked.fileList) }
        } catch {
            throw PackageArchiveError(error)
        }
        for line in Self.lines(files["triggers"] ?? []) {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count >= 2, words[0].hasPrefix("interest") else { continue }
            interests[words[1], default: []].append(words[0] == "interest-noawait" ? "\(title)/noawait" : title)
        }
        let conffiles = try conffiles(files["conffiles"] ?? [], root)
        paragraphs.append((package.name, Self.paragraph(control, conffiles)))
    }

    /// Two packages may contain one file only if the later one declares that it replaces the other.
    private mutating func checkOverlaps(
        _ package: BootstrapPlan.Package, _ list: [UInt8], _ root: borrowing Directory
    ) throws(PackageArchiveError) {
        let index = UInt32(names.count)
        names.append(package.name)
        for line in list.split(separator: 0x0A) {
            let hash = IndexScanner.hash(line)
            guard let other = owners.updateValue(index, forKey: hash), other != index, !directories.contains(hash)
            else { continue }
            let owner = names[Int(other)]
            let path = String(decoding: line, as: UTF8.self)
            if (try? root.openInRoot(path, onlyDirectory: true)) != nil {
                directories.insert(hash)
                continue
            }
            if package.replaces.contains(owner) {
                takenOver[titles[owner] ?? owner, default: []].insert(path)
                continue
            }
            throw PackageArchiveError(
                .overlap, "cannot install \(package.name)",
                cause: "it would overwrite \(path), which is also in \(owner)")
        }
    }

    /// A file is in the list of one package only: the last one that contained it.
    private func leaveOutTakenOver(_ dpkg: borrowing Directory) throws(FilesystemError) {
        let info = try dpkg.makeDirectories(["info"])
        for (title, paths) in takenOver {
            guard let name = FilePath.Component("\(title).list"), let list = try info.readFile(name) else { continue }
            let kept = list.split(separator: 0x0A).filter { !paths.contains(String(decoding: $0, as: UTF8.self)) }
            try info.createFile(name, holding: Array(kept.map { $0 + [0x0A] }.joined()))
        }
    }

    /// The `Conffiles` field, which says what each was when it was installed.
    private func conffiles(_ list: [UInt8], _ root: borrowing Directory) throws(PackageArchiveError) -> String {
        var text = ""
        for line in Self.lines(list) where line.hasPrefix("/") {
            // Left to dpkg where it is not a plain file.
            var digest = "newconffile"
            if let bytes = try? root.openInRoot(line).readToEnd(of: FilePath(line)) {
                digest = try PackageArchiveError.wrapping { () throws(IntegrityError) in try LegacyDigest.md5(bytes) }
            }
            text += "\n \(line) \(digest)"
        }
        return text.isEmpty ? "" : "Conffiles:\(text)\n"
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .map { String($0.prefix { $0 != "#" }.drop(while: \.isWhitespace)) }.filter { !$0.isEmpty }
    }

    /// The control file with what dpkg adds to it.
    private static func paragraph(_ control: String, _ conffiles: String) -> [UInt8] {
        var text = control
        while text.last?.isNewline == true { text.removeLast() }
        return Array("\(text)\nStatus: install ok unpacked\n\(conffiles)\n".utf8)
    }

    /// The files that are there once, to be written when all packages are unpacked.
    func write(to root: borrowing Directory) throws(FilesystemError) {
        let dpkg = try root.makeDirectories(["var", "lib", "dpkg"])
        for name: FilePath.Component in ["alternatives", "parts", "updates", "triggers", "info"] {
            _ = try dpkg.makeDirectories([name])
        }
        try leaveOutTakenOver(dpkg)
        var status: [UInt8] = []
        for paragraph in paragraphs.sorted(by: { $0.name < $1.name }) { status += paragraph.text }
        try dpkg.createFile("status", holding: status)
        try dpkg.createFile("arch", holding: Array("\(plan.architecture)\n".utf8))
        try dpkg.makeDirectories(["info"]).createFile("format", holding: Array("1\n".utf8))
        let triggers = try dpkg.makeDirectories(["triggers"])
        let named = interests.filter { !$0.key.hasPrefix("/") }
        for (trigger, packages) in named {
            guard let name = FilePath.Component(trigger), name.kind == .regular else { continue }
            try triggers.createFile(name, holding: Array(packages.sorted().map { "\($0)\n" }.joined().utf8))
        }
        let paths = interests.filter { $0.key.hasPrefix("/") }.sorted { $0.key < $1.key }
        let lines = paths.flatMap { path, packages in packages.sorted().map { "\(path) \($0)\n" } }
        try triggers.createFile("File", holding: Array(lines.joined().utf8))
        try triggers.createFile("Unincorp", holding: [])
        guard !plan.automatic.isEmpty else { return }
        // apt(8) writes the architecture of packages for all as that of the machine.
        let automatic = plan.automatic.map {
            "Package: \($0)\nArchitecture: \(plan.architecture)\nAuto-Installed: 1\n\n"
        }
        try root.makeDirectories(["var", "lib", "apt"])
            .createFile("extended_states", holding: Array(automatic.joined().utf8))
    }
}
