// SPDX-License-Identifier: Apache-2.0

/// Compares the code of a root's own compilers with that of what is to stand in for them: both compile the same small
/// programs.
///
/// `script` is executed in the root twice, with the root's own programs and with the others; each prints what
/// `agreement(of:and:)` compares.
package struct CompilerCheck: Sendable {
    /// An option that changes how code is generated, and the beginning that it shares with its relatives.
    struct Option: Hashable, Sendable {
        let option: String
        let prefix: String

        /// What it changes is seen in loops that can be vectorized.
        let isOfVectors: Bool

        init(_ option: String, _ prefix: String? = nil, isOfVectors: Bool = false) {
            (self.option, self.prefix, self.isOfVectors) = (option, prefix ?? option, isOfVectors)
        }
    }

    /// Options that patches of distributions are known to have been about, or that have much code of their own.
    static let options = [
        Option("-g"), Option("-fstack-protector-strong", "-fstack-protector"), Option("-fstack-clash-protection"),
        Option("-fsanitize=address,undefined", "-fsanitize"), Option("-ftrivial-auto-var-init=zero"),
        Option("-fzero-call-used-regs=used-gpr", "-fzero-call-used-regs"),
        Option("-mbranch-protection=standard", "-mbranch-protection"),
        Option("-march=armv8.2-a+sve", "-march=armv8.2", isOfVectors: true),
        // Of other architectures; a compiler that does not know an option says so in both trees.
        Option("-marm"), Option("-mcmodel=medany", "-mcmodel"),
    ]

    /// Of those, the ones that are worth the time with C++ as well.
    private static let alsoForCxx = ["-fstack-protector-strong"]

    /// What drivers are asked about themselves, in a group of its own.
    private static let questions = [
        "--version", "-v", "-dumpmachine", "-dumpversion", "-dumpfullversion", "-print-search-dirs", "-print-multiarch",
        "-print-multi-directory", "-print-multi-lib", "-print-multi-os-directory", "-print-sysroot",
        "-print-libgcc-file-name", "-print-file-name=liblto_plugin.so", "-print-file-name=libc.so",
        "-print-prog-name=cc1", "-print-prog-name=ld", "-### c.c", "-v -### -O2 -flto -static c.c",
        "-### -shared -pg -g c.c",
    ]
    private static let answers = "answers"

    private static let levels = ["-O3", "-O2 -ffast-math -fno-pie -ftrapv -fopenmp -pg", "-O2", "-Os", "-O0"]

    /// What is known to differ between builds of one compiler, if anything does: constants folded with host arithmetic,
    /// tables, vectors, atomics, exceptions, the order of things in hash tables. "job" is a script that does what one
    /// line of the list of jobs asks for.
    private static var sources: KeyValuePairs<String, [UInt8]> {
        [
            "small.c": PackageResources.small_c, "c.c": PackageResources.c_c, "small.cc": PackageResources.small_cc,
            "cc.cc": PackageResources.cc_cc, "s.S": PackageResources.s_S, "job": PackageResources.job_sh,
        ]
    }

    /// A shell script, with no arguments. It works in a directory of its own below $TMPDIR
    /// or /tmp, always the same, and removes it.
    package static var script: String {
        // What takes longest begins first.
        var jobs = ["compile base g++ cc.cc -O2"]
        for level in levels { jobs.append("compile base gcc c.c \(level)") }
        for option in ["-O2 -flto", "-O2 -shared -fPIC", "-O2 -static", "-O1"] {
            jobs.append("link base gcc small.c \(option)")
        }
        for option in options {
            let source = option.isOfVectors ? "c.c" : "small.c"
            jobs.append("compile \(option.option) gcc \(source) -O2 \(option.option)")
            if alsoForCxx.contains(option.option) {
                jobs.append("compile \(option.option) g++ small.cc -O2 \(option.option)")
            }
        }
        jobs.append("link base g++ small.cc -O0")
        jobs.append("compile base gcc s.S")
        for kind in ["headers base gcc c.c", "headers base g++ cc.cc", "macros base gcc c", "macros base g++ c++"] {
            jobs.append(kind)
        }
        for program in ["gcc", "g++"] {
            for question in questions { jobs.append("answer \(answers) \(program) \(question)") }
        }
        let files = sources.map { name, bytes in
            "cat > \(name) <<'END_OF_FILE'\n\(String(decoding: bytes, as: UTF8.self))END_OF_FILE"
        }.joined(separator: "\n")
        let lines = jobs.map { "printf '%s\\n' '\($0)' >> jobs" }.joined(separator: "\n")
        return """
            set -u
            export LC_ALL=C
            unset CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH LD_RUN_PATH GCC_EXEC_PREFIX SOURCE_DATE_EPOCH
            directory=${TMPDIR:-/tmp}/compiler-check
            rm -rf "$directory" && mkdir "$directory" && cd "$directory" || exit 1
            trap 'cd / && rm -rf "$directory"' EXIT
            \(files)
            \(lines)
            xargs -P "$(nproc 2> /dev/null || echo 1)" -I '{}' sh job '{}' < jobs
            echo end
            """ + "\n"
    }

    /// Compares what the script printed with the root's own programs, and with those of a tools tree.
    package static func agreement(of own: String, and other: String) -> CompilerAgreement {
        var agreement = CompilerAgreement()
        let (ownResults, otherResults) = (results(own), results(other))
        guard let ownResults, ownResults.contains(where: { $0.value.status == "0" }) else {
            agreement.disagreement = CompilerAgreement.ownFails
            return agreement
        }
        guard let otherResults else {
            agreement.disagreement = "the tools tree's compiler does not work"
            return agreement
        }
        agreement.answersAlike = ownResults.contains { $0.value.group == answers }
        for name in Set(ownResults.keys).union(otherResults.keys).sorted() {
            let result = ownResults[name] ?? otherResults[name]
            guard let result, ownResults[name] != otherResults[name] else { continue }
            if result.group == answers {
                agreement.answersAlike = false
            } else if let option = options.first(where: { $0.option == result.group }) {
                agreement.exceptions[option.prefix] = "the tools tree's compiler generates different code"
            } else {
                agreement.disagreement = "the tools tree's compiler generates different code (\(name))"
            }
        }
        return agreement
    }

    private struct Result: Equatable {
        let group: String
        let status: String
        let digests: [String]
    }

    /// By name; nil where the script did not come to its end.
    private static func results(_ output: String) -> [String: Result]? {
        let lines = output.split(separator: "\n")
        guard lines.last == "end" else { return nil }
        var results: [String: Result] = [:]
        for line in lines.dropLast() {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 5 else { return nil }
            results[fields[1]] = Result(group: fields[0], status: fields[2], digests: Array(fields[3...]))
        }
        return results
    }
}
