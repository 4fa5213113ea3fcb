// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What directories get when everything in them is made: filling one changes its times, and its mode may forbid it.
struct DirectoryMetadata {
    struct Values {
        let permissions: mode_t
        let owner: (user: uid_t, group: gid_t)?
        let times: (timespec, timespec)
        let attributes: [(name: String, value: [UInt8])]
    }

    private var values: [EntryName: Values] = [:]

    func contains(_ name: EntryName) -> Bool {
        values[name] != nil
    }

    /// A directory that comes twice has what came last.
    mutating func set(_ name: EntryName, _ new: Values) {
        values[name] = new
    }

    /// Children before parents, neighbours together.
    var deepestFirst: [(EntryName, Values)] {
        values.sorted { $1.key.bytes.lexicographicallyPrecedes($0.key.bytes) }.map { ($0.key, $0.value) }
    }
}
