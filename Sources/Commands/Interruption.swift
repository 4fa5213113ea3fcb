// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import Processes
internal import SystemPackage

/// Cleans up unfinished work when the user interrupts a command.
///
/// The process executes itself again as `mangrove clean-up`: the kernel ends every thread and releases every lock at
/// once, so unfinished files have no owner, and the new program deletes them. A signal handler may call execve(2), but
/// nothing that deletes a tree.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// From here on SIGINT, SIGTERM and SIGHUP clean up, and the process exits with 128 and the signal's number.
    ///
    /// `file` is deleted as well, if it exists then.
    static func cleansUp(deleting file: FilePath? = nil) {
        for signal in signals {
            let words = ["mangrove", CleanUp._commandName, String(signal)] + (file.map { ["--", $0.string] } ?? [])
            let arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: words.count + 1)
            for (index, word) in words.enumerated() { unsafe arguments[index] = unsafe strdup(word) }
            unsafe arguments[words.count] = nil
            unsafe argumentLists[Int(signal)] = unsafe arguments
            var action = sigaction()
            unsafe sigaction(signal, nil, &action)
            // nohup(1), or a background job: ignored signals stay ignored.
            guard unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1 else { continue }
            unsafe action.__sigaction_handler.sa_sigaction = { signal, information, _ in
                // A terminal's signal has gone to all processes (sigaction(2), si_code); another's to this one alone, and
                // what becomes of this process waits for its children.
                if let information = unsafe information, unsafe information.pointee.si_code <= 0 {
                    ChildProcess.passOn(signal)
                }
                if let arguments = unsafe argumentLists[Int(signal)] {
                    unsafe execve("/proc/self/exe", arguments, environ)
                }
                _exit(128 + signal)
            }
            // Else the signal would stay blocked in what is executed.
            action.sa_flags = SA_NODEFER | SA_SIGINFO
            unsafe sigaction(signal, &action, nil)
        }
    }
}

/// By signal; written before the handlers are installed, and only read by them.
nonisolated(unsafe) private let argumentLists = {
    let lists = UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>.allocate(capacity: 65)
    unsafe lists.initialize(repeating: nil, count: 65)
    return unsafe lists
}()
