// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Provisioning

struct ToolsBuild: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build a root's compiler for the host, from the archive's source package.",
        discussion: """
            The distribution's cross compiler may generate different code than a root's own compiler with some \
            options, or answer differently (-v); these are then emulated. This builds the cross compiler from the \
            root's own source package, once for each version, and makes the tools tree again with it. It takes \
            11 to 13 minutes on two processors, and does nothing if both are the same. Without a name it applies to all \
            roots and layers.
            """)

    @Argument(help: "The root (default: all).", completion: Completions.roots)
    var name: String?

    @OptionGroup var sources: SourceOptions
    @OptionGroup var dryRun: DryRunOption
    @OptionGroup var format: FormatOptions

    func run() throws {
        let locations = try Surroundings.locations()
        var results: [ToolsBuildReport.Entry] = []
        var seen: Set<String> = []
        for (store, root) in try roots(locations) {
            let work = ToolsBuildWork(
                root: root, store: store, locations: locations, sources: sources, isDryRun: dryRun.isDryRun)
            if let entry = try work.perform(skipping: &seen) { results.append(entry) }
        }
        try OutputRendering.show(ToolsBuildReport(entries: results), as: format.format)
    }

    private func roots(_ locations: Locations) throws -> [(RootStore, RootRecord)] {
        let store = RootStore(locations.roots)
        if let name {
            let root = try store.find(name)
            guard ToolsTrees.Subject(root) != nil else {
                throw ValidationError("\(name) is for \(root.architecture): its own compiler runs on this machine")
            }
            return [(store, root)]
        }
        let layers = RootStore(locations.layers)
        return try store.list().records.map { (store, $0) } + layers.list().records.map { (layers, $0) }
    }
}
