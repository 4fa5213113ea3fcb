// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

extension AccelerationPlan {
    /// Has compilers, assemblers and linkers of the tools tree stand in for the root's, those that have the same version
    /// and search the same directories; of what they do not do alike, `agreement` knows.
    package mutating func addCompilers(
        _ request: AccelerationRequest, _ eligibility: Eligibility, _ agreement: CompilerAgreement
    ) throws(AccelerationError) {
        guard var pairing = try CompilerPairing(request, eligibility, agreement) else { return }
        pairing.pair()
        entries += pairing.plan.entries
        mounts += pairing.plan.mounts
        programs = (programs + pairing.plan.programs).sorted()
        fallbacks += pairing.plan.fallbacks
    }
}

/// Finds what stands in for the programs of binutils and of each version of gcc, as the rules say.
struct CompilerPairing: ~Copyable {
    let request: AccelerationRequest
    let agreement: CompilerAgreement
    let rules: CompilerRules
    private let installed: InstalledPackages
    private let offered: InstalledPackages
    let compilers: CompilerDirectories
    private let crossCompilers: CompilerDirectories
    private let hostCompilers: CompilerDirectories
    let plugins: LinkerPlugins
    var root: TreeFiles
    var tools: TreeFiles
    var plan = AccelerationPlan()
    /// Whether packages, by the first of their names in the root, have the same version in both trees.
    private var agreed: [CompilerRules.Package: Bool] = [:]
    /// The paths of gcc's own plugins, and where in a run those are that stand in for them.
    private var substitutes: [String: String]?

    /// nil where there are no rules for the trees' package manager.
    init?(
        _ request: AccelerationRequest, _ eligibility: Eligibility, _ agreement: CompilerAgreement
    ) throws(AccelerationError) {
        (self.request, self.agreement) = (request, agreement)
        let root = try Self.open(request.root)
        let tools = try Self.open(request.tools)
        guard let installed = try InstalledPackages(of: root), let offered = try InstalledPackages(of: tools),
            installed.manager == offered.manager, let rules = eligibility[installed.manager].compilers
        else { return nil }
        (self.installed, self.offered, self.rules) = (installed, offered, rules)
        compilers = CompilerDirectories(request.architecture, in: root, cross: false)
        crossCompilers = CompilerDirectories(request.architecture, in: tools, cross: true)
        hostCompilers = CompilerDirectories(request.host, in: tools, cross: false)
        plugins = LinkerPlugins(
            request, rules.plugins, shared: rules.plugins.shared(installed, offered), root: root)
        self.root = TreeFiles(root)
        self.tools = TreeFiles(tools)
    }

    private static func open(_ path: FilePath) throws(AccelerationError) -> Directory {
        try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(path) }
    }

    mutating func pair() {
        for rule in rules.programs where !rules.isVersioned(rule) { pair(rule, nil) }
        for version in compilers.versions {
            for rule in rules.programs where rules.isVersioned(rule) { pair(rule, version) }
            for (option, reason) in agreement.exceptions.sorted(by: { $0.key < $1.key }) {
                plan.fall("gcc-\(version)", nil, "with \(option)…: \(reason)")
            }
        }
        plan.programs.sort()
    }

    private mutating func pair(_ rule: CompilerRules.Rule, _ version: String?) {
        guard let package = package(rule.package, version) else { return }
        for program in rule.programs {
            guard let path = compilers.path(of: program, version), let file = root.file(at: path),
                file.isProgram(for: request.architecture), !file.isPrivileged
            else { continue }
            if let reason = missing(rule, version) {
                plan.fall(package.title, file.path, reason)
                continue
            }
            guard agree(package) else { return }
            if rule.kind == .archiver, let reason = refusalOfArchivers {
                return plan.fall(package.title, nil, reason)
            }
            let native = (rule.ofHost == true ? hostCompilers : crossCompilers).path(of: program, version)
                .flatMap { tools.file(at: $0) }
            guard let native, native.isExecutable, native.isProgram(for: request.host) else {
                plan.fall(package.title, file.path, "not in the tools tree")
                continue
            }
            if let reason = request.record.refusal(native.path)
                ?? refusal(of: file.path, native.path, rule.kind, version)
            {
                plan.fall(package.title, file.path, reason)
                continue
            }
            guard !request.changes.excludes(file.path) else {
                plan.fall(package.title, file.path, EligibilityChanges.reason)
                continue
            }
            add(file, native, rule, version)
        }
    }

    /// Why programs of the rule are emulated, whichever the tools tree has.
    private func missing(_ rule: CompilerRules.Rule, _ version: String?) -> String? {
        let needs = (rule.needs ?? [:]).sorted { $0.key < $1.key }
        return needs.first { compilers.path(of: $0.key, version) == nil }?.value
            ?? (exceptions(of: rule).contains { $0.otherCode == true } ? agreement.disagreement : nil)
    }

    // MARK: Packages

    /// A package with the words in its names expanded.
    private func package(_ name: String, _ version: String?) -> CompilerRules.Package? {
        rules.packages[name]?.expanded { name in
            NamedMachine(request.architecture).expand(
                name.replacing("{host}", with: NamedMachine(request.host).expand("{triplet}"))
                    .replacing("{version}", with: version ?? ""))
        }
    }

    /// Whether the root has a package in the version that the tools tree has; why not is noted once.
    private mutating func agree(_ package: CompilerRules.Package) -> Bool {
        if let known = agreed[package] { return known }
        agreed[package] = false
        guard let own = package.own.lazy.compactMap({ [installed] in installed[$0] }).first else { return false }
        let native = package.native.lazy.compactMap({ [offered] in offered[$0] }).first
        guard let native, native.upstreamVersion == own.upstreamVersion else {
            let fallback =
                native.map { AccelerationPlan.Fallback(own, $0) }
                ?? .init(package: own.name, reason: "not in the tools tree")
            if !plan.fallbacks.contains(fallback) { plan.fallbacks.append(fallback) }
            return false
        }
        agreed[package] = true
        return true
    }

    // MARK: Programs

    private func exceptions(of rule: CompilerRules.Rule) -> [CompilerRules.Exceptions] {
        (rule.except ?? []).compactMap { rules.exceptions[$0] }
    }

    private mutating func add(
        _ file: TreeFiles.File, _ native: TreeFiles.File, _ rule: CompilerRules.Rule, _ version: String?
    ) {
        var (place, state) = (AccelerationPlan.place(ofTool: native.path), FileState(native.status))
        var answersAlike = agreement.answersAlike
        if rule.kind == .driver {
            let name = compilers.name(of: file.path)
            answersAlike = false
            if agreement.answersAlike, let driver = request.drivers[name],
                let opened = try? OwnedDescriptor.open(driver, .readOnly), let status = try? opened.status(of: driver)
            {
                (place, state) = (ToolsRelocation.directory.appending("driver-\(name)"), FileState(status))
                plan.mounts.append(AccelerationPlan.Mount(driver, at: place))
                answersAlike = true
            }
        }
        let offloads = rule.kind == .driver && tellsOffloading(file.path, native.path)
        var found = DispatchEntry.Exceptions()
        found.libraries = request.record.programs[native.path]?.libraries ?? []
        for exceptions in exceptions(of: rule) {
            switch exceptions.where {
            case .answersDiffer where answersAlike: continue
            case .offloads where !offloads: continue
            default: break
            }
            found.patterns += (exceptions.refusing ?? [:]).keys.sorted()
            found.variables += (exceptions.variables ?? [:]).keys.sorted()
            found.together += exceptions.together ?? []
            found.apart += exceptions.apart ?? []
            if exceptions.readsResponses == true { found.readsResponses = true }
            if exceptions.otherCode == true { found.patterns += agreement.exceptions.keys.sorted().map { "\($0)*" } }
            if exceptions.substitutesPlugins == true { found.substitutes = mountPlugins() }
        }
        if rule.kind == .archiver { found.changes = plugins.changes }
        plan.entries.append(
            DispatchEntry(
                FileState(file.status, anyDevice: request.anyDevice),
                .program(path: place, native: state, when: .always, environment: []), except: found))
        plan.programs.append(file.path)
    }

    private mutating func mountPlugins() -> [String: String] {
        if let substitutes { return substitutes }
        var found: [String: String] = [:]
        for version in compilers.versions {
            let natives = crossCompilers.paths(of: rules.plugins.file, version)
            guard let native = natives.first(where: { tools.file(at: $0) != nil }),
                let package = package(rules.plugins.package, version), agree(package)
            else { continue }
            let place = ToolsRelocation.directory.appending("plugin-\(version)")
            for path in compilers.paths(of: rules.plugins.file, version) { found[path] = place.string }
            plan.mounts.append(
                AccelerationPlan.Mount(request.tools.pushing(FilePath(String(native.dropFirst()))), at: place))
        }
        substitutes = found
        return found
    }
}

extension CompilerRules.Package {
    fileprivate func expanded(_ expand: (String) -> String) -> Self {
        Self(own: own.map(expand), native: native.map(expand))
    }

    /// What it is called in reasons.
    fileprivate var title: String { own.last ?? "" }
}
