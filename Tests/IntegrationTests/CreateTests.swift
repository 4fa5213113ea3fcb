// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import Integrity
import SystemPackage
import Testing

extension IntegrationTests {
    /// `mangrove create` from a distro's mirror.
    @Suite struct CreateTests {
        @Test(arguments: Who.allCases)
        func theNewestPointReleaseIsVerifiedAndRuns(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let made = try home.create("a", distros: distros)
                #expect(made.status == 0, "\(made.errors)")
                let inspected = try home.mangrove("inspect", "a", "--format", "json").output
                #expect(inspected.contains("\"version\" : \"1.2.10\""))
                #expect(inspected.contains("\"how\" : \"signature\""))
                #expect(inspected.contains(mirror.key.hex))
                #expect(inspected.contains("\"signedBy\" : \"toy <toy@example.org>\""))
                let run = try home.mangrove("run", "a", "--", "sh", "-c", "id -u; stat -c %u:%a /bin/busybox /tmp")
                #expect(run == .init(status: 0, output: "0\n0:755\n0:1777\n", errors: ""))

                // A second one finds the tarball in the cache.
                let before = try mirror.server.requests().filter { $0.path.hasSuffix(".tar.gz") }.count
                #expect(try home.create("b", distros: distros).status == 0)
                #expect(try mirror.server.requests().filter { $0.path.hasSuffix(".tar.gz") }.count == before)

                #expect(try home.mangrove("remove", "a", "b").status == 0)
                #expect(try home.roots() == ["box"])
            }
        }

        @Test func whatIsNotWhatWasSignedIsNotKept() throws {
            try Home.withMirror(.delegated) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let tarball = mirror.tarball("1.2.10")
                let good = try tarball.readFile()
                var bad = good
                bad[bad.count / 2] ^= 1
                try AtomicFile.write(bad, to: tarball)
                let damaged = try home.create("a", distros: distros)
                #expect(damaged.status == 65)
                #expect(damaged.errors.contains("toy-1.2.10-amd64.tar.gz"))
                #expect(try home.roots() == ["box"])

                // The list agrees with the tarball again, but somebody else has signed it.
                try mirror.sign(by: try mirror.signer.makeKey("mallory"))
                let forged = try home.create("a", distros: distros)
                #expect(forged.status == 65)
                #expect(forged.errors.contains("SHA256SUMS"))
                #expect(try home.roots() == ["box"])

                try AtomicFile.write(good, to: tarball)
                try mirror.sign(by: mirror.key)
                #expect(try home.create("a", distros: distros).status == 0)
            }
        }

        @Test func withoutASignatureItIsSaidAndRecordedOrRefused() throws {
            try Home.withMirror(.single) { (home, mirror) throws in
                let distros = try mirror.catalogue(signed: false)
                let refused = try home.create("a", "--require-signature", distros: distros)
                #expect(refused.status == 65)
                #expect(try home.roots() == ["box"])
                let made = try home.create("a", distros: distros)
                #expect(made.status == 0)
                #expect(made.errors.contains("no signature is published"))
                #expect(try home.mangrove("inspect", "a", "--format", "json").output.contains("\"how\" : \"checksum\""))
            }
        }

        /// A mirror that leaves the signature out could send anything: it is done without where the user says so only.
        @Test(arguments: Who.allCases, ["index", "file"])
        func aSignatureThatIsPublishedIsRequired(who: Who, over: String) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                let distros = try mirror.catalogue(over: over)
                try mirror.signTarballs(by: mirror.key)
                #expect(try home.create("signed", "--allow-unsigned", distros: distros).status == 0)
                let signed = try home.mangrove("inspect", "signed", "--format", "json").output
                #expect(signed.contains("\"how\" : \"signature\""))
                // One that is there must be good.
                let mallory = try mirror.signer.makeKey("mallory")
                try mirror.sign(by: mallory)
                try mirror.signTarballs(by: mallory)
                #expect(try home.create("a", "--allow-unsigned", distros: distros).status == 65)
                try mirror.removeSignatures()
                let refused = try home.create("a", distros: distros)
                #expect(refused.status == 65)
                #expect(refused.errors.contains("mangrove: no signature at \(mirror.server.url)/toy/releases"))
                #expect(refused.errors.contains("--allow-unsigned\n"))
                #expect(try home.create("a", "--allow-unsigned", "--require-signature", distros: distros).status == 64)
                #expect(try home.roots() == ["box", "signed"])
                let made = try home.create("a", "--allow-unsigned", distros: distros)
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.errors.contains("no signature is published; recorded as unsigned"))
                let inspected = try home.mangrove("inspect", "a", "--format", "json").output
                #expect(inspected.contains("\"how\" : \"checksum\""))
                #expect(inspected.contains("\"allowsUnsigned\" : true"))
                let known = try mirror.catalogue(over: over, extra: ", \"unsigned\": {\"1.2.10\": \"forgotten\"}")
                if over == "file" { #expect(try home.create("b", distros: known).status == 0) }
                let allowed = try mirror.catalogue(over: over, extra: ", \"allowUnsigned\": true")
                #expect(try home.create("c", distros: allowed).status == 0)
            }
        }

        @Test func theNextMirrorIsTriedAndTheErrorNamesEach() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                let dead = "http://127.0.0.1:\(try Loopback.freePort())/toy"
                #expect(try home.create("a", distros: try mirror.catalogue(mirrors: [dead])).status == 0)
                let none = try home.mangrove(
                    "create", "b", "toy", "--arch", "amd64", "--mirror", dead, "--distros",
                    try mirror.catalogue().string, environment: ["XDG_CONFIG_HOME": home.work.string])
                #expect(none.status == 69)
                #expect(none.errors.contains(dead))
                #expect(try home.roots() == ["a", "box"])
            }
        }

        @Test(arguments: [Who.root, .delegated])
        func aNameInUseIsKeptAndReplacedWhenAsked(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                #expect(try home.create("box", distros: distros).status == 73)
                #expect(try home.shell("true").status == 0)
                let busy = try home.start(["run", "box", "--", "sh", "-c", "echo up; sleep 60"])
                try busy.await("up")
                #expect(try home.create("box", "--replace", distros: distros).status == 75)
                busy.send(SIGTERM)
                _ = try busy.wait()
                #expect(try home.create("box", "--replace", distros: distros).status == 0)
                #expect(try home.shell("cat /etc/os-release").output.contains("ID=toy"))
                #expect(try home.roots() == ["box"])
            }
        }

        /// What `kill -9` leaves at whatever moment is not listed, not in the way, and gone after the next command.
        @Test(arguments: [Who.root, .delegated])
        func aKilledCreateLeavesNothing(who: Who) throws {
            try Home.withMirror(who) { (home, mirror) throws in
                let distros = try mirror.catalogue()
                let arguments = ["create", "a", "toy", "--arch", "amd64", "--replace", "--distros", distros.string]
                for delay in stride(from: UInt32(4_000), through: 90_000, by: 8_600) {
                    let creation = try home.start(arguments)
                    usleep(delay)
                    creation.send(SIGKILL)
                    _ = try creation.wait()
                    let listed = try home.mangrove("list", "--format", "json").output
                    if listed.contains("\"name\" : \"a\"") {
                        #expect(try home.mangrove("run", "a", "--", "true").status == 0)
                    }
                }
                #expect(try home.start(arguments).wait().status == 0)
                #expect(try home.roots() == ["a", "box"])
                #expect(try home.mangrove("run", "a", "--", "true").status == 0)
            }
        }
    }
}
