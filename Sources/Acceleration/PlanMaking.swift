// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

extension AccelerationPlan {
    /// Decides, from the contents of the root and of the tools tree, what runs natively. Changes nothing.
    ///
    /// If nothing can, the plan has no entries, and says why. Throws if one of the trees has no package database.
    package static func make(
        _ request: AccelerationRequest, _ eligibility: Eligibility
    ) throws(AccelerationError) -> AccelerationPlan {
        var pairing = try ProgramPairing(request, eligibility)
        if request.mode == .full { pairing.pair() }
        var plan = pairing.plan
        if let agreement = request.agreement { try plan.addCompilers(request, eligibility, agreement) }
        guard !plan.entries.isEmpty else { return plan }
        try plan.heedPreloading(request)
        plan.preloads = try PreloadedLibraries(request, eligibility)
        plan.mounts = try mounts(request) + plan.mounts
        return plan
    }

    /// Native programs cannot load the libraries that the root preloads into all programs (ld.so(8),
    /// /etc/ld.so.preload).
    private mutating func heedPreloading(_ request: AccelerationRequest) throws(AccelerationError) {
        let path = FilePath(ToolsRelocation.preloadList)
        let root = try AccelerationError.wrapping { () throws(FilesystemError) in try Directory.open(request.root) }
        guard let file = try? root.openInRoot(path.string) else {
            changes[path] = .some(nil)
            return
        }
        let (status, bytes) = try AccelerationError.wrapping { () throws(FilesystemError) in
            (try file.status(of: path), try file.readToEnd(of: path))
        }
        changes[path] = FileState(status, anyDevice: request.anyDevice)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.contains(where: { !$0.prefix { $0 != "#" }.allSatisfy(\.isWhitespace) }) else { return }
        (entries, programs) = ([], [])
        fall("libc6", nil, "\(path) preloads libraries into every program")
    }

    package static func mounts(_ request: AccelerationRequest) throws(AccelerationError) -> [Mount] {
        try AccelerationError.wrapping { () throws(FilesystemError) in
            let tools = try Directory.open(request.tools)
            let tree = Mount(request.tools, at: toolsDirectory)
            if let loader = try? tools.realPath(of: request.host.muslLoader) {
                let list = ToolsRelocation.muslList(request.host)
                _ = try tools.openInRoot(list)
                return [
                    tree, Mount(loader, at: ToolsRelocation.loader),
                    Mount(request.tools.appending(list), at: ToolsRelocation.directory.appending(list)),
                ]
            }
            var mounts = [
                tree, Mount(try tools.realPath(of: request.host.loader), at: ToolsRelocation.loader),
                Mount(try tools.realPath(of: "/usr/lib/\(request.host.triplet)"), at: ToolsRelocation.libraries),
            ]
            if let cache = try? tools.realPath(of: ToolsRelocation.cacheInTree.string) {
                mounts.append(Mount(cache, at: ToolsRelocation.cache))
            }
            if request.host.elf.byteOrder != request.architecture.elf.byteOrder {
                mounts.append(
                    Mount(
                        try tools.realPath(of: ToolsRelocation.systemLocales), at: ToolsRelocation.locales))
            }
            if try tools.status(of: MachineName.directory)?.kind == .directory {
                mounts.append(Mount(request.tools.appending(MachineName.directory), at: MachineName.place))
            }
            return mounts
        }
    }
}
