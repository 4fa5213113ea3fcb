// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
package import SystemPackage

/// Starts the loader of every program of a tools tree as it is started in a run, in a root that has nothing else in it,
/// and has it say which libraries it finds (ld.so(8), LD_TRACE_LOADED_OBJECTS).
///
/// `script` is executed by the tree's own shell, with `list` on standard input; `record` is completed with its output.
package struct LoaderProof: Sendable {
    private let host: Architecture
    /// Programs with a loader, and libraries that programs load by themselves; absolute in the tree.
    private let subjects: [String]
    /// Programs without a loader, which have nothing to be found.
    private let statics: [String]

    init(_ subjects: [String], statics: [String] = [], host: Architecture) {
        (self.subjects, self.statics) = (subjects.sorted(), statics)
        self.host = host
    }

    /// A shell script without arguments.
    package static let script = """
        tools=\(AccelerationPlan.toolsDirectory) loader=\(ToolsRelocation.loader)
        # musl's heeds no variable.
        case $("$loader" --version 2>&1) in *musl*) musl=yes ;; *) musl= ;; esac
        while IFS= read -r path; do
            echo "= $path"
            case $musl$path in
            yes* | *.so | *.so.*) "$loader" --list "$tools$path" ;;
            *) LD_TRACE_LOADED_OBJECTS=1 LD_WARN=1 LD_BIND_NOW=1 "$tools$path" ;;
            esac < /dev/null 2>&1
            echo "# $?"
        done

        """

    /// There is nothing that has a loader.
    package var isEmpty: Bool { subjects.isEmpty }

    /// One path a line.
    package var list: String { subjects.map { "\($0)\n" }.joined() }

    /// Puts what the script printed into `record`: what is not whole is refused.
    package func complete(_ record: inout ToolsRecord, with output: String, tree path: FilePath) {
        var found: [String: [String]] = [:]
        var subject: String?
        var lines: [String] = []
        for line in output.split(separator: "\n").map(String.init) {
            if line.hasPrefix("= ") {
                (subject, lines) = (String(line.dropFirst(2)), [])
            } else if line.hasPrefix("# "), let name = subject {
                switch Self.libraries(lines, status: line.dropFirst(2)) {
                case .success(let libraries): found[name] = libraries
                case .failure(let fault): record.refuse(name, fault.reason)
                }
                subject = nil
            } else {
                lines.append(line)
            }
        }
        for name in statics { record.programs[name] = ToolsRecord.Program() }
        var imports = ImportedNames(path, host: host)
        for name in subjects {
            guard let libraries = found[name] else {
                record.refuse(name, "cannot start its loader")
                continue
            }
            var program = ToolsRecord.Program()
            program.libraries = libraries
            program.looksUpNames = imports.lookUpNames(name, libraries)
            record.programs[name] = program
        }
    }

    private struct Fault: Error {
        let reason: String
    }

    /// The names of the libraries in what a loader says; or what is missing.
    private static func libraries(_ lines: [String], status: some StringProtocol) -> Result<[String], Fault> {
        var names: [String] = []
        for line in lines {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let arrow = words.firstIndex(of: "=>"), arrow + 1 < words.count else {
                // The kernel's, and the loader itself.
                if words.count == 2, words[1].hasPrefix("(0x") { continue }
                if words == ["statically", "linked"] { continue }
                return .failure(Fault(reason: "it cannot be loaded natively: \(line)"))
            }
            guard words[arrow + 1].hasPrefix("\(ToolsRelocation.directory)/") || words[0].contains("vdso") else {
                return .failure(Fault(reason: "the tools tree lacks its library \(words[0])"))
            }
            names.append(words[0])
        }
        guard status == "0" else { return .failure(Fault(reason: "it cannot be loaded natively")) }
        return .success(names.sorted())
    }
}

/// The functions that programs and libraries of a tree import, each read once.
private struct ImportedNames: ~Copyable {
    private let tree: Directory?
    private let libraries: String
    private var known: [String: Bool] = [:]

    init(_ path: FilePath, host: Architecture) {
        tree = try? Directory.open(path)
        libraries = "/usr/lib/\(host.triplet)"
    }

    /// Whether the program at `path`, or one of `libraries`, asks for names. The C library itself does not count.
    mutating func lookUpNames(_ path: String, _ libraries: [String]) -> Bool {
        if lookUpNames(path) { return true }
        for name in libraries where !name.hasPrefix("libc.") {
            if lookUpNames("\(self.libraries)/\(name)") { return true }
        }
        return false
    }

    private mutating func lookUpNames(_ path: String) -> Bool {
        if let answer = known[path] { return answer }
        var answer = false
        if let bytes = try? tree?.openInRoot(path).readToEnd(of: FilePath(path)) {
            // What cannot be read might.
            let names = ELFProgram(parsing: bytes)?.importedSymbols
            answer = names?.contains(where: Self.isLookup) ?? true
        }
        known[path] = answer
        return answer
    }

    /// Functions that nsswitch.conf(5) is about, by how their names begin.
    private static let beginnings = [
        "getpw", "getgr", "getsp", "getsg", "getserv", "gethostby", "gethostent", "getproto", "getnet", "getrpc",
        "getalias", "getether", "getaddrinfo", "getnameinfo", "initgroups", "innetgr", "setpwent", "setgrent",
        "setspent", "ether_hostton", "ether_ntohost",
    ]

    private static func isLookup(_ name: String) -> Bool {
        beginnings.contains { name.hasPrefix($0) } && name != "getproto"
    }
}
