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
                for who in Who.allCases { try make(who, mirror, count) }
            }
        }

        private func make(_ who: Who, _ mirror: PackageMirror, _ count: Int) throws {
            try Home.with(who) { (home) throws in
                let distros = try mirror.catalogue(codename: DebianMirror.suite)
                let made = try home.startBootstrap("deb", distros: distros).wait(seconds: 300)
                #expect(made.status == 0, "\(who): \(made.errors)")
                // The archive's key, for apt in the root: what the distribution's own keyring package has elsewhere.
                try AtomicFile.write(
                    mirror.directory.appending("key.gpg").readFile(), to: home.work.appending("key.gpg"))
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
                let checked = try home.start(["run", "deb", "--", "sh", "-c", script]).wait(seconds: 120)
                #expect(checked.status == 0, "\(who): \(checked.output)")
                let lines = checked.output.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }
                #expect(lines == ["\(count) ii ", "clean", "Hello, world!"], "\(who): \(checked.output)")
            }
        }
    }
}
