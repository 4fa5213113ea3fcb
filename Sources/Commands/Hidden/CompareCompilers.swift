// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// `run` starts it in the background if a root's compilers have not been compared yet.
struct CompareCompilers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare-compilers", abstract: "Compare a root's compilers with those of its tools tree.",
        shouldDisplay: false)

    @Flag var ofLayer = false
    @Argument var name: String

    func run() throws {
        let locations = try Surroundings.locations()
        let store = RootStore(ofLayer ? locations.layers : locations.roots)
        let root = try store.find(name)
        guard
            let accelerator = Accelerator(
                AccelerationChoice(.full), for: ToolsTrees.Subject(root), tools: ToolsTrees(Cache(locations.cache)))
        else { return }
        let caller = Caller(
            identity: try Identity.ofCaller(), currentDirectory: "/", environment: Surroundings.environment)
        // Do not keep a directory in use, and do not slow down builds.
        _ = unsafe chdir("/")
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        try accelerator.compareCompilersInBackground(of: root.name, in: store, caller: caller)
    }
}
