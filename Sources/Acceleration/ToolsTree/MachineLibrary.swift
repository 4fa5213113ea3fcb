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

/// A library whose dlopen() begins the program anew, emulated, where it is given an object of the root's (Restart.h).
struct RestartLibrary {
    let bytes: [UInt8]

    /// `program`: by which path it is executed then. nil on hosts that its code is not written for.
    init?(_ program: String, host: Architecture = .host) {
        let limit = MemoryLayout<mg_restart>.offset(of: \.slots) ?? 0
        guard mg_restart_size() > 0, program.utf8.count < limit else { return nil }
        let code = unsafe Array(UnsafeRawBufferPointer(start: mg_restart_code(), count: mg_restart_size()))
        var functions = PreloadedLibrary.Functions(exports: [("dlopen", mg_restart_dlopen())])
        functions.initializer = mg_restart_initialize()
        functions.imports = ["dlsym"]
        functions.space = unsafe MemoryLayout<mg_restart_slots>.size - 8
        bytes =
            PreloadedLibrary(
                functions, host: host, alignedTo: mg_restart_alignment, headerSize: MemoryLayout<mg_restart>.size
            ) { slots in
                let path = Array(program.utf8) + [UInt8](repeating: 0, count: limit - program.utf8.count)
                let numbers = [UInt64(bitPattern: slots), UInt64(host.elf.machine)]
                let words = numbers.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
                return (path + words, code)
            }.bytes
    }
}
