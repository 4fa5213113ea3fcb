// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import SystemPackage

/// A script that a native interpreter is given before one of the root.
package enum ScriptStart: String, Decodable, Equatable, Sendable {
    /// Python's (start.py).
    case python

    /// Its name in `MachineName.directory`.
    package var name: FilePath.Component {
        switch self {
        case .python: "start.py"
        }
    }

    /// For roots of `architecture`.
    func text(for architecture: Architecture) -> String {
        switch self {
        case .python:
            String(decoding: PackageResources.start_py, as: UTF8.self)
                .replacing("{tools}", with: AccelerationPlan.toolsDirectory.string)
                .replacing("{multiarch}", with: architecture.triplet)
        }
    }
}
