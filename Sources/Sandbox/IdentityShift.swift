// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
internal import Emulation
internal import Filesystem
internal import Glibc
package import SystemPackage

/// Ids that own nothing on the host, for a run started by root: a process that escapes is nobody. Idmapped mounts keep
/// the ids on disk unchanged (mount_setattr(2), `MOUNT_ATTR_IDMAP`).
package enum IdentityShift {
    /// Why a run of `tree` started by root would have the host's ids; nil if it would not, and for other callers.
    /// Throws if there are no user namespaces at all.
    package static func obstacle(for tree: FilePath) throws(SandboxError) -> String? {
        SandboxPlan(root: .tree(tree), identity: try Identity.ofCaller(), command: []).shifted().sharesIds
    }

    /// The two ranges of ids inside: a range of the root's own for ids in use, and one shared by all roots for ids from
    /// archives of other machines. Numbers as systemd uses them for containers, and the free ones above ("Users,
    /// Groups, UIDs and GIDs on systemd Systems").
    static let own = (count: UInt32(0x1_0000), first: UInt32(0x8_0000), last: UInt32(0x6FFF_0000))
    static let shared = (count: UInt32(0x0FFF_0000), first: UInt32(0x7000_0000))

    /// The maps for the root with `tree`, within `available`. `isTaken` reports ids in use on the host.
    static func maps(
        for tree: FilePath, available: [IdentityRange], isTaken: (UInt32) -> Bool
    ) -> [IdentityRange]? {
        func isThere(_ first: UInt32, _ count: UInt32) -> Bool {
            available.contains {
                UInt64($0.inside) <= first && UInt64(first) + UInt64(count) <= UInt64($0.inside) + UInt64($0.count)
            }
        }
        let slots = (own.last - own.first) / own.count + 1
        let start = tree.string.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let candidates = (0..<64).lazy.map { own.first + (start &+ $0) % slots * own.count }
        guard let first = candidates.first(where: { isThere($0, own.count) && !isTaken($0) }) else { return nil }
        let range = IdentityRange(inside: 0, outside: first, count: own.count)
        guard isThere(shared.first, shared.count) else { return [range] }
        return [range, IdentityRange(inside: own.count, outside: shared.first, count: shared.count)]
    }

    /// Ids in use, according to files of the host: accounts and subordinate ranges.
    struct Taken {
        var accounts: Set<UInt32> = []
        var ranges: [(start: UInt32, count: UInt32)] = []

        /// Name services are not queried: systemd's alone takes milliseconds, for every run.
        static func onThisHost() -> Taken {
            func bytes(_ path: FilePath) -> [UInt8] { (try? path.readFile()) ?? [] }
            return Taken(
                accounts: Set(["/etc/passwd", "/etc/group"].flatMap { numbers(in: bytes($0)) }),
                ranges: ["/etc/subuid", "/etc/subgid"].flatMap { Identity.subordinates(parsing: bytes($0)) })
        }

        /// The third fields of passwd(5) and group(5).
        static func numbers(in bytes: [UInt8]) -> [UInt32] {
            Account.entries(String(decoding: bytes, as: UTF8.self)).compactMap { $0.count > 2 ? UInt32($0[2]) : nil }
        }

        /// Whether any of `own.count` ids from `first` on is in use.
        func contains(_ first: UInt32) -> Bool {
            let last = first + own.count - 1
            return accounts.contains { (first...last).contains($0) }
                || ranges.contains { $0.start <= last && UInt64($0.start) + UInt64($0.count) > first }
        }
    }
}

extension SandboxPlan {
    /// The same plan with shifted ids if possible, for root; else with the reason why not.
    package func shifted() -> SandboxPlan {
        let plan = withOtherIds()
        guard plan.isShifted, let reason = plan.obstacleToShifting() else { return plan }
        return sharingIds(reason)
    }

    /// With the host's ids, for `reason`.
    func sharingIds(_ reason: String) -> SandboxPlan {
        var plan = self
        plan.sharesIds = reason
        return plan
    }

    /// Like `shifted()`, without checking the file systems.
    func withOtherIds() -> SandboxPlan {
        guard let tree = rootPath, sharesIds == nil, case .direct(let available, let groups) = identity,
            identity.isOfRoot
        else { return self }
        var plan = self
        plan.sharesIds = plan.takeOtherIds(for: tree, available, groups)
        return plan
    }

    /// nil on success; else the reason.
    private mutating func takeOtherIds(
        for tree: FilePath, _ users: [IdentityRange], _ groups: [IdentityRange]
    ) -> String? {
        let taken = IdentityShift.Taken.onThisHost()
        guard users == groups,
            let maps = IdentityShift.maps(for: tree, available: users, isTaken: { taken.contains($0) })
        else { return "this user namespace has no free ids" }
        if let rule = rules.first(where: { !isForAll($0.listed) }) {
            return "\(rule.listed) is not executable for all users"
        }
        identity = .shifted(users: maps, groups: maps)
        return nil
    }

    /// Why the file systems of a plan with shifted ids do not support that; nil if they do.
    private func obstacleToShifting() -> String? {
        guard let tree = rootPath, case .shifted(let maps, _) = identity else { return nil }
        let sources = steps.compactMap { if case .bind(let source, _, _, false) = $0 { source } else { nil } }
        let strings = CStrings()
        var paths = [tree] + sources
        if case .layered(_, let changes) = root { paths.append(changes) }
        var index: CInt = -1
        let lines = unsafe strings.copy(maps.map(\.description).joined(separator: "\n"))
        let places = unsafe strings.array(paths)
        let error = unsafe mg_shift_probe(
            UnsafeRawPointer(places).assumingMemoryBound(to: UnsafePointer<CChar>?.self), lines, lines, &index)
        withExtendedLifetime(strings) {}
        let path = paths.indices.contains(Int(index)) ? paths[Int(index)] : nil
        switch (error, path) {
        case (EINVAL, let path?), (EPERM, let path?): return Self.cannotShift(path)
        // If something is missing or unavailable, the run reports it: with shifted ids.
        case (0, _), (_, _?): return nil
        case (_, nil): return "cannot make a user namespace for it: \(Errno(rawValue: error))"
        }
    }

    static func cannotShift(_ path: FilePath) -> String {
        "the file system of \(path) does not support idmapped mounts in Linux \(KernelRelease.current), or is one"
    }
}

/// Whether any user may execute `program`.
private func isForAll(_ program: FilePath) -> Bool {
    var path = program
    repeat {
        var status = stat()
        guard unsafe path.withPlatformString({ unsafe stat($0, &status) }) == 0, status.st_mode & S_IXOTH != 0
        else { return false }
    } while path.removeLastComponent()
    return true
}
