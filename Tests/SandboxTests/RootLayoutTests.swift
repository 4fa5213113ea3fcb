// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Sandbox

@Suite struct RootLayoutTests {
    @Test(
        arguments: [
            "/home/u/xen", "/root", "/srv", "/tmp/build", "/usr/src/linux", "/var/tmp/x", "/opt/y", "/devel",
            "/etcetera",
        ])
    func placesOfTheUsersOwnAreShared(path: String) {
        #expect(RootLayout.maySharePath(FilePath(path)))
    }

    /// The root would not work with the host's in their place.
    @Test(
        arguments: [
            "/", "/usr", "/usr/bin", "/lib", "/etc", "/etc/apt", "/proc/self", "/sys/fs", "/dev/shm", "/tmp", "/run",
            "/var", "/var/lib", "", "relative",
        ])
    func placesOfTheRootsOwnAreNot(path: String) {
        #expect(!RootLayout.maySharePath(FilePath(path)))
    }

    @Test func whatLiesInAMountComesAfterIt() {
        let one = [IdentityRange(inside: 0, outside: 1, count: 1)]
        for identity in [Identity.host, .direct(users: one, groups: one)] {
            var mounted: [FilePath] = []
            for step in RootLayout.steps(identity: identity, hasRules: true) {
                #expect(!mounted.contains { $0 != step.target && $0.starts(with: step.target) }, "\(step)")
                mounted.append(step.target)
            }
        }
    }

    @Test func aRunsOwnBinfmtIsShownWhereThereIsOne() {
        let step = MountStep.binfmt(target: "/proc/sys/fs/binfmt_misc")
        #expect(RootLayout.steps(identity: .host, hasRules: true).contains(step))
        #expect(!RootLayout.steps(identity: .host, hasRules: false).contains(step))
    }

    /// devpts refuses a group that is not mapped.
    @Test func terminalsBelongToTheGroupThatIsThere() {
        func options(_ identity: Identity) -> String? {
            RootLayout.steps(identity: identity, hasRules: false).compactMap {
                if case .devpts(_, let options) = $0 { options } else { nil }
            }.first
        }
        let one = [IdentityRange(inside: 0, outside: 1, count: 1)]
        #expect(options(.host) == "newinstance,ptmxmode=0666,mode=620,gid=5")
        #expect(options(.direct(users: one, groups: one)) == "newinstance,ptmxmode=0666,mode=620")
    }
}
