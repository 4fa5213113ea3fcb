// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Glibc
import Processes
import SystemPackage
import Testing

extension IntegrationTests {
    /// Machines that lack something.
    @Suite struct MachineTests {
        @Test func withoutTheProgramThatMapsIdsTheErrorNamesItsPackage() throws {
            try Home.with(.delegated) { (home) throws in
                // Hidden in a mount namespace of the test's own.
                let hiding = "mount --bind /dev/null \"$0\" && exec \"$@\""
                let mapper = try #require(ChildProcess.find("newuidmap"))
                let program = try home.start(
                    ["run", "box", "--", "true"],
                    before: ["/usr/bin/unshare", "--mount", "sh", "-c", hiding, try mapper.resolved().string])
                let outcome = try program.wait()
                #expect(outcome.status == 125)
                #expect(outcome.errors.contains("newuidmap is not installed"))
                #expect(outcome.errors.contains("apt-get install uidmap"))
            }
        }

        /// `script` runs as root of a user namespace that may have no further ones.
        private func withoutUserNamespaces(_ home: Home, _ arguments: [String]) throws -> Program.Outcome {
            let script = """
                echo $$; read x; echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"
                """
            let program = try home.start(
                arguments, input: .pipe,
                before: ["/usr/bin/unshare", "--user", "--keep-caps", "--mount", "sh", "-c", script, "sh"])
            try program.await("\n")
            for map in ["uid_map", "gid_map"] {
                let path = FilePath("/proc/\(program.process)/\(map)")
                try OwnedDescriptor.open(path, .writeOnly).write(Array("0 0 4294967295".utf8), to: path)
            }
            program.write("go\n")
            let outcome = try program.wait()
            return .init(
                status: outcome.status, output: outcome.output.drop { $0 != "\n" }.dropFirst().description,
                errors: outcome.errors)
        }

        @Test(arguments: [Who.delegated, .single])
        func withoutUserNamespacesAUserIsToldSo(who: Who) throws {
            try Home.with(who) { (home) throws in
                let outcome = try withoutUserNamespaces(home, ["run", "box", "--", "true"])
                #expect(outcome.status == 125)
                #expect(outcome.errors.contains("cannot create a user namespace"))
                #expect(outcome.errors.contains("mangrove doctor"))
            }
        }

        @Test func withoutUserNamespacesRootIsRefusedUnlessItInsists() throws {
            try Home.with(.root) { (home) throws in
                let refused = try withoutUserNamespaces(home, ["run", "box", "--", "true"])
                #expect(refused.status == 125)
                #expect(refused.errors.contains("cannot create a user namespace"))
                #expect(refused.errors.contains("--isolation none"))
                let outcome = try withoutUserNamespaces(
                    home,
                    [
                        "run", "--isolation", "none", "--user", "build", "box", "--", "sh", "-c",
                        "id -u; readlink /proc/self/ns/user; pwd",
                    ])
                #expect(outcome.status == 0)
                #expect(outcome.errors.contains("commands in the root run as root on this machine"))
                #expect(outcome.output.hasPrefix("7\nuser:["))
            }
        }
    }
}
