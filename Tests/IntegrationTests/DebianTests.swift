// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// Real packages of Debian's, from a mirror on loopback that signs with a key of its own.
    @Suite struct DebianTests {
        @Test func aMinbaseIsWholeForEveryUser() async throws {
            try await Signer.with { signer in
                guard chmod(signer.scratch.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
                let mirror = try PackageMirror(in: signer.scratch, signer: signer)
                guard let count = try await DebianMirror.publish(to: mirror) else { return }
                // All at once: most of the time is waiting for the disk.
                try withHomes(Who.allCases) { homes in try make(homes, mirror, count) }
            }
        }

        private func withHomes(_ users: [Who], _ homes: [Home] = [], _ body: ([Home]) throws -> Void) throws {
            guard let who = users.first else { return try body(homes) }
            try Home.with(who) { (home) throws in try withHomes(Array(users.dropFirst()), homes + [home], body) }
        }

        private func make(_ homes: [Home], _ mirror: PackageMirror, _ count: Int) throws {
            let distros = try mirror.catalogue(codename: DebianMirror.suite)
            let creations = try homes.map { try $0.startBootstrap("deb", distros: distros) }
            for (home, creation) in zip(homes, creations) {
                let made = try creation.wait(seconds: 300)
                #expect(made.status == 0, "\(home.who): \(made.errors)")
            }
            let script = """
                set -e
                dpkg --audit
                dpkg-query -W -f '${db:Status-Abbrev}\\n' | sort | uniq -c
                ls -d /usr/sbin/policy-rc.d /var/cache/apt/archives/*.deb 2>/dev/null || echo clean
                cp key.gpg /etc/apt/trusted.gpg.d/test.gpg
                exec 2>&1
                apt-get -qq update
                apt-get -qq check
                DEBIAN_FRONTEND=noninteractive apt-get -qq -y install hello >/dev/null 2>&1
                hello
                """
            let checks = try homes.map { home in
                // The archive's key, for apt in the root: what the distribution's own keyring package has elsewhere.
                try AtomicFile.write(
                    mirror.directory.appending("key.gpg").readFile(), to: home.work.appending("key.gpg"))
                return try home.start(["run", "deb", "--", "sh", "-c", script])
            }
            for (home, check) in zip(homes, checks) {
                let checked = try check.wait(seconds: 120)
                #expect(checked.status == 0, "\(home.who): \(checked.output)")
                let lines = checked.output.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }
                #expect(lines == ["\(count) ii ", "clean", "Hello, world!"], "\(home.who): \(checked.output)")
            }
            try DebianUses.areServed(homes)
        }
    }
}
