// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import SystemPackage

/// What a native interpreter gets before a script of the root, so that it finds the root's modules and reports what the
/// root's own interpreter would.
package enum ScriptStart: String, Decodable, Equatable, Sendable {
    /// A script that goes on with the other one (start.py).
    case python
    /// An option whose code is executed before the script is read (perlrun(1), -M): @INC is the root's.
    case perl

    /// The name in `MachineName.directory` of the file that it needs.
    package var file: FilePath.Component? {
        switch self {
        case .python: "start.py"
        case .perl: nil
        }
    }

    /// What that file holds, for roots of `architecture`.
    func text(for architecture: Architecture) -> String {
        switch self {
        case .python:
            String(decoding: PackageResources.start_py, as: UTF8.self)
                .replacing("{tools}", with: AccelerationPlan.toolsDirectory.string)
                .replacing("{multiarch}", with: architecture.triplet)
        case .perl: ""
        }
    }

    /// The arguments that are not files.
    static let description = Self.perl.argument(for: .arm64, on: .host)

    /// The argument.
    func argument(for root: Architecture, on host: Architecture) -> String {
        switch self {
        case .python: MachineName.place.appending("start.py").string
        case .perl:
            // -M wants a module or a version. What is compiled in begins as ToolsRelocation leaves it.
            "-M5;BEGIN{s{^\(ToolsRelocation.libraries)/+|^/usr/lib/\(host.triplet)/}{/usr/lib/\(root.triplet)/},"
                + "s{^/usr/local/lib/\(host.triplet)/}{/usr/local/lib/\(root.triplet)/} for@INC}"
        }
    }
}
