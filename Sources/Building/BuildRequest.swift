// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Provisioning
package import SystemPackage

/// One build: of one source, for one architecture, in one root.
package struct BuildRequest: Sendable {
    package var recipe: Recipe
    package var architecture: Architecture
    /// The sources' directory on the host.
    package var source: FilePath
    /// What the source is called.
    package var name: String
    /// Where the results go.
    package var output: FilePath
    /// What was changed in the root and in the source is not deleted afterwards.
    package var keeps = false
    /// Where a step fails, a shell is opened in its place.
    package var opensShell = false

    package init(_ recipe: Recipe, _ architecture: Architecture, source: FilePath, name: String, output: FilePath) {
        (self.recipe, self.architecture) = (recipe, architecture)
        (self.source, self.name, self.output) = (source, name, output)
    }

    /// Where the source is in the root.
    package var directory: FilePath { recipe.directory ?? FilePath("/build").appending(name) }

    /// Who wants to see what is built as another than root.
    var needsUser: Bool { recipe.user != "root" && recipe.user != "0" }
}

/// How a build went.
package struct BuildOutcome: Sendable {
    package struct StepTime: Sendable {
        package let name: String
        package let seconds: Double
    }

    /// 0, or that of the step that failed.
    package internal(set) var status: Int32 = 0
    package internal(set) var failedStep: String?
    package internal(set) var steps: [StepTime] = []
    package internal(set) var artifacts = ArtifactCollection()
    package internal(set) var log: FilePath
    /// What was changed, where it is kept.
    package internal(set) var kept: FilePath?
    /// RFC 3339.
    package internal(set) var started: String
    package internal(set) var finished = ""

    init(log: FilePath, started: String) {
        (self.log, self.started) = (log, started)
    }
}

/// Who is told how a build gets on.
package protocol BuildObserving {
    /// `count`: how many steps there are; `number` is from 1.
    func begin(step name: String, number: Int, of count: Int)
    /// What a step writes.
    func write(_ bytes: [UInt8])
    /// Every second.
    func look()
    func end(step name: String, status: Int32, seconds: Double)
    func note(_ text: String)
}
