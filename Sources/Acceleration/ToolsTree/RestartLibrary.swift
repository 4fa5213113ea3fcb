// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import CDispatcher

/// A library whose dlopen() does with objects of the root's what a program's own cannot, and which has a compiler of
/// LLVM begin anew where it would compute with the processor (Restart.h).
struct RestartLibrary {
    let bytes: [UInt8]

    /// What its functions do.
    enum Answer {
        /// The program begins anew, emulated, by the path `program`, when it loads an object of the root's. `sorts`:
        /// its qsort() orders strings by characters without a sign.
        case restart(program: String, sorts: Bool = false)
        /// In the place of an object whose path begins with `from` it loads another, whose path begins with `to`.
        case load(from: String, to: String)
        /// As `restart`, and when it calls a function of `inexact`. It generates code for `target` if it is not told
        /// otherwise, and takes what the link `self` leads to for its own path.
        case compute(program: String, self: String, target: String)
    }

    /// Functions of math.h whose results are not exact, and may differ between processors; also ceil(), with which LLVM
    /// rounds what it computes with a fused multiplication on some machines.
    static let inexact: [String] = {
        let names = [
            "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "erf", "erfc", "exp",
            "exp10", "exp2", "expm1", "hypot", "j0", "j1", "jn", "lgamma", "log", "log10", "log1p", "log2", "pow",
            "sin", "sincos", "sinh", "tan", "tanh", "tgamma", "y0", "y1", "yn",
        ]
        return names.flatMap { name in ["", "f", "l", "f128"].map { name + $0 } } + ["ceil"]
    }()

    private typealias Header = mg_restart
    private static let getDefaultTargetTriple = "_ZN4llvm3sys22getDefaultTargetTripleB5cxx11Ev"
    private static let runInterruptHandlers = "_ZN4llvm3sys20RunInterruptHandlersEv"
    private static let failure = "mangrove: cannot start the program again, emulated\n"

    /// nil on hosts that its code is not written for, and where a path is too long.
    init?(_ answer: Answer, host: Architecture = .host) {
        guard mg_restart_size() > 0 else { return nil }
        var texts: [(PartialKeyPath<Header>, String)] = []
        var functions = PreloadedLibrary.Functions(exports: [("dlopen", mg_restart_dlopen())])
        switch answer {
        case .restart(let program, let sorts):
            texts = [(\Header.program, program)]
            if sorts { functions.exports.append(("qsort", mg_restart_qsort())) }
        case .load(let from, let to):
            texts = [(\Header.from, from), (\Header.to, to)]
        case .compute(let program, let link, let target):
            texts = [
                (\Header.program, program), (\Header.`self`, link), (\Header.target, target),
                (\Header.link, "/proc/self/exe"), (\Header.readlink, "readlink"), (\Header.write, "write"),
                (\Header.allocate, "_Znwm"),
                (\Header.cleanup, Self.runInterruptHandlers), (\Header.failure, Self.failure),
            ]
            functions.exports += Self.inexact.map { ($0, mg_restart_function()) }
            functions.exports += [
                // The latter is called where the buffer's size is checked (feature_test_macros(7), _FORTIFY_SOURCE).
                ("readlink", mg_restart_readlink()), ("__readlink_chk", mg_restart_readlink()),
                ("write", mg_restart_write()),
                (Self.getDefaultTargetTriple, mg_restart_target()),
            ]
        }
        functions.initializer = mg_restart_initialize()
        functions.imports = ["dlsym"]
        functions.space = unsafe MemoryLayout<mg_restart_slots>.size - 8
        guard let header = Self.header(texts) else { return nil }
        let code = unsafe Array(UnsafeRawBufferPointer(start: mg_restart_code(), count: mg_restart_size()))
        bytes =
            PreloadedLibrary(functions, host: host, alignedTo: mg_restart_alignment, headerSize: header.count) {
                slots in
                let numbers = [UInt64(bitPattern: slots), UInt64(host.elf.machine)]
                let words = numbers.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
                return (header.dropLast(words.count) + words, code)
            }.bytes
    }

    /// With each text in its place, ended with a zero byte at least; nil where there is no room for one.
    private static func header(_ texts: [(place: PartialKeyPath<Header>, text: String)]) -> [UInt8]? {
        let places: [PartialKeyPath<Header>] = [
            \.program, \.from, \.to, \.`self`, \.target, \.link, \.readlink, \.write, \.allocate, \.cleanup, \.failure,
            \.slots,
        ]
        let offsets = places.compactMap { MemoryLayout<Header>.offset(of: $0) }
        var header = [UInt8](repeating: 0, count: MemoryLayout<Header>.size)
        for (place, text) in texts {
            guard let begin = MemoryLayout<Header>.offset(of: place), let end = offsets.first(where: { $0 > begin }),
                text.utf8.count < end - begin
            else { return nil }
            header.replaceSubrange(begin..<begin + text.utf8.count, with: text.utf8)
        }
        return header
    }
}
