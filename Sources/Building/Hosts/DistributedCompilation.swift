// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Failures
internal import Filesystem
internal import Glibc
package import Provisioning
internal import Sandbox
package import SystemPackage

/// Distributed compilation with distcc(1): sources are preprocessed here, and compiled over ssh on machines whose
/// compilers have the same versions. A host that fails later only costs time: distcc then compiles here.
package struct DistributedCompilation {
    private let connections: [HostConnection]
    /// The directory that steps see, read-only, with distcc's writable files in it.
    private let directory: FilePath
    private let state: FilePath

    private static let place: FilePath = "/run/mangrove-hosts"
    private static let stateName: FilePath.Component = "state"
    /// Links to distcc by the names of compilers: Debian's, Alpine's.
    private static let links = "/usr/lib/distcc:/usr/lib/distcc/bin"
    /// How long to wait for a host to answer.
    private static let haste: Duration = .seconds(20)
    /// How long to wait for a host that has to make the root first.
    private static let patience: Duration = .seconds(1800)

    /// Connects to `hosts`, without those that are unavailable; `note` receives which, and why. Files are kept in
    /// `directory`, which is created for the caller alone. `environment`: the caller's.
    package init(
        _ hosts: [BuildHost], for root: RootRecord, in directory: FilePath, environment: [String: String],
        note: (String) -> Void
    ) throws(ProvisioningError) {
        let shared = directory.appending("shared")
        self.directory = shared
        state = directory.appending(Self.stateName)
        guard let installed = try? InstalledPackages(of: Directory.open(FilePath(root.path))),
            WorkerPlace.packages.allSatisfy({ installed[$0] != nil })
        else {
            throw ProvisioningError(
                RecipeError(
                    "root \(root.name) cannot compile on other machines",
                    cause: "it lacks at least one of \(WorkerPlace.packages.joined(separator: ", "))",
                    remedy: "install them in it, or build without --hosts", status: .badData))
        }
        let tools = CompilerVersions(of: installed).texts.flatMap { ["--package", $0] }
        let arguments = ["--base", "\(root.distro):\(root.release)", "--arch", root.architecture] + tools
        connections = try below { () throws(FilesystemError) in
            try shared.appending(Self.stateName).makeDirectories(mode: 0o755)
            var started: [HostConnection] = []
            for (index, host) in hosts.enumerated() {
                guard let socket = FilePath.Component("\(index)") else { continue }
                started.append(
                    try HostConnection(
                        host, socket: socket, in: shared, log: directory.appending("\(index).log"),
                        ["--jobs", "\(host.jobs)"] + arguments, environment))
            }
            return Self.ready(started, note)
        }
        try writeFiles(hosts)
    }

    private static func ready(_ started: [HostConnection], _ note: (String) -> Void) -> [HostConnection] {
        let begin = ContinuousClock.now
        return started.filter { connection in
            if connection.hasBegun(by: begin.advanced(by: haste)) {
                let isQuick = connection.isReady(by: .now.advanced(by: .seconds(1)))
                if isQuick { return true }
                if connection.isRunning {
                    note("\(connection.host.destination): preparing compilers")
                    if connection.isReady(by: begin.advanced(by: patience)) { return true }
                }
            }
            note("\(connection.host.destination) cannot compile: \(connection.reason)")
            return false
        }
    }

    /// Writes distcc(1)'s files: its hosts, and a replacement for ssh.
    private func writeFiles(_ hosts: [BuildHost]) throws(ProvisioningError) {
        let state = state
        let here = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        let remote = connections.compactMap { connection in
            hosts.firstIndex(of: connection.host).map { "@\($0)/\(connection.host.jobs),lzo" }
        }
        let list = remote + ["localhost/\(here)", "--localslots_cpp=\(2 * here)"]
        let connect = """
            #!/bin/sh
            # distcc gives the host first.
            exec socat - UNIX-CONNECT:\(Self.place)/"$1"

            """
        try below { () throws(FilesystemError) in
            try state.makeDirectories(mode: 0o755)
            // Who builds inside may be another than root.
            try state.setPermissions(0o777)
            try AtomicFile.write(Array((list.joined(separator: " ") + "\n").utf8), to: state.appending("hosts"))
            try AtomicFile.write(
                Array(connect.utf8), to: directory.appending("connect"), permissions: FilePermissions(rawValue: 0o755))
        }
    }

    /// `usesCcache`: run compilers through ccache, and distribute only cache misses.
    func add(to request: inout RunRequest, usesCcache: Bool) {
        request.binds.append(BindOption(source: directory, target: Self.place, isReadOnly: true))
        request.binds.append(BindOption(source: state, target: Self.place.appending(Self.stateName)))
        let settings = [
            "DISTCC_DIR": Self.place.appending(Self.stateName).string,
            "DISTCC_SSH": Self.place.appending("connect").string,
        ]
        request.environment.merge(settings) { own, _ in own }
        if usesCcache {
            request.environment["CCACHE_PREFIX"] = "distcc"
        } else {
            request.searchPath.insert(Self.links, at: 0)
        }
    }

    /// Messages about hosts that disconnected during the build.
    package func lost() -> [String] {
        connections.filter { !$0.isRunning }.map { "\($0.host.destination) disconnected: \($0.reason)" }
    }
}
