// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import Glibc
internal import Sandbox
internal import SystemPackage

/// The file that the dispatcher of one run appends its records to.
struct ProfileLog {
    /// Where images look for it in a run: where there is none, nothing is written down.
    static let target = ToolsRelocation.directory.appending("log")

    private let directory: FilePath
    private let name: FilePath.Component

    /// A new one in `directory`.
    init(in directory: FilePath) throws(ProvisioningError) {
        self.directory = directory
        name = FilePath.Component("profile-\(getpid())") ?? "profile"
        let name = name
        try below { () throws(FilesystemError) in
            // Any user of the root appends to it.
            let file = try Directory.open(directory).openFile(
                name, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666)
            guard fchmod(file.rawValue, 0o666) == 0 else {
                throw FilesystemError("set permissions of", directory.appending(name), .last)
            }
        }
    }

    func remove() {
        try? Directory.open(directory).unlink(name)
    }

    var step: MountStep {
        .bind(source: directory.appending(name), target: Self.target, readOnly: false, optional: false)
    }

    func read() -> DispatchLog {
        DispatchLog(parsing: (try? directory.appending(name).readFile(limit: 1 << 30)) ?? [])
    }
}

/// What has been spent on the children of this process that have ended, in seconds of processors' time.
func secondsOfChildren() -> Double {
    var usage = rusage()
    guard unsafe getrusage(RUSAGE_CHILDREN.rawValue, &usage) == 0 else { return 0 }
    return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
}
