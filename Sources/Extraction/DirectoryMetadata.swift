// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What directories get when everything in them is made: filling one changes its times, and its mode may forbid it.
///
/// Kept as a tree, so that what it takes grows with the number of directories and not with the length of their paths.
struct DirectoryMetadata {
    struct Values {
        let permissions: mode_t
        let owner: (user: uid_t, group: gid_t)?
        let times: (timespec, timespec)
        let attributes: [(name: String, value: [UInt8])]
    }

    private struct Node {
        let parent: Int
        let name: [CChar]
        var values: Values?
    }

    private struct Child: Hashable {
        let parent: Int
        let name: [CChar]
    }

    /// The root first; parents before their children.
    private var nodes = [Node(parent: -1, name: [], values: nil)]
    private var children: [Child: Int] = [:]
    /// The name looked for last, and the nodes of its components but the last: neighbours share them.
    private var known: (name: EntryName, nodes: [Int])?

    mutating func contains(_ name: EntryName) -> Bool {
        nodes[node(name)].values != nil
    }

    /// A directory that comes twice has what came last.
    mutating func set(_ name: EntryName, _ new: Values) {
        nodes[node(name)].values = new
    }

    private mutating func node(_ name: EntryName) -> Int {
        guard !name.isRoot else { return 0 }
        let depth = name.parentDepth
        // Taken out, or appending to it would copy it.
        var path: [Int] = []
        if let known {
            path = known.nodes
            self.known = nil
            path.removeSubrange(name.commonComponents(with: known.name, limit: min(path.count, depth))...)
        }
        for level in path.count..<depth {
            path.append(child(Array(name.component(level)), of: path.last ?? 0))
        }
        let found = child(Array(name.component(depth)), of: path.last ?? 0)
        known = (name, path)
        return found
    }

    private mutating func child(_ name: [CChar], of parent: Int) -> Int {
        let key = Child(parent: parent, name: name)
        if let found = children[key] { return found }
        nodes.append(Node(parent: parent, name: name, values: nil))
        children[key] = nodes.count - 1
        return nodes.count - 1
    }

    /// Calls `body` for each, children before parents, neighbours together.
    func forEach<Failure>(_ body: (EntryName, Values) throws(Failure) -> Void) throws(Failure) {
        for index in nodes.indices.reversed() {
            guard let values = nodes[index].values else { continue }
            var components: [[CChar]] = []
            var place = index
            while place > 0 {
                components.append(nodes[place].name)
                place = nodes[place].parent
            }
            try body(EntryName(components: components.reversed()), values)
        }
    }
}
