// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

extension AccelerationPlan {
    /// Decides, from what is in the root and in the tools tree, what runs natively. Changes nothing.
    ///
    /// Throws where nothing can: the root has no package database, or libraries of the host's architecture of its own
    /// where those of the tools tree would have to be.
    package static func make(
        _ request: AccelerationRequest, _ eligibility: Eligibility
    ) throws(AccelerationError) -> AccelerationPlan {
        var pairing = try ProgramPairing(request, eligibility)
        if request.mode == .full { pairing.pair() }
        var plan = pairing.plan
        guard !plan.entries.isEmpty else {
            throw AccelerationError(
                "\(request.root) cannot be accelerated", cause: plan.fallbacks.first.map(\.reason),
                remedy: "bring it up to date with its package manager")
        }
        plan.mounts = try mounts(request)
        return plan
    }

    private static func mounts(_ request: AccelerationRequest) throws(AccelerationError) -> [Mount] {
        let libraries = "/usr/lib/\(request.host.triplet)"
        do throws(FilesystemError) {
            let root = try Directory.open(request.root)
            for path in [request.host.loader, libraries] where try root.holdsSomething(at: path) {
                throw FilesystemError("accelerate what has libraries of this machine in it:", request.root, .fileExists)
            }
            let tools = try Directory.open(request.tools)
            return [
                Mount(request.tools, at: toolsDirectory),
                Mount(try tools.realPath(of: request.host.loader), at: FilePath(request.host.loader)),
                Mount(try tools.realPath(of: libraries), at: FilePath(libraries)),
            ]
        } catch {
            throw AccelerationError(error)
        }
    }
}
