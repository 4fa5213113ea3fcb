// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

extension AccelerationPlan {
    /// Has compilers, assemblers and linkers of the tools tree stand in for the root's, those that have the same version
    /// and search the same directories; of what they do not do alike, `agreement` knows.
    package mutating func addCompilers(
        _ request: AccelerationRequest, _ agreement: CompilerAgreement
    ) throws(AccelerationError) {
        guard var pairing = try CompilerPairing(request, agreement) else { return }
        pairing.pair()
        entries += pairing.plan.entries
        mounts += pairing.plan.mounts
        programs = (programs + pairing.plan.programs).sorted()
        fallbacks += pairing.plan.fallbacks
    }
}

/// Finds what stands in for the programs of binutils and of each version of gcc.
struct CompilerPairing: ~Copyable {
    let request: AccelerationRequest
    let agreement: CompilerAgreement
    private let installed: InstalledPackages
    private let offered: InstalledPackages
    let compilers: CompilerDirectories
    let crossCompilers: CompilerDirectories
    var root: TreeFiles
    var tools: TreeFiles
    var plan = AccelerationPlan()

    var triplet: String { request.architecture.triplet }

    /// nil where there are none known: in trees without a package database of dpkg's.
    init?(_ request: AccelerationRequest, _ agreement: CompilerAgreement) throws(AccelerationError) {
        (self.request, self.agreement) = (request, agreement)
        let root = try Self.open(request.root)
        let tools = try Self.open(request.tools)
        guard let installed = try InstalledPackages(of: root), let offered = try InstalledPackages(of: tools),
            installed.manager == .dpkg, offered.manager == .dpkg
        else { return nil }
        (self.installed, self.offered) = (installed, offered)
        compilers = CompilerDirectories(request.architecture, in: root, cross: false)
        crossCompilers = CompilerDirectories(request.architecture, in: tools, cross: true)
        self.root = TreeFiles(root)
        self.tools = TreeFiles(tools)
    }

    private static func open(_ path: FilePath) throws(AccelerationError) -> Directory {
        try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(path) }
    }

    mutating func pair() {
        pairBinutils()
        for version in compilers.versions {
            pairCompilers(version)
            pairLinking(version)
            pairDrivers(version)
        }
        plan.programs.sort()
    }

    // MARK: Packages

    /// The names of a package: Debian's of 13 and later, and of before.
    private func names(_ name: String) -> [String] {
        ["\(name)-\(triplet.replacing("_", with: "-"))", name]
    }

    /// Whether the package `name` of the root has the version of the tools tree's cross one, or of the host's own.
    mutating func agree(_ name: String, host: Bool = false) -> Bool {
        guard let own = names(name).lazy.compactMap({ [installed] in installed[$0] }).first else { return false }
        let hostName = "\(name)-\(request.host.triplet.replacing("_", with: "-"))"
        let candidates = host ? [hostName, name] : [names(name)[0]]
        guard let native = candidates.lazy.compactMap({ [offered] in offered[$0] }).first else {
            plan.fall(own.name, nil, "the tools tree does not have it")
            return false
        }
        guard native.upstreamVersion == own.upstreamVersion else {
            plan.fallbacks.append(.init(own, native))
            return false
        }
        return true
    }

    // MARK: Programs

    /// Adds `path` of the root, for which `native` of the tools tree stands in, or says why it does not.
    mutating func add(
        _ path: String, _ native: String?, of package: String, except exceptions: DispatchEntry.Exceptions
    ) {
        guard let native = native.flatMap({ tools.file(at: $0) }), native.isExecutable,
            native.isProgram(for: request.host)
        else {
            if let file = root.file(at: path), file.isProgram(for: request.architecture) {
                plan.fall(package, file.path, "the tools tree does not have it")
            }
            return
        }
        let place = AccelerationPlan.toolsDirectory.pushing(FilePath(String(native.path.dropFirst())))
        if let reason = request.record.refusal(native.path) {
            return plan.fall(package, path, reason)
        }
        var exceptions = exceptions
        exceptions.libraries = request.record.programs[native.path]?.libraries ?? []
        add(path, place, FileState(native.status), of: package, except: exceptions)
    }

    /// Adds `path` of the root, for which the program at `place` in a run stands in.
    mutating func add(
        _ path: String, _ place: FilePath, _ native: FileState, of package: String,
        except exceptions: DispatchEntry.Exceptions
    ) {
        guard let file = root.file(at: path), file.isProgram(for: request.architecture), !file.isPrivileged else {
            return
        }
        guard !request.changes.excludes(file.path) else {
            return plan.fall(package, file.path, EligibilityChanges.reason)
        }
        plan.entries.append(
            DispatchEntry(
                FileState(file.status, anyDevice: request.anyDevice),
                .program(path: place, native: native, when: .always, environment: []), except: exceptions))
        plan.programs.append(file.path)
    }

    func bytes(_ path: String, in tree: borrowing Directory) -> [UInt8]? {
        try? tree.openInRoot(path).readToEnd(of: tree.path.appending(path))
    }

    // MARK: binutils

    private static let plain = ["as", "addr2line", "c++filt", "dwp", "elfedit", "gprof", "readelf", "size", "strings"]
    /// Those that take a linker's plugin, or look for one.
    private static let archivers = ["ar", "nm", "objcopy", "objdump", "ranlib", "strip"]

    private mutating func pairBinutils() {
        guard agree("binutils"), let package = installed[names("binutils")[0]]?.name else { return }
        var exceptions = DispatchEntry.Exceptions()
        for name in Self.plain { add(binary(name), binary(name), of: package, except: exceptions) }
        // Plugins are of the root's architecture; for compilers' own there are native ones.
        exceptions.patterns = ["--plugin", "--plugin=*"]
        exceptions.readsResponses = true
        exceptions.substitutes = mountPlugins()
        let plugins = LinkerPlugins(request, root: root.tree)
        if let path = plugins.unknown {
            plan.fall(package, nil, "\(path) is compiled for the root")
        } else if CompilerRelocation(target: request.architecture, host: request.host).isDone(in: tools.tree) {
            var archiving = exceptions
            archiving.changes = plugins.changes
            for name in Self.archivers { add(binary(name), binary(name), of: package, except: archiving) }
        } else {
            plan.fall(package, nil, "the tools tree's does not find its own plugins")
        }
        // --help names the machines that it was built for.
        exceptions.patterns = ["--plugin", "-plugin", "--plugin=*", "-plugin=*", "--help"]
        add(binary("ld.gold"), binary("ld.gold"), of: package, except: exceptions)
        // Only native linkers heed them.
        exceptions.variables = ["LD_LIBRARY_PATH", "LD_RUN_PATH"]
        add(binary("ld.bfd"), binary("ld.bfd"), of: package, except: exceptions)
    }

    /// The paths of compilers' own plugins for linkers, and where in a run those are that stand in for them.
    private mutating func mountPlugins() -> [String: String] {
        let name = "liblto_plugin.so"
        var found: [String: String] = [:]
        for version in compilers.versions {
            let natives = crossCompilers.paths(of: name, version)
            guard let native = natives.first(where: { tools.file(at: $0) != nil }), agree("gcc-\(version)") else {
                continue
            }
            let place = ToolsRelocation.directory.appending("plugin-\(version)")
            for path in compilers.paths(of: name, version) { found[path] = place.string }
            plan.mounts.append(
                AccelerationPlan.Mount(request.tools.pushing(FilePath(String(native.dropFirst()))), at: place))
        }
        return found
    }

    func binary(_ name: String) -> String { "/usr/bin/\(triplet)-\(name)" }

    // MARK: gcc

    private mutating func pairCompilers(_ version: String) {
        var exceptions = DispatchEntry.Exceptions()
        // They say which package they are of. What a driver is asked to say, too, is of no consequence.
        exceptions.patterns = ["--version"] + (agreement.answersAlike ? [] : ["-v", "-version"])
        exceptions.patterns += ["--help*", "--target-help*", "-fplugin*", "-stdlib=*", "-iprefix*"]
        exceptions.patterns += agreement.exceptions.keys.sorted().map { "\($0)*" }
        exceptions.readsResponses = true
        exceptions.variables = ["GCC_EXEC_PREFIX"]
        for (name, package) in [("cc1", "cpp"), ("cc1plus", "g++"), ("lto1", "gcc")] {
            guard let path = compilers.path(of: name, version) else { continue }
            let package = "\(package)-\(version)"
            if let reason = agreement.disagreement {
                plan.fall(package, path, reason)
                continue
            }
            guard agree(package) else { continue }
            let native = crossCompilers.path(of: name, version)
            if CompilerDirectories.compilers.contains(name), let native, !searchesAlike(path, native, version) {
                plan.fall(package, path, "the tools tree's looks for headers in other directories")
                continue
            }
            add(path, native, of: package, except: exceptions)
        }
        for (option, reason) in agreement.exceptions.sorted(by: { $0.key < $1.key }) {
            plan.fall("gcc-\(version)", nil, "with \(option)…: \(reason)")
        }
    }

    /// Whether two compilers proper look for headers in the same directories of the root.
    private func searchesAlike(_ path: String, _ native: String, _ version: String) -> Bool {
        guard let own = bytes(path, in: root.tree), let other = bytes(native, in: tools.tree),
            let ownProgram = ELFProgram(parsing: own), let otherProgram = ELFProgram(parsing: other),
            let ownDirectories = HeaderDirectories(in: ownProgram),
            let otherDirectories = HeaderDirectories(in: otherProgram)
        else { return false }
        return ownDirectories.resolved(in: root.tree, triplet: triplet, version: version) == otherDirectories
    }

    /// What drivers start to link.
    private mutating func pairLinking(_ version: String) {
        let package = "gcc-\(version)"
        if let path = compilers.path(of: "lto-wrapper", version), agree(package) {
            add(path, crossCompilers.path(of: "lto-wrapper", version), of: package, except: .init())
        }
        // A cross compiler's looks for the linker by another name; this one does not depend on the machine.
        if let path = compilers.path(of: "collect2", version), agree(package, host: true) {
            let own = CompilerDirectories(request.host, in: tools.tree, cross: false)
            add(path, own.path(of: "collect2", version), of: package, except: .init())
        }
        if let path = compilers.path(of: "g++-mapper-server", version), agree("g++-\(version)") {
            var exceptions = DispatchEntry.Exceptions()
            // --version, abbreviated or among other letters (-nv), says which package it is of.
            exceptions.patterns = ["-*v*"]
            add(path, crossCompilers.path(of: "g++-mapper-server", version), of: "g++-\(version)", except: exceptions)
        }
    }
}
