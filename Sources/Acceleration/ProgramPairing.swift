// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// Finds the native counterparts of a root's programs, package by package.
struct ProgramPairing: ~Copyable {
    let request: AccelerationRequest
    let packages: Eligibility.Packages
    let installed: InstalledPackages
    let offered: InstalledPackages
    var root: TreeFiles
    var tools: TreeFiles
    var plan = AccelerationPlan()
    let names: NameServices
    /// Files of the root that must not be taken for another name's.
    private var refused: Set<UInt64> = []
    var paired: Set<UInt64> = []

    /// Both trees' databases are read. Throws where one has none.
    init(_ request: AccelerationRequest, _ eligibility: Eligibility) throws(AccelerationError) {
        self.request = request
        let root = try Self.open(request.root)
        let tools = try Self.open(request.tools)
        guard let installed = try InstalledPackages(of: root), let offered = try InstalledPackages(of: tools),
            installed.manager == offered.manager
        else {
            throw AccelerationError(
                "\(request.root) cannot be accelerated", cause: "expected a package database of dpkg or apk, found none"
            )
        }
        (self.installed, self.offered) = (installed, offered)
        packages = request.changes.applied(to: eligibility[installed.manager].expanded(for: installed.names))
        names = NameServices(root: root, tools: tools, request)
        self.root = TreeFiles(root)
        self.tools = TreeFiles(tools)
    }

    private static func open(_ path: FilePath) throws(AccelerationError) -> Directory {
        do throws(FilesystemError) {
            return try Directory.open(path)
        } catch {
            throw AccelerationError(error)
        }
    }

    /// All eligible programs.
    mutating func pair() {
        // The refused first: a file that has several names is refused under all of them.
        for (name, rule) in rules { noteRefused(name, rule) }
        for (name, rule) in rules { pair(name, rule) }
        for (interpreter, scripts) in (packages.scripts ?? [:]).sorted(by: { $0.key < $1.key }) {
            pair(interpreter, scripts)
        }
        for (name, reason) in packages.excluded.sorted(by: { $0.key < $1.key }) where installed[name] != nil {
            plan.fall(name, nil, reason)
        }
        plan.programs.sort()
    }

    private var rules: [(key: String, value: Eligibility.Rule)] {
        packages.packages.filter { installed[$0.key] != nil }.sorted { $0.key < $1.key }
    }

    private static let commands: Set<String> = ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/libexec"]

    /// The package's files that are where its commands are.
    mutating func files(of name: String, _ rule: Eligibility.Rule) -> [TreeFiles.File] {
        let machine = NamedMachine(request.architecture)
        let places = Self.commands.union((rule.directories ?? []).map { "/\(machine.expand($0))" })
        let paths = installed.files(of: name, in: root.tree)
        return paths.filter { places.contains(FilePath($0).removingLastComponent().string) }.sorted()
            .compactMap { root.file(at: $0) }.filter(\.isExecutable)
    }

    func programName(_ file: TreeFiles.File) -> String { FilePath(file.path).lastComponent?.string ?? "" }

    /// Why the rule excludes it.
    func refusal(_ file: TreeFiles.File, _ rule: Eligibility.Rule) -> String? {
        if request.changes.excludes(file.path) { return EligibilityChanges.reason }
        if let reason = rule.except?[programName(file)] { return reason }
        return file.isPrivileged ? "setuid or setgid" : nil
    }

    private mutating func noteRefused(_ name: String, _ rule: Eligibility.Rule) {
        for file in files(of: name, rule) where file.isProgram(for: request.architecture) {
            guard let reason = refusal(file, rule) else { continue }
            refused.insert(UInt64(file.status.inode))
            plan.fall(name, file.path, reason)
        }
    }

    /// Why the whole package is emulated; nil where it need not be.
    func disagreement(_ name: String, _ rule: Eligibility.Rule) -> AccelerationPlan.Fallback? {
        guard let own = installed[name] else { return nil }
        if let reason = rule.only64, request.architecture.elf.fileClass == .bits32 {
            return .init(package: name, reason: reason)
        }
        guard rule.isReviewed(own.version, for: request.architecture) else {
            return .init(package: name, reason: "version \(own.version) for \(request.architecture) was not reviewed")
        }
        guard let native = offered[name] else {
            return .init(own, isWanted: request.changes.wanted(of: packages).contains(name))
        }
        let isSame =
            rule.isWhole == true ? native.version == own.version : native.upstreamVersion == own.upstreamVersion
        return isSame ? nil : .init(own, native)
    }

    private mutating func pair(_ name: String, _ rule: Eligibility.Rule) {
        if let fallback = disagreement(name, rule) { return plan.fallbacks.append(fallback) }
        for file in files(of: name, rule) where file.isProgram(for: request.architecture) {
            let inode = UInt64(file.status.inode)
            guard rule.programs?.contains(programName(file)) ?? true, !refused.contains(inode) else { continue }
            guard paired.insert(inode).inserted else { continue }
            guard let native = native(of: file.path, rule) else {
                plan.fall(name, file.path, "not in the tools tree")
                continue
            }
            if let reason = request.record.refusal(native.path) ?? otherByteOrder(file, rule) {
                plan.fall(name, file.path, reason)
                continue
            }
            var condition = DispatchEntry.Condition.always
            if let applets = rule.applets, applets.program == programName(file) {
                condition = .called(own: applets.program, names: applets.names)
            }
            add(
                DispatchEntry(
                    FileState(file.status, anyDevice: request.anyDevice),
                    .program(
                        path: AccelerationPlan.place(ofTool: native.path),
                        native: FileState(native.status), when: condition,
                        environment: (rule.environment ?? []).map(NamedMachine(request.architecture).expand)),
                    except: exceptions(file, rule, native)), file.path)
        }
    }

    mutating func add(_ entry: DispatchEntry, _ path: String) {
        plan.entries.append(entry)
        plan.programs.append(path)
    }

    /// The tools tree's program at the same path, but for directories that are named after the machine.
    mutating func native(of path: String, _ rule: Eligibility.Rule = Eligibility.Rule()) -> TreeFiles.File? {
        var path = path.replacing("/\(request.architecture.triplet)/", with: "/\(request.host.triplet)/")
        let (own, native) = (NamedMachine(request.architecture), NamedMachine(request.host))
        for directory in rule.directories ?? [] {
            let prefix = "/\(own.expand(directory))/"
            guard path.hasPrefix(prefix) else { continue }
            path = "/\(native.expand(directory))/\(path.dropFirst(prefix.count))"
            break
        }
        guard let file = tools.file(at: path), file.isExecutable, file.isProgram(for: request.host) else { return nil }
        return file
    }
}
