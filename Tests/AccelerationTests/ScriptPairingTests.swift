// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

@Suite struct ScriptPairingTests {
    private static let version = "3.11.2-6"

    /// Python in both trees, the script of meson in the root.
    private static func with(
        _ architecture: Architecture = .arm64, native: String = version, tells: Bool = true,
        _ body: (PairedTrees, ToolsRecord) throws -> Void
    ) throws {
        let loader = Architecture.host.loader
        try PairedTrees.with(architecture) { trees in
            for (tree, version) in [(trees.root, version), (trees.tools, native)] {
                let program = tree == trees.root ? PairedTrees.Content.program : .programLoadedBy(loader)
                try trees.install("python3.11-minimal", version, in: tree, ["/usr/bin/python3.11": program])
                try trees.install("libpython3.11-minimal", version, in: tree, [:])
                try trees.install("libpython3.11-stdlib", version, in: tree, [:])
                try Directory.open(tree.appending("usr/bin")).makeSymbolicLink("python3", to: "python3.11")
            }
            try trees.installBoth("sed", "4.9-1", "/bin/sed")
            try trees.install("meson", "1", in: trees.root, ["/usr/bin/meson": .text("#! /usr/bin/python3\n")])
            try trees.install("other", "1", in: trees.root, ["/usr/bin/other": .text("#! /usr/bin/python3\n")])
            try AtomicFile.write(
                PairedTrees.loader(tells ? "/etc/ld.so.preload" : "/etc/other"),
                to: trees.tools.pushing(FilePath(String(loader.dropFirst()))))
            try body(trees, try trees.seal())
        }
    }

    @Test func mesonIsGivenToANativePythonThatSaysTheRootsMachine() throws {
        try Self.with { trees, record in
            let plan = try trees.plan { $0.record = record }
            #expect(plan.programs == ["/usr/bin/meson", "/usr/bin/sed"])
            let python = try #require(
                plan.entries.first { entry in
                    if case .program(let path, _, _, _) = entry.kind {
                        path.lastComponent == "python3.11"
                    } else {
                        false
                    }
                })
            guard case .program(_, _, let condition, _) = python.kind else { return }
            let place: FilePath = "/run/mangrove/m"
            let examine = ["-I", "-S", place.appending("examine.py").string]
            #expect(
                condition
                    == .givenScript(options: [], start: examine + ["reviewed"], examined: examine + ["unknown"]))
            let names: [FilePath.Component] = [
                "examine.py", "examine_asciidoc.py", "examine_code.py", "examine_setup.py", "prepare.py",
                "start.py",
            ]
            let files = names.map { place.appending($0) }
            #expect(python.exceptions.changes.keys.sorted { $0.string < $1.string } == files)
            #expect(python.exceptions.variables.contains("PYTHONHOME"))
            #expect(python.exceptions.patterns == ["runpython"])
        }
    }

    /// Its modules are the root's, or the tools tree's, which may be made for each other only.
    @Test func pythonHasToBeTheSameToThePackagesOwnVersion() throws {
        try Self.with(native: "3.11.2-7") { trees, record in
            let plan = try trees.plan { $0.record = record }
            #expect(plan.programs == ["/usr/bin/sed"])
            #expect(plan.reason("python3.11-minimal") == "version 3.11.2-6 differs from the tools tree's 3.11.2-7")
        }
    }

    @Test func pythonThatWouldSayTheHostsMachineIsEmulated() throws {
        try Self.with(tells: false) { trees, record in
            let plan = try trees.plan { $0.record = record }
            #expect(plan.programs == ["/usr/bin/sed"])
            let reason = "the native one would report the host's machine name"
            #expect(plan.reason("python3.11-minimal", "/usr/bin/python3.11") == reason)
        }
        // Words have another size, or bytes another order.
        for architecture in [Architecture.armhf, .s390x] {
            try Self.with(architecture) { trees, record in
                let programs = try trees.plan { $0.record = record }.programs
                #expect(programs == ["/usr/bin/sed"])
            }
        }
    }

    @Test func scriptsFindThemselvesAsIfNothingHadBeenBefore() throws {
        try Self.with { trees, _ in
            guard let python = try? FilePath("/usr/bin/python3").resolved() else { return }
            let text = """
                import os, sys
                import sysconfig
                print(__name__, __file__, sys.argv, sys.orig_argv[1:], sys.path[0], sys.implementation._multiarch)
                print([name for name in vars() if name in ("c", "d", "m", "prepare")], __loader__.path, __spec__)
                print([path for path in sys.path if path.endswith("lib-dynload")])
                """
            let script = trees.root.appending("script")
            try AtomicFile.write(Array(text.utf8), to: script)
            let place = trees.root.appending("machine")
            try place.makeDirectories()
            for name in ["prepare.py", "start.py"] {
                let text = try trees.tools.appending("machine/\(name)").readFile()
                try AtomicFile.write(
                    Array(String(decoding: text, as: UTF8.self).replacing("/run/mangrove/m", with: place.string).utf8),
                    to: place.appending(name))
            }
            let start = place.appending("start.py")
            let child = try ChildProcess.run(python, ["-B", start.string, script.string, "a b"])
            let lines = child.outputText.split(separator: "\n").map(String.init)
            try #require(lines.count == 3, "\(child.errorText)")
            let (path, directory) = (script.string, trees.root.string)
            #expect(
                lines[0]
                    == "__main__ \(path) ['\(path)', 'a b'] ['-B', '\(path)', 'a b'] \(directory) aarch64-linux-gnu")
            #expect(lines[1] == "[] \(path) None")
            #expect(lines[2].hasPrefix("['/run/mangrove/tools/"))
        }
    }
}
