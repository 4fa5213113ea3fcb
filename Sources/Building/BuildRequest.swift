// SPDX-License-Identifier: Apache-2.0

package import Acceleration
package import Architectures
package import Provisioning
package import SystemPackage

/// One build: of one source, for one architecture, in one root.
package struct BuildRequest: Sendable {
    package var recipe: Recipe
    package var architecture: Architecture
    /// The sources' directory on the host.
    package var source: FilePath
    /// The source's name.
    package var name: String
    /// The output directory.
    package var output: FilePath
    /// The source's origin.
    package var origin: SourceOrigin
    /// Opens a shell where a step fails.
    package var opensShell: Bool
    package var toolchain: Toolchain?
    /// The number of concurrent compilations: `MANGROVE_JOBS` of the steps.
    package var jobs = 1

    package init(
        _ recipe: Recipe, _ architecture: Architecture, source: FilePath, from origin: SourceOrigin, name: String,
        output: FilePath, opensShell: Bool
    ) {
        (self.recipe, self.architecture, self.origin) = (recipe, architecture, origin)
        (self.source, self.name, self.output, self.opensShell) = (source, name, output, opensShell)
    }

    /// Where the source is in the root.
    package var directory: FilePath {
        if let directory = recipe.directory { return directory }
        let place = FilePath("/build").appending(name)
        return BuildSystemRecipe.places.contains(place) ? FilePath("/build").appending("\(name)-source") : place
    }

    /// Whether the build runs as a user other than root.
    var needsUser: Bool { recipe.user != "root" && recipe.user != "0" }
}

/// The outcome of a build.
package struct BuildOutcome: Sendable {
    package struct StepTime: Codable, Equatable, Sendable {
        package let name: String
        package let seconds: Double

        /// To the millisecond.
        init(_ name: String, _ duration: Duration) {
            (self.name, seconds) = (name, (duration / .milliseconds(1)).rounded() / 1000)
        }
    }

    /// 0, or that of the step that failed.
    package internal(set) var status: Int32 = 0
    package internal(set) var failedStep: String?
    package internal(set) var steps: [StepTime] = []
    package internal(set) var artifacts = ArtifactCollection()
    package internal(set) var log: FilePath
    /// RFC 3339.
    package internal(set) var started: String
    package internal(set) var finished = ""

    init(log: FilePath, started: String) {
        (self.log, self.started) = (log, started)
    }
}

/// Observes the progress of a build.
package protocol BuildObserving {
    /// `count`: how many steps there are; `number` is from 1.
    func begin(step name: String, number: Int, of count: Int)
    /// Output of a step.
    func write(_ bytes: [UInt8])
    /// Every second.
    func look()
    func end(step name: String, status: Int32, seconds: Double)
    func note(_ text: String)
}
