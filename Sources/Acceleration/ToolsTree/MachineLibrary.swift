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
