// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// What a native compiler, driver or archiver has to be, besides of the same version.
extension CompilerPairing {
    /// Why the program at `native` in the tools tree cannot stand in for the root's at `path`.
    func refusal(
        of path: String, _ native: String, _ kind: CompilerRules.Kind?, _ version: String?
    ) -> String? {
        switch kind {
        case .compiler where !searchesAlike(path, native, version ?? ""):
            "the tools tree's compiler searches other header directories"
        case .driver where request.record.compilers?.drivers[native] == nil:
            "the tools tree's searches other directories"
        default: nil
        }
    }

    /// Why no archiver can be native.
    var refusalOfArchivers: String? {
        if let path = plugins.unknown { return "\(path) is compiled for the root's architecture" }
        return request.record.compilers?.findsPlugins == true ? nil : "the tools tree's cannot find its own plugins"
    }

    /// Whether two compilers proper look for headers in the same directories of the root.
    private func searchesAlike(_ path: String, _ native: String, _ version: String) -> Bool {
        guard let other = request.record.compilers?.headers[native],
            let own = bytes(path).flatMap(ELFProgram.init(parsing:)).flatMap(HeaderDirectories.init(in:))
        else { return false }
        return own.resolved(in: root.tree, triplet: request.architecture.triplet, version: version) == other
    }

    /// Whether the root's own driver, at `path`, is made for offloading and the native one is not.
    func tellsOffloading(_ path: String, _ native: String) -> Bool {
        guard request.record.compilers?.drivers[native] == false else { return false }
        return bytes(path).map(CompilerDriver.tellsOffloading) ?? true
    }

    /// Of the root.
    private func bytes(_ path: String) -> [UInt8]? {
        try? root.tree.openInRoot(path).readToEnd(of: root.tree.path.appending(path))
    }
}

extension AccelerationRequest {
    /// The drivers of the tools tree's compilers, made over to say of themselves what the root's own do, by name and
    /// version of gcc ("gcc-12"): those where that is possible. To be written to files for `drivers`.
    package func answeringDrivers(_ eligibility: Eligibility) -> [String: [UInt8]] {
        guard let own = try? Directory.open(root), let other = try? Directory.open(tools),
            let manager = (try? InstalledPackages(of: own))?.manager,
            let drivers = eligibility[manager].compilers?.programs(.driver)
        else { return [:] }
        let compilers = CompilerDirectories(architecture, in: own, cross: false)
        var found: [String: [UInt8]] = [:]
        for path in compilers.paths(of: drivers) {
            guard let bytes = try? own.openInRoot(path).readToEnd(of: FilePath(path)),
                let native = try? other.openInRoot(path).readToEnd(of: FilePath(path)),
                let says = DriverIdentity(in: bytes),
                let made = DriverIdentity(in: native)?.replaced(by: says, in: native)
            else { continue }
            found[compilers.name(of: path)] = made
        }
        return found
    }
}
