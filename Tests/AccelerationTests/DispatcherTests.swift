// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Emulation
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

/// The dispatcher, started by the kernel.
@Suite struct DispatcherTests {
    /// How the foreign program ends.
    private let emulated = ChildProcess.End.exited(42)

    @Test func theNativeProgramRunsInPlaceOfTheListedOneOnly() throws {
        try AcceleratedPrograms.with { programs in
            let other = programs.scratch.appending("other")
            try installProgram(try programs.program.readFile(), at: other)
            try programs.register(DispatchTable([try programs.entry()]))
            #expect(try programs.run("exit 7").end == .exited(7))
            #expect(try programs.run("exit 7", by: other).end == emulated)
            try programs.register(DispatchTable([]))
            #expect(try programs.run("exit 7").end == emulated)
        }
    }

    @Test func argumentsEnvironmentAndDescriptorsAreAsTheCallerGaveThem() throws {
        try AcceleratedPrograms.with { programs in
            try programs.register(DispatchTable([try programs.entry()]))
            let said = try programs.binfmt.execute(
                [
                    programs.program.string, "-c", #"printf '<%s>' "$0" "$@" "$V"; ls /proc/self/fd"#, "name", "",
                    "a b",
                ], environment: ["V=w x"]
            ).outputText
            let plain = try programs.binfmt.execute(
                ["/bin/sh", "-c", #"printf '<%s>' "$0" "$@" "$V"; ls /proc/self/fd"#, "name", "", "a b"],
                environment: ["V=w x"]
            ).outputText
            #expect(said == plain)
            #expect(said.hasPrefix("<name><><a b><w x>"))
            // What exec(3) callers put into argv[0] arrives.
            let zero = try programs.binfmt.execute(
                ["bash", "-c", "exec -a other \(programs.program) -c 'cat /proc/$$/cmdline'"]
            ).output
            #expect(zero.starts(with: Array("other\0-c\0".utf8)))
        }
    }

    @Test func linksScriptsAndRelativePathsLeadToIt() throws {
        try AcceleratedPrograms.with { programs in
            try programs.register(DispatchTable([try programs.entry()]))
            let directory = try Directory.open(programs.scratch)
            try directory.makeSymbolicLink("link", to: "sh")
            #expect(try programs.run("exit 7", by: programs.scratch.appending("link")).end == .exited(7))
            let script = programs.scratch.appending("script")
            try AtomicFile.write(
                Array("#!\(programs.program)\nexit $(($# + 10))\n".utf8), to: script,
                permissions: [.ownerReadWriteExecute])
            #expect(try programs.binfmt.execute([script.string, "a", "b"]).end == .exited(12))
            #expect(
                try programs.binfmt.execute(["sh", "-c", "cd \(programs.scratch) && exec ./sh -c 'exit 7'"]).end
                    == .exited(7))
        }
    }

    @Test func aFileThatChangedIsEmulatedFromThenOn() throws {
        try AcceleratedPrograms.with { programs in
            func isNative() throws -> Bool { try programs.run("exit 7").end == .exited(7) }
            let bytes = try programs.program.readFile()
            func renew() throws { try programs.register(DispatchTable([try programs.entry()])) }
            try renew()
            #expect(try isNative())
            // Another file of that name, as a package upgrade does it.
            try installProgram(bytes, at: programs.program)
            #expect(try !isNative())
            try renew()
            #expect(try isNative())
            // The same file, written to, its time of modification set back.
            _ = try programs.binfmt.execute([
                "sh", "-c",
                "cp -p \"$1\" \"$1.old\" && cat \"$1.old\" >\"$1\" && touch -r \"$1.old\" \"$1\"", "sh",
                programs.program.string,
            ])
            #expect(try !isNative())
        }
    }

    @Test func anotherNativeProgramThanExpectedIsNotExecuted() throws {
        try AcceleratedPrograms.with { programs in
            let native = programs.scratch.appending("native")
            func install(_ text: String) throws {
                try installProgram(Array(text.utf8), at: native)
            }
            try install("#!/bin/sh\nexit 7\n")
            try programs.register(DispatchTable([try programs.entry(native)]))
            #expect(try programs.run("").end == .exited(7))
            try install("#!/bin/sh\nexit 8\n")
            #expect(try programs.run("").end == emulated)
            try Directory.open(programs.scratch).unlink("native")
            #expect(try programs.run("").end == emulated)
            // There, and not to be executed: no program at all.
            try install("nothing\n")
            try programs.register(DispatchTable([try programs.entry(native)]))
            #expect(try programs.run("").end == emulated)
        }
    }

    @Test func processesWithLibrariesToPreloadAreEmulated() throws {
        try AcceleratedPrograms.with { programs in
            try programs.register(DispatchTable([try programs.entry()]))
            // Those of the emulator have it do what is not waited for here.
            for variable in DispatchTable.variables where !variable.hasPrefix("QEMU_") {
                // Set for the program alone: the machine's own env is not to see it.
                let name = variable.prefix { $0 != "=" }
                let command = ["env", "\(name)=/lib/none.so", programs.program.string, "-c", "exit 7"]
                #expect(try programs.binfmt.execute(command).end == emulated)
                guard name == variable else { continue }
                let empty = ["env", "\(variable)=", programs.program.string, "-c", "exit 7"]
                #expect(try programs.binfmt.execute(empty).end == .exited(7))
            }
            #expect(try programs.run("exit 7", environment: ["XLD_PRELOAD=a", "LD_PRELOADX=b"]).end == .exited(7))
        }
    }

    @Test func onlyLibrariesThatHaveNativeCounterpartsMayBePreloaded() throws {
        try AcceleratedPrograms.with { programs in
            let preloads = PreloadedLibraries(names: ["libx.so", "liby.so"], searchPath: "/own:")
            try programs.register(DispatchTable([try programs.entry()], preloads: preloads))
            func end(_ library: String, _ path: String?) throws -> ChildProcess.End {
                let variables = ["LD_PRELOAD=\(library)"] + (path.map { ["LD_LIBRARY_PATH=\($0)"] } ?? [])
                return try programs.binfmt.execute(["env"] + variables + [programs.program.string, "-c", "exit 7"]).end
            }
            for library in ["libx.so", "liby.so"] { #expect(try end(library, "/own:/lib64") == .exited(7)) }
            for library in ["libz.so", "lib", "libx.so:liby.so", "/own/libx.so", "libx.so "] {
                #expect(try end(library, "/own:/lib64") == emulated, "\(library)")
            }
            // Elsewhere it may be another one.
            for path in [nil, "", "/ow", "/other:/own:", "/own2:"] { #expect(try end("libx.so", path) == emulated) }
            #expect(try end("", "/other") == .exited(7))
        }
    }

    /// As qemu does, in reverse and with the last of each name only.
    @Test func theEnvironmentHasTheOrderThatItHasEmulated() throws {
        try AcceleratedPrograms.with { programs in
            try programs.register(DispatchTable([try programs.entry("/usr/bin/cat")]))
            let execute = """
                import ctypes
                strings = [b"A=1", b"B=2", b"AB=3", b"A=4", b"none", b"C="]
                pointers = (ctypes.c_char_p * 7)(*strings, None)
                arguments = (ctypes.c_char_p * 3)(b"cat", b"/proc/self/environ", None)
                ctypes.CDLL(None).execve(path.encode(), arguments, pointers)
                """
            #expect(try programs.python(execute).outputText == "C=\0A=4\0AB=3\0B=2\0")
        }
    }

    @Test func entriesSetVariablesThatAreNotSet() throws {
        try AcceleratedPrograms.with { programs in
            let entry = try programs.entry(environment: ["HOSTTYPE=aarch64", "A=", "B=2"])
            try programs.register(DispatchTable([entry]))
            #expect(try programs.run("env; echo $HOSTTYPE").outputText.split(separator: "\n").last == "aarch64")
            let said = try programs.run("env", environment: ["B=3", "HOSTTYPEX=1"]).outputText.split(separator: "\n")
            #expect(said.filter { $0.hasPrefix("B=") } == ["B=3"])
            #expect(said.filter { $0.hasPrefix("HOSTTYPE=") } == ["HOSTTYPE=aarch64"])
            #expect(said.filter { $0.hasPrefix("A=") } == ["A="])
        }
    }

    @Test func aProgramThatIsManyIsEligibleByName() throws {
        try AcceleratedPrograms.with { programs in
            let entry = try programs.entry(when: .called(own: "sh", names: ["ash", "-c"]))
            try programs.register(DispatchTable([entry]))
            let directory = try Directory.open(programs.scratch)
            for name: FilePath.Component in ["ash", "uname"] { try directory.makeSymbolicLink(name, to: "sh") }
            #expect(try programs.run("exit 7", by: programs.scratch.appending("ash")).end == .exited(7))
            #expect(try programs.run("exit 7", by: programs.scratch.appending("uname")).end == emulated)
            // By its own name the first argument counts.
            #expect(try programs.run("exit 7").end == .exited(7))
            #expect(try programs.binfmt.execute([programs.program.string, "uname"]).end == emulated)
            #expect(try programs.binfmt.execute([programs.program.string]).end == emulated)
        }
    }

    @Test func anInterpreterIsEligibleForListedScripts() throws {
        try AcceleratedPrograms.with { programs in
            let good = programs.scratch.appending("good")
            let bad = programs.scratch.appending("bad")
            for script in [good, bad] {
                try installProgram(
                    Array("#!\(programs.program) -e\nexit 7\n".utf8), at: script)
            }
            let interpreter = try AcceleratedPrograms.state(programs.program)
            try programs.register(
                DispatchTable([
                    try programs.entry(when: .givenScript(options: ["-e"], start: [], examined: [])),
                    DispatchEntry(try AcceleratedPrograms.state(good), .script(interpreter: interpreter)),
                ]))
            let shell = programs.program.string
            #expect(try programs.binfmt.execute([good.string]).end == .exited(7))
            #expect(try programs.binfmt.execute([bad.string]).end == emulated)
            #expect(try programs.binfmt.execute([shell, good.string]).end == .exited(7))
            #expect(try programs.binfmt.execute([shell, "-e", "-x", good.string]).end == emulated)
            #expect(try programs.binfmt.execute([shell, "-c", "exit 7"]).end == emulated)
            #expect(try programs.binfmt.execute([shell]).end == emulated)
        }
    }

    @Test func anInterpreterIsGivenAnotherScriptBeforeThose() throws {
        try AcceleratedPrograms.with { programs in
            let (start, script) = (programs.scratch.appending("start"), programs.scratch.appending("script"))
            try AtomicFile.write(Array(#"echo "$-|$0|$*""#.utf8), to: start)
            try installProgram(Array("#!\(programs.program) -e\n".utf8), at: script)
            let interpreter = try AcceleratedPrograms.state(programs.program)
            let listed = DispatchEntry(try AcceleratedPrograms.state(script), .script(interpreter: interpreter))
            let when = DispatchEntry.Condition.givenScript(options: ["-e"], start: [start.string], examined: [])
            try programs.register(DispatchTable([try programs.entry(when: when, environment: ["A=1"]), listed]))
            #expect(try programs.binfmt.execute([script.string, "a b"]).outputText == "e|\(start)|\(script) a b\n")
            let called = try programs.binfmt.execute([programs.program.string, script.string])
            #expect(called.outputText == "|\(start)|\(script)\n")

            // What cannot be executed leaves the arguments as they were.
            guard let writer = programs.argumentWriter else { return }
            try installProgram(writer, at: programs.program)
            let none = programs.scratch.appending("none")
            try installProgram(Array("none".utf8), at: none)
            let other = try AcceleratedPrograms.state(programs.program)
            try programs.register(
                DispatchTable([
                    try programs.entry(none, when: when, environment: ["A=1"]),
                    DispatchEntry(try AcceleratedPrograms.state(script), .script(interpreter: other)),
                ]))
            let child = try programs.binfmt.execute(["bash", "-c", "exec -a own \(programs.program) -e \(script) a"])
            #expect(child.output == Array("own\0-e\0\(script)\0a\0".utf8))
        }
    }

    @Test func anInterpreterIsGivenOtherArgumentsBeforeWhatHasToBeExamined() throws {
        try AcceleratedPrograms.with { programs in
            let (start, script) = (programs.scratch.appending("start"), programs.scratch.appending("script"))
            try AtomicFile.write(Array(#"echo "$*""#.utf8), to: start)
            try installProgram(Array("#!\(programs.program)\n".utf8), at: script)
            let when = DispatchEntry.Condition.givenScript(
                options: [], start: [start.string, "reviewed"], examined: [start.string, "unknown"])
            let entry = try programs.entry(when: when)
            let shell = programs.program.string
            let interpreter = try AcceleratedPrograms.state(programs.program)
            let listed = DispatchEntry(try AcceleratedPrograms.state(script), .script(interpreter: interpreter))
            for (entries, word) in [([entry], "unknown"), ([entry, listed], "reviewed")] {
                try programs.register(DispatchTable(entries))
                #expect(try programs.binfmt.execute([script.string, "a b"]).outputText == "\(word) \(script) a b\n")
                for words in [["-c", "exit 7"], ["-m", "name", "-x"]] {
                    let child = try programs.binfmt.execute([shell] + words)
                    #expect(child.outputText == "unknown \(words.joined(separator: " "))\n")
                }
                let others = [
                    [], ["-c"], ["-"], ["-s", script.string], ["-cexit 7"], [""], [programs.scratch.string],
                    ["/dev/null"],
                    [programs.scratch.appending("missing").string],
                ]
                for words in others { #expect(try programs.binfmt.execute([shell] + words).end == emulated) }
            }
        }
    }

    @Test func whatIsEmulatedGetsTheArgumentsThatItsCallerGave() throws {
        try AcceleratedPrograms.with { programs in
            guard let writer = programs.argumentWriter else { return }
            let path = programs.scratch.appending("writer")
            try installProgram(writer, at: path)
            // Something that no kernel executes stands in for it, with variables of its own.
            let none = programs.scratch.appending("none")
            try installProgram(Array("none".utf8), at: none)
            let failing = try programs.entry(none, for: path, environment: ["A=1", "B=2"])
            for (entries, environment) in [([], nil), ([], "QEMU_CPU=max"), ([failing], "QEMU_CPU=max")] {
                try programs.register(DispatchTable(entries, interpreterEnvironment: environment))
                let child = try programs.binfmt.execute(["bash", "-c", "exec -a own \(path) '' 'a b'"])
                #expect(child.end == emulated)
                #expect(child.output == Array("own\0\0a b\0".utf8))
            }
            // The variable arrives where it is not set, and only there.
            try programs.register(DispatchTable([], interpreterEnvironment: "QEMU_CPU=no-such-cpu"))
            #expect(try programs.binfmt.execute([path.string]).end != emulated)
            #expect(try programs.binfmt.execute([path.string], environment: ["QEMU_CPU=max"]).end == emulated)
        }
    }

    @Test func argumentListsMayBeLong() throws {
        try AcceleratedPrograms.with { programs in
            try programs.register(
                DispatchTable(
                    [try programs.entry(environment: ["A=1", "B=2", "C=3"])], interpreterEnvironment: "QEMU_CPU=max"))
            // Strings and pointers: 1.4 MB of the 2 MB that the kernel allows.
            let call = "exec \"$@\" $(seq 1 100000)"
            let native = try programs.binfmt.execute(
                ["sh", "-c", call, "sh", programs.program.string, "-c", "echo $# $A$B$C"])
            #expect(native.outputText == "99999 123\n")
            guard let writer = programs.argumentWriter else { return }
            let path = programs.scratch.appending("writer")
            try installProgram(writer, at: path)
            let emulated = try programs.binfmt.execute(["sh", "-c", call, "sh", path.string])
            #expect(emulated.output.split(separator: 0).last == Array("100000".utf8)[...])
            #expect(emulated.output.split(separator: 0).count == 100_001)
        }
    }

    @Test func programsWithoutAPathAreExecutedToo() throws {
        try AcceleratedPrograms.with { programs in
            try programs.register(DispatchTable([try programs.entry()]))
            // By descriptor, and after it was deleted: its identity is the same.
            let script = #"exec 9<"$1" && rm "$1" && exec /proc/self/fd/9 -c 'exit 7'"#
            let copy = programs.scratch.appending("copy")
            try installProgram(try programs.program.readFile(), at: copy)
            #expect(try programs.binfmt.execute(["bash", "-c", script, "bash", copy.string]).end == emulated)
            let link = try programs.binfmt.execute([
                "bash", "-c", #"exec 9<"$1" && exec /proc/self/fd/9 -c 'exit 7'"#, "bash", programs.program.string,
            ])
            #expect(link.end == .exited(7))
            // In a root of its own, where nothing of the host is to be seen.
            let root = try programs.binfmt.execute(["unshare", "--root=\(programs.scratch)", "/sh", "-c", "exit 7"])
            #expect(root.end == emulated)
        }
    }
}
