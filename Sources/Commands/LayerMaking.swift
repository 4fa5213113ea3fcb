// SPDX-License-Identifier: Apache-2.0

internal import Building
internal import Provisioning
internal import Sandbox
internal import SystemPackage

extension Layer {
    /// The layer's root, marked as used: pulled from the configured registry, or made by `create`, if it does not exist
    /// here. `options`: additional ones of `create` that do not affect its contents.
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
