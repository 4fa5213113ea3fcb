// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Emulation
internal import Filesystem
internal import Glibc
internal import SystemPackage

/// The interpreter for the second architecture that machines like the root's execute: 32-bit Arm on arm64.
///
/// If a CPU is chosen for the root's own interpreter, this one must not use it: it knows other CPUs, and both read
/// QEMU_CPU. Therefore it is a copy that reads another variable.
struct SecondInterpreter {
    private let interpreter: Interpreter
    /// nil: the interpreter itself will do.
    private let copy: FilePath?
    private let trustsSetuid: Bool

    private static let variable = Array("\0QEMU_CPU\0".utf8)
    private static let other = Array("\0QEMU_CP2\0".utf8)

    /// nil where `emulation` has none. The copy is kept in `directory`.
    init?(_ emulation: EmulationChoice, in directory: FilePath, trustsSetuid: Bool) {
        guard let second = emulation.second else { return nil }
        let isCopied = emulation.environment["QEMU_CPU"] != nil
        copy = isCopied ? directory.appending("interpreter-\(second.architecture.qemuName)") : nil
        (interpreter, self.trustsSetuid) = (second, trustsSetuid)
    }

    var rule: BinfmtRule {
        let rule = interpreter.rule(on: .current, credentials: trustsSetuid)
        guard let copy else { return rule }
        return BinfmtRule(
            for: interpreter.architecture, interpreter: copy, listed: rule.listed, flags: rule.flags)
    }

    /// Makes the copy, unless there is one of the interpreter as it is now. False where it cannot be.
    func write() -> Bool {
        guard let copy else { return true }
        guard let source = try? OwnedDescriptor.open(interpreter.path, .readOnly),
            let status = try? source.status(of: interpreter.path)
        else { return false }
        func isThere() -> Bool {
            guard let there = try? OwnedDescriptor.open(copy, .readOnly).status(of: copy) else { return false }
            return there.size == status.size && there.modified == status.modified
        }
        if isThere() { return true }
        // Of two runs only one makes it, because it must not be replaced while being registered.
        let place = copy.removingLastComponent().appending("\(copy.lastComponent?.string ?? "").lock")
        guard let lock = try? FileLock.acquire(place, .exclusive, wait: true) else { return false }
        defer { withExtendedLifetime(lock.rawValue) {} }
        if isThere() { return true }
        guard var bytes = try? source.readToEnd(of: interpreter.path, limit: 1 << 28),
            Bytes.contain(bytes, Self.variable)
        else { return false }
        Bytes.replace(Self.variable, by: Self.other, in: &bytes)
        let mode = FilePermissions(rawValue: 0o755)
        guard (try? AtomicFile.write(bytes, to: copy, permissions: mode)) != nil else { return false }
        let (seconds, rest) = status.modified.quotientAndRemainder(dividingBy: 1_000_000_000)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest))
        return unsafe utimensat(AT_FDCWD, copy.string, [time, time], 0) == 0
    }
}
