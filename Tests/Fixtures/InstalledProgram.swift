// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Processes
package import SystemPackage

/// Makes `path` a program of `bytes`, in place of what is there.
///
/// This process never has it open for writing: a child that another test starts at that moment would have it open,
/// too, for a while, and nobody could execute it (`ETXTBSY`).
package func installProgram(_ bytes: [UInt8], at path: FilePath) throws {
    let data = FilePath(path.string + ".data")
    try AtomicFile.write(bytes, to: data)
    let script = #"cp "$1.data" "$1.new" && chmod 755 "$1.new" && mv "$1.new" "$1" && rm "$1.data""#
    let child = try ChildProcess.run(
        "/bin/sh", ["-c", script, "sh", path.string], environment: ["PATH=/usr/bin:/bin"])
    guard child.succeeded else { throw ServerProcess.Failed(description: child.errorText) }
}
