// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Processes
internal import SystemPackage

extension Identity {
    /// Writes the maps of a process that waits for them in a new user namespace (user_namespaces(7)).
    func write(mapsOf process: Int32) throws(SandboxError) {
        switch self {
        case .host: return
        case .direct(let users, let groups), .shifted(let users, let groups):
            let directory = FilePath("/proc/\(process)")
            // Without the privilege to map groups freely, setgroups(2) has to be disabled before the group map is
            // written.
            if !canSetGroups { try put("deny", directory.appending("setgroups")) }
            try put(users.map(\.description).joined(separator: "\n"), directory.appending("uid_map"))
            try put(groups.map(\.description).joined(separator: "\n"), directory.appending("gid_map"))
        case .subordinate(let users, let groups):
            // In parallel: each takes some milliseconds.
            let first = try start("newuidmap", process, users)
            let second = try start("newgidmap", process, groups)
            try check(first.finish(), "newuidmap")
            try check(second.finish(), "newgidmap")
        }
    }

    private func put(_ text: String, _ path: FilePath) throws(SandboxError) {
        do {
            try OwnedDescriptor.open(path, .writeOnly).write(Array(text.utf8), to: path)
        } catch {
            throw SandboxError(.namespacesDenied, path.string, error.errno)
        }
    }

    private func start(
        _ program: String, _ process: Int32, _ ranges: [IdentityRange]
    ) throws(SandboxError) -> ChildProcess.Started {
        guard let path = ChildProcess.find(program) else { throw SandboxError(.mapperMissing(program: program), "") }
        let numbers = ranges.flatMap { [String($0.inside), String($0.outside), String($0.count)] }
        do throws(FilesystemError) {
            return try ChildProcess.start(path, [String(process)] + numbers)
        } catch {
            throw SandboxError(.mapperFailed(program: program, message: error.errno.description), "")
        }
    }

    private func check(_ child: ChildProcess, _ program: String) throws(SandboxError) {
        guard !child.succeeded else { return }
        let message = child.errorText.split(separator: "\n").first.map(String.init) ?? "no reason given"
        throw SandboxError(.mapperFailed(program: program, message: message), "")
    }
}
