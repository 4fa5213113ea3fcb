// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
internal import Glibc
package import SystemPackage

/// Makes an unpacked tree of the host's architecture a tools tree: has its programs find each other in a run, and say of
/// the machine what the root's own say.
package struct ToolsSeal: Sendable {
    let tree: FilePath
    let host: Architecture
    let root: Architecture
    private let eligibility: Eligibility

    /// The tree at `path`, for roots of `root`. `added` are packages that users add to what is eligible.
    package init(
        _ path: FilePath, for root: Architecture, adding added: Set<String> = [], host: Architecture = .host
    ) throws(AccelerationError) {
        (tree, self.root, self.host) = (path, root, host)
        var eligibility = try Eligibility.builtIn()
        let changes = EligibilityChanges(add: added.sorted())
        for manager in [InstalledPackages.Manager.dpkg, .apk] {
            eligibility[manager] = changes.applied(to: eligibility[manager])
        }
        self.eligibility = eligibility
    }

    /// The edits of all trees, and which edition of each of the others it is.
    static let description: [UInt8] = {
        let paths = Architecture.allCases.flatMap { ToolsRelocation(host: .host, root: $0).edits.map(\.description) }
        let others = [
            PrivateLibraries.edition, RestartingLoader.edition, CompilerRelocation.edition, ArchitectureName.edition,
            MachineName.edition, PreloadedLibraries.edition,
            LoaderProof.script, "names of the host in constants: 3",
        ]
        return Array((paths + others).joined(separator: "\n").utf8)
    }()

    /// Changes its files. Returns what is known of them but for what the loader finds (`proof(_:)`).
    package func apply() throws(AccelerationError) -> ToolsRecord {
        let relocation = ToolsRelocation(host: host, root: root)
        try relocation.apply(to: tree)
        try relocation.writeMuslList(in: tree, host: host)
        var record = ToolsRecord()
        let opened = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(tree) }
        guard let offered = try InstalledPackages(of: opened) else { return record }
        let packages = eligibility[offered.manager].expanded(for: offered.names)
        try AccelerationError.wrapping { () throws(FilesystemError) in
            try PreloadedLibraries.link(packages.preloads ?? [:], in: opened, host)
        }
        if let rules = packages.compilers {
            record.compilers = try CompilerRelocation(target: root, host: host).apply(to: tree, rules)
        }
        try ArchitectureName(host: host, root: root).replace(in: tree, packages)
        let machine = MachineName(host: host, root: root)
        try machine.replace(in: tree, packages)
        var files = TreeFiles(opened)
        var loading: [String: RestartLibrary.Answer] = [:]
        for (package, rule) in packages.packages.sorted(by: { $0.key < $1.key }) {
            try redirect(rule.links ?? [])
            for path in offered.files(of: package, in: files.tree) {
                guard let file = files.file(at: path), file.isExecutable, file.isProgram(for: host) else { continue }
                try edit(file, rule, &record)
                if let applets = rule.applets, FilePath(file.path).lastComponent?.string == applets.program {
                    try giveNames(file, applets)
                }
                let name = FilePath(file.path).lastComponent?.string ?? ""
                loading[file.path] = try restart(of: file, rule, package)
                if rule.sorts?.contains(name) == true, root.hasSignedCharacters, !host.hasSignedCharacters {
                    record.refuse(file.path, "it sorts strings by signed characters there")
                }
                if let reason = refusal(of: file, rule, machine, offered, in: files.tree) {
                    record.refuse(file.path, reason)
                }
            }
        }
        for (interpreter, scripts) in packages.scripts ?? [:] {
            guard let file = files.file(at: (try? files.tree.realPathInRoot(of: interpreter).string) ?? interpreter)
            else { continue }
            try edit(file, scripts, interpreter, &record)
            if let objects = scripts.objects {
                let own = objects.replacing("{triplet}", with: root.triplet)
                let native = objects.replacing("{triplet}", with: host.triplet)
                loading[file.path] = .load(from: own, to: "\(AccelerationPlan.toolsDirectory)\(native)")
            }
            if scripts.start?.files.isEmpty == false,
                !((try? files.tree.openInRoot(file.path).readToEnd(of: FilePath(file.path))).map(machine.isTold)
                    ?? false)
            {
                record.refuse(file.path, Self.machineReason)
            }
        }
        let failed = try AccelerationError.wrapping { () throws(FilesystemError) in
            try RestartingLoader(host: host, root: root).apply(to: loading, in: tree)
        }
        for path in failed { record.refuse(path, "the native one cannot load objects of the root's") }
        return record
    }

    /// Has the interpreter say of itself what the root's own does: of its path, and of what it was built for.
    private func edit(
        _ file: TreeFiles.File, _ scripts: Eligibility.Scripts, _ interpreter: String, _ record: inout ToolsRecord
    ) throws(AccelerationError) {
        guard let own = scripts.`self`, let name = FilePath(interpreter).lastComponent else { return }
        try replace([own: try link(name, to: interpreter).string], in: file, &record)
    }

    /// Gives a program that is many a name for each, beside its own: processes are called by it (proc(5), comm).
    private func giveNames(_ file: TreeFiles.File, _ applets: Eligibility.Applets) throws(AccelerationError) {
        try AccelerationError.wrapping { () throws(FilesystemError) in
            let path = FilePath(file.path)
            let opened = try Directory.open(tree)
                .openInRoot(path.removingLastComponent().string, onlyDirectory: true)
            let directory = Directory(adopting: opened, path: tree.pushing(path.removingLastComponent()))
            for text in applets.names {
                guard let name = FilePath.Component(text), let own = path.lastComponent else { continue }
                if try directory.status(of: name)?.kind == .symbolicLink { try directory.unlink(name) }
                guard try directory.status(of: name) == nil else { continue }
                guard unsafe linkat(directory.rawValue, own.string, directory.rawValue, name.string, 0) == 0 else {
                    throw FilesystemError("link", directory.path.appending(name), .last)
                }
            }
        }
    }

    /// Makes absolute links relative, so that they lead to files of the tree.
    private func redirect(_ links: [String]) throws(AccelerationError) {
        try AccelerationError.wrapping { () throws(FilesystemError) in
            for path in links.map({ FilePath(NamedMachine(host).expand($0)) }) {
                guard let name = path.lastComponent,
                    let opened = try? Directory.open(tree)
                        .openInRoot("/\(path.removingLastComponent())", onlyDirectory: true)
                else { continue }
                let directory = Directory(adopting: opened, path: tree.pushing(path.removingLastComponent()))
                guard let target = try directory.symbolicLinkTarget(of: name), target.hasPrefix("/") else { continue }
                try directory.unlink(name)
                let up = String(repeating: "../", count: path.components.count - 1)
                try directory.makeSymbolicLink(name, to: up + target.dropFirst())
            }
        }
    }

    /// The command that executes `script` by the tree's own shell, in a run; nil where it has none.
    package func command(_ script: String) -> [String]? {
        guard let real = try? Directory.open(tree).realPathInRoot(of: "/bin/sh") else { return nil }
        let shell = AccelerationPlan.toolsDirectory.appending(real.components).string
        // It goes by its name, which the link may not lead to here.
        return [shell] + (real.lastComponent == "busybox" ? ["sh"] : []) + ["-c", script]
    }

    /// What has to be shown of the tree's programs before they are used.
    package func proof() throws(AccelerationError) -> LoaderProof {
        let opened = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(tree) }
        let all = try ToolsPrograms(in: opened, host: host, root: root, eligibility)
        return LoaderProof(all.paths, statics: all.statics, host: host)
    }

    /// What the proof mounts, as a run does.
    package func mounts() throws(AccelerationError) -> [AccelerationPlan.Mount] {
        try AccelerationPlan.mounts(AccelerationRequest(root: tree, tools: tree, architecture: root, host: host))
    }

    /// A string of a program, none of `others`, that has a name of the host's machine in it; nil where none has but paths
    /// of debug files and a distribution's note of the package (".note.package").
    private func hostName(_ program: [UInt8], but others: [String]) -> String? {
        // A static one has the C library's directories and platforms in it.
        let isStatic = ELFProgram(parsing: program)?.loader == nil
        for name in [host.kernelName, host.rawValue] {
            for place in Bytes.places(of: Array(name.utf8), in: program) {
                let start = program[..<place].lastIndex { !(0x20...0x7E).contains($0) }.map { $0 + 1 } ?? 0
                let end = program[place...].firstIndex { !(0x20...0x7E).contains($0) } ?? program.count
                let text = String(decoding: program[start..<end].prefix(200), as: UTF8.self)
                let isKnown =
                    others.contains(text) || text.contains("musl-\(name)") || text.contains("/.dwz/")
                    || text.contains("{\"type\":\"")
                if isStatic, text == name || text.contains("/") { continue }
                if !isKnown, !text.hasPrefix(ToolsRelocation.directory.string) { return text }
            }
        }
        return nil
    }

    private static let architectureReason = "the native one would report the host's architecture"
    private static let machineReason = "the native one would report the host's machine name"

    /// Has the program say the names that the root's own has compiled in.
    private func edit(
        _ file: TreeFiles.File, _ rule: Eligibility.Rule, _ record: inout ToolsRecord
    ) throws(AccelerationError) {
        guard let strings = rule.strings?[FilePath(file.path).lastComponent?.string ?? ""] else { return }
        let (own, native) = (NamedMachine(root), NamedMachine(host))
        let pairs = strings.map { (native.expand($0.key), own.expand($0.value)) }
        try replace(Dictionary(pairs) { first, _ in first }, in: file, &record)
    }

    /// Puts other strings in the places of some; where that is not certain to be all, the program is refused.
    private func replace(
        _ strings: [String: String], in file: TreeFiles.File, _ record: inout ToolsRecord
    ) throws(AccelerationError) {
        let opened = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(tree) }
        guard let bytes = try? opened.openInRoot(file.path).readToEnd(of: FilePath(file.path)),
            var program = ELFProgram(parsing: bytes)
        else {
            return record.refuse(file.path, Self.architectureReason)
        }
        for (old, new) in strings.sorted(by: { $0.key < $1.key }) where old != new {
            // What is not in it, it does not say.
            guard Bytes.contain(program.bytes, Array(old.utf8) + [0]) else { continue }
            guard program.replaceString(old, by: new) else {
                return record.refuse(file.path, Self.architectureReason)
            }
            record.edits[file.path, default: []].append("\(old) becomes \(new)")
        }
        guard program.bytes != bytes else { return }
        try AccelerationError.wrapping { () throws(FilesystemError) in
            try opened.overwrite(file.path, with: program.bytes)
        }
    }

    private func refusal(
        of file: TreeFiles.File, _ rule: Eligibility.Rule, _ machine: MachineName, _ offered: InstalledPackages,
        in tree: borrowing Directory
    ) -> String? {
        let name = FilePath(file.path).lastComponent?.string ?? ""
        func bytes(_ path: String) -> [UInt8]? { try? tree.openInRoot(path).readToEnd(of: FilePath(path)) }
        if rule.named?.contains(name) == true {
            let libraries = offered.names(beginningWith: rule.libraries ?? []).flatMap {
                offered.files(of: $0, in: tree)
            }
            let architecture = ArchitectureName(host: host, root: root)
            guard ([file.path] + libraries).allSatisfy({ bytes($0).map(architecture.isAbsent) ?? true }) else {
                return Self.architectureReason
            }
        }
        // What was redirected is still there, and nobody refers to it.
        let edited = (rule.strings?[name] ?? [:]).keys.map(NamedMachine(host).expand)
        if rule.mentions?[name] == nil, let text = bytes(file.path).flatMap({ hostName($0, but: edited) }) {
            return "it contains the host's name: \(text)"
        }
        if rule.machine?.contains(name) == true, !(bytes(file.path).map(machine.isTold) ?? false) {
            return Self.machineReason
        }
        return nil
    }
}
