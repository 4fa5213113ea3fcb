// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import CLinux
internal import Filesystem
internal import Processes
internal import SystemPackage

/// Tests whether programs of an architecture can be executed, by executing one.
///
/// A registration proves nothing: its interpreter may be missing, may lack its libraries, or may crash.
package enum Probe {
    package enum Outcome: Sendable, Equatable {
        case works
        /// It fails, and this is what happened to the program.
        case fails(String)
    }

    /// Executes a program of `architecture` as this process's kernel and binfmt_misc would; `cpu`, if any, is
    /// passed as `QEMU_CPU`.
    package static func run(_ architecture: Architecture, cpu: String? = nil) throws(EmulationError) -> Outcome {
        let program = try memoryFile(for: architecture)
        return try execute(path(of: program), [], cpu, keeping: program.rawValue)
    }

    /// Executes it with `interpreter` and no binfmt_misc.
    package static func run(_ interpreter: Interpreter, cpu: String? = nil) throws(EmulationError) -> Outcome {
        let program = try memoryFile(for: interpreter.architecture)
        let path = path(of: program).string
        return try execute(interpreter.path, ["-0", path, path], cpu, keeping: program.rawValue)
    }

    private static func execute(
        _ path: FilePath, _ arguments: [String], _ cpu: String?, keeping descriptor: CInt
    ) throws(EmulationError) -> Outcome {
        do throws(FilesystemError) {
            let child = try ChildProcess.run(
                path, arguments, environment: cpu.map { ["QEMU_CPU=\($0)"] } ?? [], keeping: [descriptor],
                timeout: .seconds(5))
            return child.end == .exited(42) ? .works : .fails("a test program \(child.end.summary)")
        } catch {
            switch error.errno {
            case .execFormatError: return .fails("no registered interpreter (exec format error)")
            case .noSuchFileOrDirectory: return .fails("the registered interpreter, or its loader, does not exist")
            case .permissionDenied: return .fails("the registered interpreter is not executable")
            default: throw EmulationError(error)
            }
        }
    }

    private static func path(of program: borrowing OwnedDescriptor) -> FilePath {
        FilePath("/proc/self/fd/\(program.rawValue)")
    }

    /// In memory: /tmp may be mounted `noexec`.
    private static func memoryFile(for architecture: Architecture) throws(EmulationError) -> OwnedDescriptor {
        let name = FilePath("a program in memory")
        let descriptor = unsafe mg_executable_memory_file("probe")
        guard descriptor >= 0 else { throw EmulationError(FilesystemError("create", name, .last)) }
        let file = OwnedDescriptor(adopting: FileDescriptor(rawValue: descriptor))
        do throws(FilesystemError) {
            try file.write(architecture.probeProgram, to: name)
        } catch {
            throw EmulationError(error)
        }
        return file
    }
}
