// SPDX-License-Identifier: Apache-2.0

import Architectures
import Filesystem
import Fixtures
import Glibc
import Processes
import SystemPackage
import Testing

@testable import Acceleration

/// In the host's perl, whose DynaLoader hands on to dlopen(3) what it is given.
@Suite(.enabled(if: ChildProcess.find("perl") != nil, "perl is not installed"))
struct RestartLibraryTests {
    private static let script = """
        print DynaLoader::dl_load_file($ARGV[0]) ? "loaded" : DynaLoader::dl_error(); print " ", readlink "/proc/self/exe"
        """

    private func open(
        _ path: FilePath, _ answer: RestartLibrary.Answer, in scratch: FilePath
    ) throws -> String {
        let library = scratch.appending("dlopen.so")
        try AtomicFile.write(try #require(RestartLibrary(answer)).bytes, to: library)
        let environment = ["PATH=/usr/bin:/bin", "LD_PRELOAD=\(library)"]
        let child = try ChildProcess.run(
            try #require(ChildProcess.find("perl")), ["-MDynaLoader", "-e", Self.script, path.string],
            environment: environment)
        return child.outputText + child.errorText
    }

    /// One that this machine has, and one that no loader accepts.
    private func objects() throws -> (native: [UInt8], foreign: [UInt8]) {
        let native = try #require(MachineLibrary(naming: "a")).bytes
        var foreign = native
        foreign[18] = 0xF0
        return (native, foreign)
    }

    @Test func theToolsTreesObjectIsLoadedInThePlaceOfTheRoots() throws {
        try withScratchDirectory { scratch in
            let (native, foreign) = try objects()
            for name in ["root", "tools"] {
                _ = try Directory.open(scratch).makeDirectories([try #require(FilePath.Component(name))])
            }
            let answer = RestartLibrary.Answer.load(from: "\(scratch)/root/lib", to: "\(scratch)/tools/lib")
            try AtomicFile.write(foreign, to: scratch.appending("root/libx.so"))
            try AtomicFile.write(foreign, to: scratch.appending("root/only.so"))
            try AtomicFile.write(native, to: scratch.appending("tools/libx.so"))
            #expect(try open(scratch.appending("root/libx.so"), answer, in: scratch).hasPrefix("loaded"))
            #expect(try !open(scratch.appending("root/only.so"), answer, in: scratch).hasPrefix("loaded"))
            let missing = scratch.appending("root/libnone.so")
            #expect(try open(missing, answer, in: scratch).hasPrefix("\(missing): cannot open"))
        }
    }

    @Test func theProgramBeginsAnewWhereAnObjectIsAnotherMachines() throws {
        try withScratchDirectory { scratch in
            let (native, foreign) = try objects()
            try AtomicFile.write(native, to: scratch.appending("native.so"))
            try AtomicFile.write(foreign, to: scratch.appending("foreign.so"))
            let answer = RestartLibrary.Answer.restart(program: "/bin/echo")
            #expect(try open(scratch.appending("native.so"), answer, in: scratch).hasPrefix("loaded"))
            let again = "-MDynaLoader -e \(Self.script) \(scratch)/foreign.so\n"
            #expect(try open(scratch.appending("foreign.so"), answer, in: scratch) == again)
        }
    }

    /// make's own order, which it has with qsort(3), depends on whether characters have a sign.
    @Test func stringsAreSortedByCharactersWithoutASign() throws {
        guard let make = ChildProcess.find("make") else { return print("not tried here: make is not installed") }
        try withScratchDirectory { scratch in
            let (library, makefile) = (scratch.appending("sort.so"), scratch.appending("makefile"))
            let answer = RestartLibrary.Answer.restart(program: "/bin/echo", sorts: true)
            try AtomicFile.write(try #require(RestartLibrary(answer)).bytes, to: library)
            try AtomicFile.write(Array("$(info $(sort b é az a z é))\nall: ;\n".utf8), to: makefile)
            let child = try ChildProcess.run(
                make, ["-s", "-f", makefile.string], environment: ["PATH=/usr/bin:/bin", "LD_PRELOAD=\(library)"])
            #expect(child.outputText.hasPrefix("a az b z é\n"), "\(child.outputText)\(child.errorText)")
        }
    }

    /// With qsort(3) make decides which of several rules is the closest, too.
    @Test func whatIsNoStringIsSortedAsTheProgramSays() throws {
        guard let make = ChildProcess.find("make") else { return print("not tried here: make is not installed") }
        try withScratchDirectory { scratch in
            let (library, makefile) = (scratch.appending("sort.so"), scratch.appending("makefile"))
            let answer = RestartLibrary.Answer.restart(program: "/bin/echo", sorts: true)
            try AtomicFile.write(try #require(RestartLibrary(answer)).bytes, to: library)
            let rules = ["%.pc", "d/%.pc", "d/e/%.pc", "d/e/f/%.pc", "%"].map { "\($0):\n\t@echo '\($0)'\n" }
            let text = ([".SUFFIXES:\n", "all: d/e/f/x.pc d/e/x.pc d/x.pc x.pc\n"] + rules).joined(separator: "\n")
            for rules in [
                text,
                ([".SUFFIXES:\n", "all: d/e/f/x.pc d/e/x.pc d/x.pc x.pc\n"] + rules.reversed()).joined(separator: "\n"),
            ] {
                try AtomicFile.write(Array(rules.utf8), to: makefile)
                let child = try ChildProcess.run(
                    make, ["-s", "-r", "-C", scratch.string, "-f", makefile.string],
                    environment: ["PATH=/usr/bin:/bin", "LD_PRELOAD=\(library)"])
                #expect(
                    child.outputText.hasPrefix("d/e/f/%.pc\nd/e/%.pc\nd/%.pc\n%.pc\n"),
                    "\(child.outputText)\(child.errorText)")
            }
        }
    }

    private static func compute(link: FilePath) -> RestartLibrary.Answer {
        .compute(program: "/bin/echo", self: link.string, target: "aarch64-unknown-linux-gnu")
    }

    /// perl calls the C library's functions of the same names; int() calls floor(), whose result is exact.
    @Test(arguments: [("sin(2.5)", true), ("2.5 ** 0.5", true), ("log(2.5)", true), ("int(2.5)", false)])
    func theProgramBeginsAnewWhereItComputesWithTheProcessor(_ expression: String, restarts: Bool) throws {
        try withScratchDirectory { scratch in
            let library = scratch.appending("compute.so")
            let answer = Self.compute(link: scratch.appending("self"))
            try AtomicFile.write(try #require(RestartLibrary(answer)).bytes, to: library)
            let script = "print \(expression)"
            let child = try ChildProcess.run(
                try #require(ChildProcess.find("perl")), ["-e", script],
                environment: ["PATH=/usr/bin:/bin", "LD_PRELOAD=\(library)"])
            #expect(child.outputText == (restarts ? "\(script)\n" : "2"), "\(child.errorText)")
        }
    }

    /// A compiler has printed warnings by then, and prints them again.
    @Test func whatWasReportedBeforeIsReportedOnce() throws {
        try withScratchDirectory { scratch in
            let (library, program) = (scratch.appending("compute.so"), scratch.appending("emulated"))
            let again = "#!/bin/sh\nprintf 'warning: 1\\n' >&2; printf result\nprintf 'warning: 2\\n' >&2; $END\n"
            let executable = FilePermissions(rawValue: 0o755)
            let script = "$x = 2.5; syswrite STDERR, qq{warning: 1\\n}; print 'result', sin($x)"
            let answer = RestartLibrary.Answer.compute(
                program: program.string, self: "/none", target: "aarch64-unknown-linux-gnu")
            try AtomicFile.write(try #require(RestartLibrary(answer)).bytes, to: library)
            for (command, end) in [
                ("exit 3", ChildProcess.End.exited(3)), ("kill -SEGV $$", .killed(signal: SIGSEGV)), (":", .exited(0)),
            ] {
                let text = again.replacing("$END", with: command)
                try AtomicFile.write(Array(text.utf8), to: program, permissions: executable)
                let child = try ChildProcess.run(
                    try #require(ChildProcess.find("perl")), ["-e", script],
                    environment: ["PATH=/usr/bin:/bin", "LD_PRELOAD=\(library)"])
                #expect(child.outputText == "result")
                #expect(child.errorText == "warning: 1\nwarning: 2\n")
                #expect(child.end == end)
            }
        }
    }

    @Test func aProgramFindsItselfByAnotherLink() throws {
        try withScratchDirectory { scratch in
            let (library, link) = (scratch.appending("compute.so"), scratch.appending("self"))
            try AtomicFile.write(try #require(RestartLibrary(Self.compute(link: link))).bytes, to: library)
            try Directory.open(scratch).makeSymbolicLink("self", to: "/usr/lib/llvm-14/bin/clang")
            try Directory.open(scratch).makeSymbolicLink("other", to: "elsewhere")
            let child = try ChildProcess.run(
                try #require(ChildProcess.find("perl")),
                [
                    "-e", "print join ' ', map { readlink($_) // $!+0 } @ARGV", "/proc/self/exe", "\(scratch)/other",
                    "/none",
                ],
                environment: ["PATH=/usr/bin:/bin", "LD_PRELOAD=\(library)"])
            // ENOENT
            #expect(child.outputText == "/usr/lib/llvm-14/bin/clang elsewhere 2", "\(child.errorText)")
        }
    }

    /// A std::string as g++ knows it.
    @Test func theTargetIsTheRoots() throws {
        guard let compiler = ChildProcess.find("g++") else { return print("not tried here: g++ is not installed") }
        try withScratchDirectory { scratch in
            let declaration = "#include <iostream>\nnamespace llvm::sys { std::string getDefaultTargetTriple()"
            let sources = [
                "llvm.cc": "\(declaration) { return {}; } }\n",
                "a.cc": """
                #include <unistd.h>
                \(declaration); }
                int main(int count, char **) {
                    std::string name = llvm::sys::getDefaultTargetTriple();
                    name += "eabi";
                    char path[64];
                    ssize_t length = readlink("/proc/self/exe", path, 63 + count);
                    std::cout << name << name.size() << std::string(path, length);
                }

                """,
            ]
            for (name, text) in sources {
                try AtomicFile.write(Array(text.utf8), to: scratch.appending(try #require(FilePath.Component(name))))
            }
            let (llvm, program) = (scratch.appending("libllvm.so"), scratch.appending("a"))
            for arguments in [
                ["-shared", "-fPIC", "-o", llvm.string, "\(scratch)/llvm.cc"],
                ["-o", program.string, "\(scratch)/a.cc", llvm.string],
            ] {
                let made = try ChildProcess.run(
                    compiler, ["-std=c++17", "-O2", "-D_FORTIFY_SOURCE=2"] + arguments,
                    environment: ["PATH=/usr/bin:/bin"])
                try #require(made.succeeded, "\(made.errorText)")
            }
            let library = scratch.appending("compute.so")
            let answer = Self.compute(link: scratch.appending("self"))
            try Directory.open(scratch).makeSymbolicLink("self", to: "/usr/bin/own")
            try AtomicFile.write(try #require(RestartLibrary(answer)).bytes, to: library)
            let child = try ChildProcess.run(program, [], environment: ["LD_PRELOAD=\(library)"])
            #expect(child.outputText == "aarch64-unknown-linux-gnueabi29/usr/bin/own", "\(child.errorText)")
        }
    }

    @Test func pathsThatAreTooLongAreRefused() {
        let long = String(repeating: "p", count: 240)
        #expect(RestartLibrary(.restart(program: String(long.dropFirst()))) != nil)
        #expect(RestartLibrary(.restart(program: long)) == nil)
        #expect(RestartLibrary(.load(from: "/a", to: long)) == nil)
        #expect(RestartLibrary(.load(from: long, to: "/b")) == nil)
        #expect(RestartLibrary(.compute(program: "/a", self: long, target: "t")) == nil)
    }
}
