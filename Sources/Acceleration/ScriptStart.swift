// SPDX-License-Identifier: Apache-2.0

internal import Architectures
package import SystemPackage

/// What a native interpreter gets before a script of the root, so that it finds the root's modules and reports what the
/// root's own interpreter would.
package enum ScriptStart: String, Decodable, Equatable, Sendable {
    /// Scripts that examine the other one (examine.py), and go on with it (start.py), or with the emulated interpreter.
    case python
    /// An option whose code is executed before the script is read (perlrun(1), -M): @INC is the root's.
    case perl

    /// The names in `MachineName.directory` of the files that it needs.
    package var files: [FilePath.Component] {
        switch self {
        case .python:
            ["examine.py", "examine_asciidoc.py", "examine_code.py", "examine_setup.py", "prepare.py", "start.py"]
        case .perl: []
        }
    }

    /// What the file `name` holds, as it is in the source.
    func contents(of name: FilePath.Component) -> [UInt8] {
        switch name {
        case "examine.py": PackageResources.examine_py
        case "examine_asciidoc.py": PackageResources.examine_asciidoc_py
        case "examine_code.py": PackageResources.examine_code_py
        case "examine_setup.py": PackageResources.examine_setup_py
        case "prepare.py": PackageResources.prepare_py
        case "start.py": PackageResources.start_py
        default: []
        }
    }

    /// What it holds for roots of `architecture`.
    func text(of name: FilePath.Component, for architecture: Architecture) -> String {
        String(decoding: contents(of: name), as: UTF8.self)
            .replacing("{tools}", with: AccelerationPlan.toolsDirectory.string)
            .replacing("{place}", with: MachineName.place.string)
            .replacing("{emulated}", with: DispatchTable.emulatedDirectory.string)
            .replacing("{multiarch}", with: architecture.triplet)
    }

    /// The arguments that are not files.
    static let description = Self.perl.arguments(for: .arm64, on: .host).joined()

    /// The arguments before an eligible script.
    func arguments(for root: Architecture, on host: Architecture) -> [String] {
        switch self {
        case .python: examining("reviewed")
        case .perl:
            // -M wants a module or a version. What is compiled in begins as ToolsRelocation leaves it.
            [
                "-M5;BEGIN{s{^\(ToolsRelocation.libraries)/+|^/usr/lib/\(host.triplet)/}{/usr/lib/\(root.triplet)/},"
                    + "s{^/usr/local/lib/\(host.triplet)/}{/usr/local/lib/\(root.triplet)/} for@INC}"
            ]
        }
    }

    /// The same before any other; empty: it is emulated.
    var argumentsForOthers: [String] { self == .python ? examining("unknown") : [] }

    /// Isolated and without site: nothing of the root's is executed before it is examined.
    private func examining(_ script: String) -> [String] {
        ["-I", "-S", MachineName.place.appending("examine.py").string, script]
    }
}
