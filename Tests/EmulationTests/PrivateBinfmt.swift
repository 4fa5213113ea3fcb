// SPDX-License-Identifier: Apache-2.0

import Fixtures
import Foundation
import SystemPackage

/// Executes a command and returns its exit status.
typealias Execute = ([String]) throws -> Int32

/// Calls `body` with a binfmt_misc of its own, mounted in a user namespace that ends with the call, and with what
/// executes commands in that namespace; where the kernel or the machine's policy forbids that, says so and does not
/// call it.
func withPrivateBinfmt(_ body: (FilePath, Execute) throws -> Void) throws {
    try withScratchDirectory { scratch in
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        // It waits for the end of its standard input, and so dies with this process too.
        let script = "mount -t binfmt_misc none \"$1\" && echo $$ && exec cat"
        child.arguments = ["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", scratch.string]
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        child.standardInput = input
        child.standardOutput = output
        child.standardError = errors
        do {
            try child.run()
        } catch {
            print("not tried here: unshare(1) cannot be executed")
            return
        }
        defer {
            input.fileHandleForWriting.closeFile()
            child.waitUntilExit()
        }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let process = Int32(line.prefix(while: \.isNumber)) else {
            let reason = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            print("not tried here: no private binfmt_misc: \(reason)")
            return
        }
        try body(FilePath("/proc/\(process)/root\(scratch)")) { command in
            let inside = Process()
            inside.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
            inside.arguments = ["--target", "\(process)", "--user", "--mount", "--preserve-credentials"] + command
            inside.standardError = FileHandle.nullDevice
            try inside.run()
            inside.waitUntilExit()
            return inside.terminationStatus
        }
    }
}
