// SPDX-License-Identifier: Apache-2.0

/// How the ids in a tree become those of its copy: a tree that was made with another map of the same subordinate ids has
/// other numbers here.
///
/// mmdebstrap and others map 0 to the first subordinate id, and podman and mangrove to the user's own.
package struct OwnerShift: Codable, Equatable, Sendable {
    /// Ids of this user namespace that are 0 in the tree.
    package let user: UInt32
    package let group: UInt32

    package init(user: UInt32 = 0, group: UInt32 = 0) {
        (self.user, self.group) = (user, group)
    }

    /// Lower ids are the caller's own: root's, too.
    func owner(_ user: UInt32, _ group: UInt32) -> (user: UInt32, group: UInt32) {
        (Self.shifted(user, by: self.user), Self.shifted(group, by: self.group))
    }

    private static func shifted(_ id: UInt32, by first: UInt32) -> UInt32 { id < first ? 0 : id - first }

    /// Extended attributes, some of which name ids: ACLs (acl(5)) and capabilities (capabilities(7)).
    func attributes(_ attributes: [(name: String, value: [UInt8])]) -> [(name: String, value: [UInt8])] {
        guard self != OwnerShift() else { return attributes }
        return attributes.map { name, value in
            switch name {
            case "system.posix_acl_access", "system.posix_acl_default": (name, accessControlList(value))
            case "security.capability": (name, capabilities(value))
            default: (name, value)
            }
        }
    }

    /// A version of four bytes; then for each entry tag and permissions of two bytes, and an id of four.
    private func accessControlList(_ value: [UInt8]) -> [UInt8] {
        var value = value
        for start in stride(from: 4, to: value.count - 7, by: 8) {
            let first: UInt32
            switch value[start] {
            case 0x02: first = user
            case 0x08: first = group
            default: continue
            }
            let id = value[(start + 4)..<(start + 8)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let shifted = Self.shifted(id, by: first)
            for byte in 0..<4 { value[start + 4 + byte] = UInt8(truncatingIfNeeded: shifted >> (8 * byte)) }
        }
        return value
    }

    /// Version 3 names whom of the user namespace they are for, in its last four bytes. Version 2, without, becomes one for
    /// the root of this user namespace when it is set.
    private func capabilities(_ value: [UInt8]) -> [UInt8] {
        guard value.count == 24, value[3] == 3 else { return value }
        let root = value[20..<24].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard root == user else { return value }
        var value = Array(value[..<20])
        value[3] = 2
        return value
    }
}
