// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import SystemPackage

/// The modules by which a root looks up users, groups, hosts and services (nsswitch.conf(5)): whether native programs
/// have the same.
struct NameServices {
    private static let configuration: FilePath = "/etc/nsswitch.conf"
    /// In the C library itself, or with it.
    private static let builtIn: Set<String> = ["files", "dns", "compat", "db"]

    /// The state that native programs need to look up names; a file that must not exist, if they cannot.
    let changes: [FilePath: FileState?]
    /// The modules that are not the same in both trees.
    let differing: [String]

    init(root: borrowing Directory, tools: borrowing Directory, _ request: AccelerationRequest) {
        var changes: [FilePath: FileState?] = [Self.configuration: FileState?.none]
        var differing: [String] = []
        if let file = try? root.openInRoot(Self.configuration.string),
            let status = try? file.status(of: Self.configuration),
            let bytes = try? file.readToEnd(of: Self.configuration)
        {
            changes[Self.configuration] = FileState(status, anyDevice: request.anyDevice)
            let named = Self.modules(String(decoding: bytes, as: UTF8.self)).subtracting(Self.builtIn)
            for module in named.sorted() {
                let library = "libnss_\(module).so.2"
                let own = Self.directories(request.architecture).map { "\($0)/\(library)" }
                    .filter { (try? root.openInRoot($0)) != nil }
                let isOffered = (try? tools.openInRoot("/usr/lib/\(request.host.triplet)/\(library)")) != nil
                if own.isEmpty == isOffered { differing.append(module) }
                // It may be installed while a run goes on.
                if own.isEmpty {
                    for directory in Self.directories(request.architecture) {
                        changes[FilePath("\(directory)/\(library)")] = .some(nil)
                    }
                }
            }
        }
        // No state that a file can be in.
        if !differing.isEmpty { changes["/"] = .some(nil) }
        (self.changes, self.differing) = (changes, differing)
    }

    private static func directories(_ architecture: Architecture) -> [String] {
        ["/lib/\(architecture.triplet)", "/usr/lib/\(architecture.triplet)", "/usr/local/lib"]
    }

    /// The modules that are named in the file, of all databases.
    static func modules(_ text: String) -> Set<String> {
        var found: Set<String> = []
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(separator: ":", maxSplits: 1)
            guard words.count == 2 else { continue }
            var depth = 0
            for word in words[1].split(whereSeparator: \.isWhitespace) {
                // Actions: [NOTFOUND=return].
                if word.hasPrefix("[") { depth += 1 }
                if depth == 0 { found.insert(String(word)) }
                if word.hasSuffix("]") { depth -= 1 }
            }
        }
        return found
    }
}
