// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Glibc
internal import SystemPackage

/// Whether runs have a user namespace.
package enum Isolation: String, CaseIterable, Sendable {
    case full
    /// Root continues without one: for containers that provide the isolation.
    case none
}

extension Identity {
    /// The calling user's identity: all ids as root; its own id as 0 and subordinate ids from 1 on if `/etc/subuid` and
    /// `/etc/subgid` list any (subuid(5)); else only its own id. With `isolation` none root stays root, outside any
    /// user namespace; for others that is an error.
    package static func ofCaller(_ isolation: Isolation = .full) throws(SandboxError) -> Identity {
        let user = geteuid()
        let group = getegid()
        if isolation == .none {
            guard user == 0 else { throw SandboxError(.isolationNeeded, "", .notPermitted) }
            return .host
        }
        if user == 0 {
            guard kernelHasUserNamespaces() else { throw SandboxError(.namespacesDenied, "", .noSpace) }
            // In a container root may have only some ids: those keep their numbers.
            return .direct(users: own("/proc/self/uid_map"), groups: own("/proc/self/gid_map"))
        }
        let name = accountName(user)
        let users = subordinates("/etc/subuid", user: user, name: name)
        let groups = subordinates("/etc/subgid", user: user, name: name)
        guard !users.isEmpty, !groups.isEmpty else {
            return .direct(
                users: [IdentityRange(inside: 0, outside: user, count: 1)],
                groups: [IdentityRange(inside: 0, outside: group, count: 1)])
        }
        return .subordinate(users: above(user, users), groups: above(group, groups))
    }

    /// `own` as 0, then the ranges one after the other from 1 on, as far as there are numbers.
    static func above(_ own: UInt32, _ ranges: [(start: UInt32, count: UInt32)]) -> [IdentityRange] {
        var map = [IdentityRange(inside: 0, outside: own, count: 1)]
        var next: UInt32 = 1
        for range in ranges {
            // 2^32 - 1 is no id.
            let count = min(range.count, .max - next, .max - range.start)
            guard count > 0 else { continue }
            map.append(IdentityRange(inside: next, outside: range.start, count: count))
            next += count
        }
        return map
    }

    /// The ranges of subuid(5) in `bytes`: of one user, by name or number, or of all.
    static func subordinates(
        parsing bytes: [UInt8], isFor: (String) -> Bool = { _ in true }
    ) -> [(start: UInt32, count: UInt32)] {
        Account.entries(String(decoding: bytes, as: UTF8.self)).compactMap { fields in
            guard fields.count == 3, isFor(fields[0]), let start = UInt32(fields[1]), let count = UInt32(fields[2]),
                count > 0
            else { return nil }
            return (start, count)
        }
    }

    private static func subordinates(
        _ path: FilePath, user: UInt32, name: String?
    ) -> [(start: UInt32, count: UInt32)] {
        guard let bytes = try? path.readFile() else { return [] }
        return subordinates(parsing: bytes) { $0 == name || $0 == String(user) }
    }

    private static func kernelHasUserNamespaces() -> Bool {
        guard let limit = try? FilePath("/proc/sys/user/max_user_namespaces").readFile() else { return false }
        return limit.first != UInt8(ascii: "0")
    }

    /// Those of the user namespace that this process is in; ids there are their own.
    static func ownGroups() -> [IdentityRange] { own("/proc/self/gid_map") }

    private static func own(_ path: FilePath) -> [IdentityRange] {
        let text = (try? path.readFile()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let ranges: [IdentityRange] = text.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            return numbers.count == 3
                ? IdentityRange(inside: numbers[0], outside: numbers[0], count: numbers[2]) : nil
        }
        return ranges.isEmpty ? [IdentityRange(inside: 0, outside: 0, count: .max)] : ranges
    }
}

/// The name of a user of the host; nil where it has none.
func accountName(_ user: uid_t) -> String? {
    guard let entry = unsafe getpwuid(user), let name = unsafe entry.pointee.pw_name else { return nil }
    return unsafe String(cString: name)
}
