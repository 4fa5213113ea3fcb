// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// What `run` has done in the background where nothing is known of a root's compilers.
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
        // Nobody's directory is kept in use, and nobody's build slowed down for it.
        _ = unsafe chdir("/")
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        try accelerator.compareCompilersInBackground(of: root.name, in: store, caller: caller)
    }
}
