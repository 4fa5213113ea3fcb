// SPDX-License-Identifier: Apache-2.0

/// A range of user or group ids, inside and outside a user namespace (user_namespaces(7)).
package struct IdentityRange: Hashable, Sendable, Codable, CustomStringConvertible {
    package let inside: UInt32
    package let outside: UInt32
    package let count: UInt32

    package init(inside: UInt32, outside: UInt32, count: UInt32) {
        self.inside = inside
        self.outside = outside
        self.count = count
    }

    /// As a line of `/proc/PID/uid_map`.
    package var description: String { "\(inside) \(outside) \(count)" }
}

/// The host ids of a run's processes.
package enum Identity: Hashable, Sendable {
    /// No user namespace: the caller is root and stays it.
    case host
    /// A user namespace whose maps the caller may write itself: root with all ids, or anybody with one.
    case direct(users: [IdentityRange], groups: [IdentityRange])
    /// The same for root, with ids that own nothing on the host; mounts are to show files with them.
    case shifted(users: [IdentityRange], groups: [IdentityRange])
    /// A user namespace with subordinate ids: newuidmap(1) and newgidmap(1) write the maps.
    case subordinate(users: [IdentityRange], groups: [IdentityRange])

    /// Whether a single id is mapped: then everything inside is 0.
    package var isSingle: Bool {
        switch self {
        case .host: false
        case .direct(let users, _), .shifted(let users, _), .subordinate(let users, _):
            users.reduce(0) { $0 + UInt64($1.count) } == 1
        }
    }

    /// Whether setgroups(2) is allowed inside: not where an unprivileged process wrote the group map itself.
    package var canSetGroups: Bool { !isSingle }

    package var usesNamespace: Bool { self != .host }

    /// Whether the caller is root, with more than one id.
    var isOfRoot: Bool {
        switch self {
        case .host, .shifted: true
        case .direct: !isSingle
        case .subordinate: false
        }
    }

    var isShifted: Bool {
        if case .shifted = self { true } else { false }
    }

    /// The lines of the maps of a user namespace in this one with the same ids; nil where there is none.
    var innerMaps: (users: String, groups: String)? {
        switch self {
        case .host: nil
        case .direct(let users, let groups), .shifted(let users, let groups), .subordinate(let users, let groups):
            (Self.inner(users), Self.inner(groups))
        }
    }

    private static func inner(_ ranges: [IdentityRange]) -> String {
        ranges.map { "\($0.inside) \($0.inside) \($0.count)" }.joined(separator: "\n")
    }

    /// Whether there is such a group inside.
    func has(group: UInt32) -> Bool {
        switch self {
        case .host: Self.ownGroups().contains { group >= $0.inside && group - $0.inside < $0.count }
        case .direct(_, let groups), .shifted(_, let groups), .subordinate(_, let groups):
            groups.contains { group >= $0.inside && group - $0.inside < $0.count }
        }
    }

    /// The host's id for `user` inside; the same if it is not mapped.
    func outside(user: UInt32) -> UInt32 {
        switch self {
        case .host: return user
        case .direct(let users, _), .shifted(let users, _), .subordinate(let users, _):
            let range = users.first { user >= $0.inside && user - $0.inside < $0.count }
            return range.map { $0.outside + (user - $0.inside) } ?? user
        }
    }

    /// The id inside for the host's `user`; nil if it is not mapped.
    package func inside(user: UInt32) -> UInt32? {
        switch self {
        case .host: return user
        case .direct(let users, _), .shifted(let users, _), .subordinate(let users, _):
            return Self.inside(user, users)
        }
    }

    /// The id inside for the host's `group`; nil if it is not mapped.
    package func inside(group: UInt32) -> UInt32? {
        switch self {
        case .host: return group
        case .direct(_, let groups), .shifted(_, let groups), .subordinate(_, let groups):
            return Self.inside(group, groups)
        }
    }

    private static func inside(_ id: UInt32, _ ranges: [IdentityRange]) -> UInt32? {
        ranges.first { id >= $0.outside && id - $0.outside < $0.count }.map { $0.inside + (id - $0.outside) }
    }

    /// The ids inside for the host's `user` and `group`, each where a subordinate range begins with it; else 0.
    package func beginnings(user: UInt32, group: UInt32) -> (user: UInt32, group: UInt32) {
        guard case .subordinate(let users, let groups) = self else { return (0, 0) }
        return (
            users.first { $0.outside == user }?.inside ?? 0, groups.first { $0.outside == group }?.inside ?? 0
        )
    }
}
