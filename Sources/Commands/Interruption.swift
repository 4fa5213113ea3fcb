// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import SystemPackage

/// What becomes of half-done work when the user has had enough.
///
/// The process executes itself anew as `mangrove clean-up`: the kernel ends every thread and drops every lock at
/// once, so that what they were making is nobody's, and the new one sweeps it. execve(2) may be called from a
/// signal handler; nothing that would delete a tree may.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// From here on SIGINT, SIGTERM and SIGHUP clean up, and the process exits with 128 and the signal's number.
    ///
    /// `file`, where it exists then, is deleted as well.
    static func cleansUp(deleting file: FilePath? = nil) {
        for signal in signals {
            let words = ["mangrove", CleanUp._commandName, String(signal)] + (file.map { ["--", $0.string] } ?? [])
            let arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: words.count + 1)
            for (index, word) in words.enumerated() { unsafe arguments[index] = unsafe strdup(word) }
            unsafe arguments[words.count] = nil
            unsafe argumentLists[Int(signal)] = unsafe arguments
            var action = sigaction()
            unsafe sigaction(signal, nil, &action)
            // nohup(1), or a shell's background: what was ignored stays so.
            guard unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1 else { continue }
            unsafe action.__sigaction_handler.sa_handler = { signal in
                if let arguments = unsafe argumentLists[Int(signal)] {
                    unsafe execve("/proc/self/exe", arguments, environ)
                }
                _exit(128 + signal)
            }
            // Else the signal would stay blocked in what is executed.
            action.sa_flags = SA_NODEFER
            unsafe sigaction(signal, &action, nil)
        }
    }
}

/// By signal; written before the handlers are there, and read by them only.
nonisolated(unsafe) private let argumentLists = {
    let lists = UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>.allocate(capacity: 65)
    unsafe lists.initialize(repeating: nil, count: 65)
    return unsafe lists
}()
