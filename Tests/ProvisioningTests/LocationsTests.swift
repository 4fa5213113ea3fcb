// SPDX-License-Identifier: Apache-2.0

import Provisioning
import SystemPackage
import Testing

@Suite struct LocationsTests {
    private func locations(_ environment: [String: String], isRoot: Bool = false) throws -> [FilePath] {
        let found = try Locations(environment: environment, isRoot: isRoot, workingDirectory: "/place")
        return [found.roots, found.cache, found.configuration]
    }

    @Test func rootsAreKeptWhereTheXDGSpecificationSays() throws {
        #expect(
            try locations(["HOME": "/home/u"]) == [
                "/home/u/.local/share/mangrove/roots", "/home/u/.cache/mangrove",
                "/home/u/.config/mangrove/config.json",
            ])
        #expect(
            try locations([
                "HOME": "/home/u", "XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "relative", "XDG_CONFIG_HOME": "/c",
            ]) == ["/d/mangrove/roots", "/home/u/.cache/mangrove", "/c/mangrove/config.json"])
    }

    @Test func rootKeepsThemInVar() throws {
        #expect(
            try locations(["HOME": "/root", "XDG_DATA_HOME": "/d"], isRoot: true) == [
                "/var/lib/mangrove/roots", "/var/cache/mangrove", "/root/.config/mangrove/config.json",
            ])
    }

    @Test(arguments: ["/m", "m"]) func oneVariableMovesBoth(home: String) throws {
        let base: FilePath = home == "m" ? "/place/m" : "/m"
        #expect(
            try locations(["MANGROVE_HOME": home, "HOME": "/root"], isRoot: true).prefix(2)
                == [base.appending("roots"), base.appending("cache")])
    }

    @Test func withoutAHomeTheErrorSaysSo() {
        #expect(throws: ProvisioningError.self) { try locations([:]) }
    }
}
