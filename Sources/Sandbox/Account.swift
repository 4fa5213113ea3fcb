// SPDX-License-Identifier: Apache-2.0

/// A user of a root, from its own `/etc/passwd` and `/etc/group` (passwd(5), group(5)).
package struct Account: Hashable, Sendable {
    package let name: String
    package let user: SandboxPlan.User
    package let home: String
    package let shell: String

    /// Looks up `asked`: `NAME`, `UID` or either with `:GROUP`, a name or number.
    ///
    /// `passwd` and `group` are the files' texts. A number needs no entry. `root` needs none either: a base may be
    /// without a passwd file.
    package init(_ asked: String, passwd: String, group: String, root: String) throws(SandboxError) {
        let parts = asked.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let wanted = parts[0]
        let entry = Self.entries(passwd).first { $0.count >= 7 && ($0[0] == wanted || $0[2] == wanted) }
        let number = Self.number(entry?[2] ?? wanted) ?? (wanted == "root" ? 0 : nil)
        guard let number else { throw SandboxError(.noSuchUser(wanted), root) }
        var primary = entry.flatMap { UInt32($0[3]) } ?? number
        let groups = Self.entries(group)
        if parts.count == 2 {
            let named = groups.first { $0.count >= 3 && $0[0] == parts[1] }.flatMap { UInt32($0[2]) }
            guard let found = named ?? Self.number(parts[1]) else { throw SandboxError(.noSuchGroup(parts[1]), root) }
            primary = found
        }
        name = entry?[0] ?? (number == 0 ? "root" : String(number))
        let account = name
        let supplementary = groups.filter { fields in
            fields.count >= 4 && fields[3].split(separator: ",").contains { String($0) == account }
        }
        let all = [primary] + supplementary.compactMap { UInt32($0[2]) }.filter { $0 != primary }
        user = SandboxPlan.User(user: number, group: primary, groups: all)
        home = entry?[5] ?? (number == 0 ? "/root" : "/")
        let login = entry?[6] ?? ""
        shell = login.isEmpty ? "/bin/sh" : login
    }

    /// An id. (uid_t)-1 is none: it means "leave it as it is" to setresuid(2).
    private static func number(_ text: String) -> UInt32? {
        UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }

    /// The fields of the lines of such a file.
    static func entries(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
