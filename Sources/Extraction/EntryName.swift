// SPDX-License-Identifier: Apache-2.0

/// The name of an entry, as components below the root. Raw bytes: a name need not be UTF-8.
struct EntryName: Hashable {
    /// Why a name cannot be one below a root.
    struct Refusal: Error {
        let why: String
    }

    /// The components in order, each with a NUL after it.
    private(set) var bytes: [CChar] = []
    /// Where in `bytes` each component begins.
    private(set) var starts: [Int] = []
    private(set) var isAbsolute = false

    /// Takes a C string. A leading `/` and components `.` are left out, as tar(1) does; `..` and nothing are refused.
    init(_ name: UnsafePointer<CChar>) throws(Refusal) {
        let slash = CChar(bitPattern: UInt8(ascii: "/"))
        let dot = CChar(bitPattern: UInt8(ascii: "."))
        guard unsafe name[0] != 0 else { throw Refusal(why: "the name is empty") }
        isAbsolute = unsafe name[0] == slash
        var index = 0
        while unsafe name[index] != 0 {
            let start = index
            while unsafe name[index] != 0 && name[index] != slash { index += 1 }
            let component = unsafe UnsafeBufferPointer(start: name + start, count: index - start)
            if unsafe component.count == 2 && component[0] == dot && component[1] == dot {
                throw Refusal(why: "the name has a component \"..\"")
            }
            if unsafe !component.isEmpty && !(component.count == 1 && component[0] == dot) {
                starts.append(bytes.count)
                unsafe bytes.append(contentsOf: component)
                bytes.append(0)
            }
            while unsafe name[index] == slash { index += 1 }
        }
    }

    /// Components, each with a NUL after it.
    init(components: some Sequence<[CChar]>) {
        for component in components {
            starts.append(bytes.count)
            bytes += component
        }
    }

    /// What has the name `component`, with a NUL, in the directory of this name.
    func appending(_ component: [CChar]) -> EntryName {
        var name = self
        name.append(component)
        return name
    }

    mutating func append(_ component: [CChar]) {
        starts.append(bytes.count)
        bytes += component
    }

    /// Becomes the name of the directory above.
    mutating func removeLast() {
        if let start = starts.popLast() { bytes.removeSubrange(start...) }
    }

    /// How many components, `limit` at most, this begins with as `other` does; both have more than `limit`.
    func commonComponents(with other: EntryName, limit: Int) -> Int {
        let end = limit == 0 ? 0 : min(other.bytes.count, bytes.count)
        let same = unsafe bytes.withUnsafeBufferPointer { own in
            unsafe other.bytes.withUnsafeBufferPointer { others in
                var index = 0
                while unsafe index < end && own[index] == others[index] { index += 1 }
                return index
            }
        }
        // The last of them ends where the next begins.
        var (low, high) = (0, limit)
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= same { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// The root itself.
    var isRoot: Bool { starts.isEmpty }

    /// The number of components above the last.
    var parentDepth: Int { max(starts.count - 1, 0) }

    /// The bytes of component `index`, NUL included.
    func component(_ index: Int) -> ArraySlice<CChar> {
        bytes[starts[index]..<(index + 1 < starts.count ? starts[index + 1] : bytes.count)]
    }

    /// Component `index` for a system call.
    func withComponent<Result>(_ index: Int, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let start = starts[index]
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("a component has bytes") }
            return unsafe body(base + start)
        }
    }

    /// The last component for a system call; "." for the root itself.
    func withLast<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        isRoot ? unsafe ".".withCString(body) : unsafe withComponent(starts.count - 1, body)
    }

    /// The first `depth` components with `/` between them, and a NUL.
    func path(depth: Int) -> [CChar] {
        var path: [CChar] = []
        for index in 0..<depth {
            if index > 0 { path.append(CChar(bitPattern: UInt8(ascii: "/"))) }
            path.append(contentsOf: component(index).dropLast())
        }
        path.append(0)
        return path
    }

    /// `/usr/bin/x`: the name as seen from inside the root.
    var rooted: [UInt8] {
        [UInt8(ascii: "/")] + path(depth: starts.count).dropLast().map { UInt8(bitPattern: $0) }
    }
}
