// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Building
internal import Glibc
internal import Provisioning
internal import Terminal

/// What an interrupted command becomes (`Interruption`).
struct CleanUp: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Clean up after an interrupted command.", shouldDisplay: false)

    @Argument(help: "The signal that interrupted it.")
    var signal: Int32

    @Argument(help: "An incomplete file.")
    var file: String?

    func run() throws {
        // A line of progress may stand there.
        if OutputStream.standardError.isDrawable { try? OutputStream.standardError.redraw("") }
        // Its workers are now children of this process; they exit with the process they work for.
        while waitpid(-1, nil, 0) > 0 {}
        if let file { _ = unsafe unlink(file) }
        let locations = try Surroundings.locations()
        // A tools tree may have been under construction as well.
        for store in [
            RootStore(locations.roots), RootStore(locations.layers), ToolsTrees(Cache(locations.cache)).store,
        ] {
            _ = store.sweep(using: try Surroundings.workers())
        }
        Workspace.sweep(locations.builds, using: try Surroundings.workers())
        throw ExitCode(128 + signal)
    }
}
