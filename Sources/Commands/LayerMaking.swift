// SPDX-License-Identifier: Apache-2.0

internal import Building
internal import Provisioning
internal import Sandbox
internal import SystemPackage

extension Layer {
    /// The root that it is, noted as used now: taken from the registry that is configured, or made by `create`, where it is not
    /// here. `options`: further ones of `create`, which change nothing of what it holds.
    func obtain(
        in locations: Locations, _ configuration: Configuration, isolation: Isolation, options: [String] = [],
        isRenewed: Bool = false
    ) throws -> RootRecord {
        let root = try ensure(in: locations, isRenewed: isRenewed) { arguments in
            if try !isRenewed && configuration.takesLayer(name) { return }
            try OwnProcess.require(Self.creation(isolation) + options + arguments)
        }
        Cache.noteUse(ofLayer: RootStore(locations.layers).path(of: root.name))
        return root
    }

    /// `create --dry-run` of it.
    func plan(isolation: Isolation) throws {
        try OwnProcess.require(Self.creation(isolation) + ["--dry-run"] + arguments)
    }

    private static func creation(_ isolation: Isolation) -> [String] {
        ["create", "--as-layer", "--isolation", isolation.rawValue]
    }
}
