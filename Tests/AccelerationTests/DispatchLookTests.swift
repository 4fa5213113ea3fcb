// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

/// What the dispatcher looks into before a native program stands in: files of arguments, scripts, directories of
/// libraries, files that must not exist.
@Suite struct DispatchLookTests {
    private let emulated = ChildProcess.End.exited(42)

    private func register(
        _ programs: AcceleratedPrograms, _ change: (inout DispatchEntry.Exceptions) throws -> Void
    ) throws {
        var entry = try programs.entry()
        try change(&entry.exceptions)
        try programs.register(DispatchTable([entry]))
    }

    private func end(_ programs: AcceleratedPrograms, _ arguments: [String]) throws -> ChildProcess.End {
        try programs.binfmt.execute([programs.program.string] + arguments).end
    }

    @Test func patternsAreThoseOfAShell() throws {
        try AcceleratedPrograms.with { programs in
            try register(programs) { $0.patterns = ["-*g*", "[0-9]*f?", "[!a]x", "--so*=n"] }
            for refused in ["-g", "-k1,1g", "--general", "1fL", "bx", "--sort=n"] {
                #expect(try end(programs, ["-c", "exit 7", refused]) == emulated, "\(refused)")
            }
            for other in ["-k1", "g", "1f", "f1L", "ax", "--sort=nn", ""] {
                #expect(try end(programs, ["-c", "exit 7", other]) == .exited(7), "\(other)")
            }
        }
    }

    @Test func filesOfArgumentsAreLookedInto() throws {
        try AcceleratedPrograms.with { programs in
            let file = programs.scratch.appending("arguments")
            try register(programs) {
                $0.patterns = ["-plugin", "-fplugin=*"]
                $0.substitutes = ["/own.so": "/native"]
                $0.readsResponses = true
                $0.together = ["-flto"]
                $0.apart = ["-c2"]
            }
            func end(_ text: String, _ more: String...) throws -> ChildProcess.End {
                try AtomicFile.write(Array(text.utf8), to: file)
                return try self.end(programs, ["-c", "exit 7", "sh", "@\(file)"] + more)
            }
            #expect(try end("a.o\n'b c.o' -o\td\\ e") == .exited(7))
            #expect(try end("a.o -fplugin=/x.so") == emulated)
            #expect(try end("a.o \"-fplugin=/x y.so\"") == emulated)
            #expect(try end("-plugin /x.so") == emulated)
            #expect(try end("-flto a.o") == emulated)
            #expect(try end("-flto a.o", "-c2") == .exited(7))
            // What versions read otherwise, and what names another file.
            #expect(try end("'a\\b'") == emulated)
            #expect(try end("@other") == emulated)
            #expect(try self.end(programs, ["-c", "exit 7", "sh", "@none"]) == .exited(7))
            // With another one in its place the arguments stand for themselves.
            try AtomicFile.write(Array("x -plugin /own.so".utf8), to: file)
            let run = try programs.binfmt.execute([programs.program.string, "-c", "echo $*", "sh", "@\(file)"])
            #expect(run.outputText == "x -plugin /native\n")
        }
    }

    @Test func scriptsAreSearchedForWhatTheMachineDecides() throws {
        try AcceleratedPrograms.with { programs in
            let script = programs.scratch.appending("script")
            try register(programs) {
                var search = DispatchEntry.ScriptSearch(texts: ["<enable -"], options: ["-o", "=--rcfile"])
                (search.conversions, search.byPrintf) = ("efg", true)
                $0.script = search
            }
            func end(_ text: String) throws -> ChildProcess.End {
                try AtomicFile.write(Array("\(text)\nexit 7\n".utf8), to: script)
                let inFile = try self.end(programs, ["-o", "nounset", script.string])
                #expect(try self.end(programs, ["-c", "\(text)\nexit 7"]) == inFile)
                return inFile
            }
            for text in [
                "printf '%.2f' 1", "enable  -f x y || :", "printf \"a;\n%5g\" 1", "x=1; printf %e 1",
                "f=%.2f; printf \"$f\" 1", "printf -v x -- $f 1; f=%e",
                // In strings that are evaluated.
                "eval 'printf '%.2f 1", "p='printf'; : $p %.2f 1", "p=\"printf \"; : $p %.2f 1",
                "p='printf -v x'\n: $p %.2f", "p='printf --'\n: $p %.2f", "eval 'printf -v y' '%.2f' 1",
                "p='printf T:'; : $p%.2f",
                // Behind a redirection, in two parts, with a length, by a variable within.
                "printf >&2 '%.2f' 1", "printf 2>&1 %.2f 1", "w=1; printf \"%${w}.2f\" 1", "printf '%lf' 1",
                "printf %Lf 1",
                "f=%.2f\nprintf \"Total: $f\" 1", "f=%.2f\nprintf '%s' \"$(printf \"$f\" 1)\"",
                "p=printf; : $p '%.2f' 1",
                "f=%.2f; x=`printf $f 1`", "printf$IFS%.2f 1", "f=%.2f; printf \\\n \"$f\" 1",
                "printf \"x$(echo \"a;b\") %.2f\" 1",
                "eval \"printf $(echo \" %.2f\") 1\"", "eval 'printf \"%s\\n\" \"%.2f\"'",
                "x=$(printf '%s' \"printf\"); : $x %.2f 1", "x=$(printf '%s' \"printf\" >&1); : $x %.2f 1",
                "printf '%s' 'printf ' >&6; : %.2f",
            ] {
                #expect(try end(text) == emulated, "\(text)")
            }
            for text in [
                "f=%s; printf $f x; printf -v y \"$f\" x", "f=; printf '%s' \"$f\"; : +%e",
                "printf '%s\\n' x", "z=; printf x; y=${z%f*}", "echo %.2f", "disable -f || :", ": --enable-f",
                "x=`printf '\\t'`; : \"rs%f\"", ": \"$0 printf.c printf-args.o\" rs%f",
                "p='printf %s\\n'\nq='printf %s'\n: \"$p rs%f\"", "p=\"printf %s\"; : \"rs%f\"",
                // As libtool reports it.
                "exec 6>/dev/null; printf \"%s\\n\" \"printf\" >&6\nx='s%a%/%f'",
            ] {
                #expect(try end(text) == .exited(7), "\(text)")
            }
        }
    }

    @Test func aWordMayStandInWhatIsSearchedFor() throws {
        try AcceleratedPrograms.with { programs in
            try register(programs) { $0.script = DispatchEntry.ScriptSearch(texts: ["<for ($ in "], options: []) }
            for text in [": 'for (key in names)'", ": '{ for  (a_1  in b) }'"] {
                #expect(try end(programs, ["-c", "\(text); exit 7"]) == emulated, "\(text)")
            }
            for text in [": 'for ( in b)'", ": 'for (i = 0; i in b;)'", ": 'afor (a in b)'", ": 'for (a inb)'"] {
                #expect(try end(programs, ["-c", "\(text); exit 7"]) == .exited(7), "\(text)")
            }
        }
    }

    @Test func aLetterMayStandBehindAPartOfAWord() throws {
        try AcceleratedPrograms.with { programs in
            try register(programs) {
                $0.script = DispatchEntry.ScriptSearch(texts: ["<declare -$A", "<declare -$ -A"], options: [])
            }
            for text in [": 'declare -gA x'", ": 'declare -AgAx'", ": 'declare -g  -A x'"] {
                #expect(try end(programs, ["-c", "\(text); exit 7"]) == emulated, "\(text)")
            }
            for text in [": 'declare -A x'", ": 'declare -g x A'", ": 'declare - A'"] {
                #expect(try end(programs, ["-c", "\(text); exit 7"]) == .exited(7), "\(text)")
            }
        }
    }

    @Test func scriptsThatOnlyTheProgramFindsLeadToEmulation() throws {
        try AcceleratedPrograms.with { programs in
            let script = programs.scratch.appending("script")
            try AtomicFile.write(Array("exit 7\n".utf8), to: script)
            var search = DispatchEntry.ScriptSearch(texts: ["bad"], options: ["-o"])
            try register(programs) { $0.script = search }
            #expect(try end(programs, [script.string]) == .exited(7))
            // By PATH, say.
            #expect(try end(programs, ["nosuch"]) == emulated)
            // Behind an option among others: the shell's -e stands for awk's -f.
            (search.byOption, search.options) = (true, ["=-e", "-o"])
            try register(programs) { $0.script = search }
            #expect(try end(programs, ["-ue", script.string]) == emulated)
            for other in [["-u", script.string], ["-uo", "nounset", script.string], ["--", script.string]] {
                #expect(try end(programs, other) == .exited(7), "\(other)")
            }
        }
    }

    @Test func aShellsEnvironmentIsSearchedToo() throws {
        try AcceleratedPrograms.with { programs in
            var search = DispatchEntry.ScriptSearch(texts: [], options: [])
            (search.conversions, search.byPrintf) = ("f", true)
            try register(programs) { $0.script = search }
            func end(_ variable: String) throws -> ChildProcess.End {
                try programs.binfmt.execute(["env", variable, programs.program.string, "-c", "exit 7"]).end
            }
            #expect(try end("BASH_FUNC_show%%=() { printf %.2f \"$1\"; }") == emulated)
            #expect(try end("PS4=$(printf '%4f ' 1)") == emulated)
            #expect(try end("BASH_FUNC_show%%=() { printf %s \"$1\"; }") == .exited(7))
            search.byPrintf = nil
            try register(programs) { $0.script = search }
            #expect(try end("FORMAT=%f") == .exited(7))
        }
    }

    @Test func aLibraryOfTheProgramsInTheUsersDirectoriesLeadsToEmulation() throws {
        try AcceleratedPrograms.with { programs in
            try register(programs) { $0.libraries = ["libown.so.1"] }
            let (none, own) = (programs.scratch.appending("none"), programs.scratch.appending("own"))
            for directory in [none, own] { try directory.makeDirectories() }
            func end(_ path: String) throws -> ChildProcess.End {
                let variable = "LD_LIBRARY_PATH=\(path)"
                return try programs.binfmt.execute(["env", variable, programs.program.string, "-c", "exit 7"]).end
            }
            #expect(try end("\(none):\(own)") == .exited(7))
            try AtomicFile.write([], to: own.appending("libown.so.1"))
            #expect(try end("\(none):\(own)") == emulated)
            #expect(try end("\(none)") == .exited(7))
            #expect(try end("\(none):/opt/$LIB") == emulated)
        }
    }

    @Test func aFileThatComesToExistLeadsToEmulation() throws {
        try AcceleratedPrograms.with { programs in
            let (one, all) = (programs.scratch.appending("one"), programs.scratch.appending("all"))
            var entry = try programs.entry()
            entry.exceptions.changes = [one: FileState?.none]
            try programs.register(DispatchTable([entry], changes: [all: FileState?.none]))
            for path in [one, all] {
                #expect(try programs.run("exit 7").end == .exited(7))
                try AtomicFile.write([], to: path)
                #expect(try programs.run("exit 7").end == emulated)
                try Directory.open(programs.scratch).unlink(path == one ? "one" : "all")
            }
        }
    }
}
