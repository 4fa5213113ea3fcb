// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import ArgumentParser
internal import Failures
internal import Provisioning
internal import SystemPackage
internal import Terminal

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the details of a root.")

    @Argument(help: "The root.", completion: Completions.roots)
    var name: String

    @Flag(help: "List every native program, and what is emulated, with the reason.")
    var verbose = false

    @OptionGroup var output: FormatOptions

    func run() throws {
        let locations = try Surroundings.locations()
        let store = RootStore(locations.roots)
        let root = try store.find(name)
        let accelerated = TreeAcceleration.Record.last(in: store.path(of: root.name))
        var report = RootReport(root: root, accelerated: accelerated.map { .init(of: $0) })
        let tools = ToolsTrees(Cache(locations.cache))
        if let accelerator = Accelerator(AccelerationChoice(), for: ToolsTrees.Subject(root), tools: tools),
            accelerator.awaitsComparison(FilePath(root.path))
        {
            report.accelerated?.emulated.append(
                .init(package: "gcc", program: nil, reason: "not yet compared with the tools tree's; a run starts that")
            )
        }
        report.notAccelerated = AccelerationNote.unaccelerated.last(in: store.path(of: root.name))
        report.isVerbose = verbose
        try OutputRendering.show(report, as: output.format)
    }
}
