// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import CDispatcher

/// A library with one function, uname(), whose answer has another machine in it than the kernel's.
struct MachineLibrary {
    let bytes: [UInt8]

    /// nil on hosts that its code is not written for.
    init?(naming machine: String, host: Architecture = .host) {
        guard mg_machine_size() > 0, machine.utf8.count < Int(mg_machine_limit) else { return nil }
        let code = unsafe Array(UnsafeRawBufferPointer(start: mg_machine_code(), count: mg_machine_size()))
        let size = MemoryLayout<mg_machine>.size
        let header = Array(machine.utf8) + [UInt8](repeating: 0, count: size - machine.utf8.count)
        bytes =
            PreloadedLibrary(
                .init(exports: [("uname", mg_machine_uname())]), host: host, alignedTo: mg_machine_alignment,
                headerSize: size
            ) { _ in (header, code) }.bytes
    }
}

/// A library whose dlopen() does with objects of the root's what a program's own cannot (Restart.h).
struct RestartLibrary {
    let bytes: [UInt8]

    /// What dlopen() does with an object of the root's.
    enum Answer {
        /// The program begins anew, emulated, by the path `program`. `sorts`: its qsort() orders strings by characters
        /// without a sign.
        case restart(program: String, sorts: Bool = false)
        /// In the place of one whose path begins with `from` it loads another, whose path begins with `to`.
        case load(from: String, to: String)
    }

    /// nil on hosts that its code is not written for, and where a path is too long.
    init?(_ answer: Answer, host: Architecture = .host) {
        let (program, from, to, sorts) =
            switch answer {
            case .restart(let program, let sorts): (program, "", "", sorts)
            case .load(let from, let to): ("", from, to, false)
            }
        typealias Header = mg_restart
        guard mg_restart_size() > 0, let fromOffset = MemoryLayout<Header>.offset(of: \.from),
            let toOffset = MemoryLayout<Header>.offset(of: \.to),
            let slotsOffset = MemoryLayout<Header>.offset(of: \.slots),
            let texts = [(program, fromOffset), (from, toOffset - fromOffset), (to, slotsOffset - toOffset)]
                .map(Self.padded) as? [[UInt8]]
        else { return nil }
        let code = unsafe Array(UnsafeRawBufferPointer(start: mg_restart_code(), count: mg_restart_size()))
        var functions = PreloadedLibrary.Functions(exports: [("dlopen", mg_restart_dlopen())])
        if sorts { functions.exports.append(("qsort", mg_restart_qsort())) }
        functions.initializer = mg_restart_initialize()
        functions.imports = ["dlsym"]
        functions.space = unsafe MemoryLayout<mg_restart_slots>.size - 8
        bytes =
            PreloadedLibrary(
                functions, host: host, alignedTo: mg_restart_alignment, headerSize: MemoryLayout<mg_restart>.size
            ) { slots in
                let numbers = [UInt64(bitPattern: slots), UInt64(host.elf.machine)]
                let words = numbers.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
                return (texts.joined() + words, code)
            }.bytes
    }

    /// Ended with a zero byte at least; nil where there is no room for one.
    private static func padded(_ text: String, to size: Int) -> [UInt8]? {
        let bytes = Array(text.utf8)
        return bytes.count < size ? bytes + [UInt8](repeating: 0, count: size - bytes.count) : nil
    }
}
