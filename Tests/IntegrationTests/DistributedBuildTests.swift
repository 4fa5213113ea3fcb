// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Processes
import Provisioning
import SystemPackage
import Testing

extension IntegrationTests {
    /// Compilation caches and other machines that compile, with Debian's own gcc, ccache and distcc, and a server of OpenSSH's.
    @Suite struct DistributedBuildTests {
        /// A root with compilers, a project of a few files, and another machine: an SSH server of the same user's, where
        /// mangrove has a home of its own.
        private final class Scene {
            let home: Home
            let port: UInt16
            private let server: Program
            var source: FilePath { home.work.appending("project") }
            var results: FilePath { source.appending("mangrove-out/amd64") }
            var remoteHome: FilePath { home.scratch.appending("remote") }
            private var keys: FilePath { home.scratch.appending("keys") }

            /// nil where Debian's archive cannot be reached.
            static func make(_ home: Home) throws -> Scene? {
                let made = try home.start([
                    "create", "real", "debian:12", "--arch", "amd64", "--package", "gcc", "--package", "libc6-dev",
                    "--package", "ccache", "--package", "distcc", "--package", "socat",
                ]).wait(seconds: 300)
                if made.status == 69 {
                    print("not tried here: \(made.errors)")
                    return nil
                }
                try #require(made.status == 0, "\(made.errors)")
                return try Scene(home)
            }

            private init(_ home: Home) throws {
                self.home = home
                port = try Self.freePort()
                let keys = home.scratch.appending("keys")
                for directory in [keys, home.scratch.appending("remote")] { try directory.makeDirectories() }
                for name in ["host", "user"] {
                    let made = try ChildProcess.run(
                        "/usr/bin/ssh-keygen",
                        ["-q", "-t", "ed25519", "-N", "", "-f", keys.appending(name).string])
                    try #require(made.succeeded, "\(made.errorText)")
                }
                let files = [
                    "sshd_config": """
                    Port \(port)
                    ListenAddress 127.0.0.1
                    HostKey \(keys)/host
                    AuthorizedKeysFile \(keys)/user.pub
                    StrictModes no
                    UsePAM no
                    PermitRootLogin yes
                    PidFile none
                    SetEnv PATH=\(Installation.program.removingLastComponent()):/usr/bin:/bin MANGROVE_HOME=\(home.scratch)/remote

                    """,
                    "ssh_config": """
                    Host *
                        IdentityFile \(keys)/user
                        StrictHostKeyChecking no
                        UserKnownHostsFile /dev/null
                        LogLevel ERROR
                    Host other
                        HostName 127.0.0.1
                        Port \(port)
                    Host closed
                        HostName 127.0.0.1
                        Port 1

                    """,
                ]
                for (name, text) in files { try AtomicFile.write(Array(text.utf8), to: keys.appending(name)) }
                try FilePath("/run/sshd").makeDirectories()
                try home.own(home.scratch)
                server = try Program(
                    home.who.prefix + ["/usr/sbin/sshd", "-D", "-e", "-f", keys.appending("sshd_config").string],
                    environment: [:], directory: "/", newGroup: true)
                try write("gcc -O2 -g -c $f.c")
            }

            private static func freePort() throws -> UInt16 {
                let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(socket) }
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
                var size = socklen_t(MemoryLayout<sockaddr_in>.size)
                let status = withUnsafeMutablePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
                    }
                }
                try #require(status)
                return UInt16(bigEndian: address.sin_port)
            }

            /// A project that compiles each of some files so.
            func write(_ command: String, files: Int = 3, environment: String = "", after: String = "true") throws {
                try source.makeDirectories()
                for index in 0..<files {
                    let text =
                        "#include <stdio.h>\nint f\(index)(void) { return printf(\"%d\\n\", __LINE__ + \(index)); }\n"
                    try AtomicFile.write(Array(text.utf8), to: source.appending("f\(index).c"))
                }
                let recipe = """
                    {version: 1, base: {root: 'real'}, architectures: ['amd64'], environment: {\(environment)},
                     steps: [{name: 'compile', run: ["for f in $(ls *.c | sed s/.c$//)", "do \(command)", "done"]},
                             {name: 'after', run: '\(after)'}],
                     artifacts: ['*.o', {files: 'said', optional: true}]}
                    """
                try AtomicFile.write(Array(recipe.utf8), to: source.appending("mangrove.json"))
                try home.own(source)
            }

            func start(_ options: String..., environment: [String: String] = [:]) throws -> Program {
                let variables = ["MANGROVE_SSH": "/usr/bin/ssh -F \(keys)/ssh_config"]
                return try home.start(
                    ["build"] + options + [source.string], environment: variables.merging(environment) { $1 })
            }

            func object(_ index: Int) throws -> [UInt8] { try results.appending("f\(index).o").readFile() }

            /// The server goes, and every connection with it.
            func stop() {
                // One process of the server's for each, or two; what they have started ends with its input.
                let parents = try? ChildProcess.run("/usr/bin/pgrep", ["-d", ",", "-P", "\(server.process)"])
                let list = parents?.outputText.split(whereSeparator: \.isNewline).joined() ?? ""
                for parent in [list, "\(server.process)"] where !parent.isEmpty {
                    _ = try? ChildProcess.run("/usr/bin/pkill", ["-KILL", "-P", parent])
                }
                kill(server.process, SIGKILL)
            }

            deinit { stop() }
        }

        /// Everything a build has goes elsewhere, or comes from the cache, and is the same.
        @Test(arguments: [Who.delegated])
        func whatIsCompiledElsewhereOrComesFromTheCacheIsTheSame(who: Who) throws {
            guard access("/usr/sbin/sshd", X_OK) == 0 else { return print("not tried here: there is no sshd") }
            try Home.with(who) { home in
                guard let scene = try Scene.make(home) else { return }
                try elsewhere(scene)
                try cached(scene)
                try lost(scene)
            }
        }

        private func elsewhere(_ scene: Scene) throws {
            var outcome = try scene.start().wait(seconds: 120)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let objects = try (0..<3).map { try scene.object($0) }
            // Nothing may be compiled here.
            try scene.write(
                "gcc -O2 -g -c $f.c", environment: "DISTCC_HOSTS: '@0/2,lzo', DISTCC_FALLBACK: '0'")
            outcome = try scene.start("--hosts", "other/2").wait(seconds: 300)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try (0..<3).map { try scene.object($0) } == objects)
            // What a build puts there is not read outside.
            try scene.write(
                "gcc -O2 -g -c $f.c",
                after: "if touch /run/mangrove-hosts/0.log; then exit 1; fi; touch /run/mangrove-hosts/state/x")
            #expect(try scene.start("--hosts", "other/2").wait(seconds: 120).status == 0)
            // What was made for it is there once: the next build waits for nothing.
            let listed = try scene.home.start(
                ["cache", "list"], environment: ["MANGROVE_HOME": scene.remoteHome.string]
            ).wait()
            #expect(listed.output.contains("layer debian-12-amd64-"), "\(listed.output)")
            // A host that cannot be reached is named, and nothing is lost.
            try scene.write("gcc -O2 -g -c $f.c")
            outcome = try scene.start("--hosts", "closed/2").wait(seconds: 120)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("closed cannot compile"), "\(outcome.errors)")
            #expect(try (0..<3).map { try scene.object($0) } == objects)
        }

        private func cached(_ scene: Scene) throws {
            try scene.write("gcc -O2 -g -c $f.c", after: "ccache --print-stats >said")
            for (hits, misses) in [(0, 3), (3, 3)] {
                let outcome = try scene.start("--ccache").wait(seconds: 120)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let said = String(decoding: try scene.results.appending("said").readFile(), as: UTF8.self)
                #expect(said.contains("direct_cache_hit\t\(hits)\n"), "\(said)")
                #expect(said.contains("cache_miss\t\(misses)\n"), "\(said)")
            }
            let listed = try scene.home.start(["cache", "list"]).wait()
            #expect(listed.output.contains("ccache amd64-"), "\(listed.output)")
        }

        /// The server is killed while the build goes on.
        private func lost(_ scene: Scene) throws {
            try scene.write(
                "gcc -O2 -c $f.c; test $f != f5 || { touch /share/now; while test -e /share/now; do sleep 0.1; done; }",
                files: 12)
            let share = scene.home.work.appending("share")
            try share.makeDirectories()
            try scene.home.own(scene.home.work)
            let recipe = scene.source.appending("mangrove.json")
            let text = String(decoding: try recipe.readFile(), as: UTF8.self)
                .replacing("steps:", with: "binds: ['\(share):/share'], steps:")
            try AtomicFile.write(Array(text.utf8), to: recipe)
            let build = try scene.start("--hosts", "other/2")
            for _ in 0..<1200 where access(share.appending("now").string, F_OK) != 0 { usleep(50_000) }
            scene.stop()
            unlink(share.appending("now").string)
            let outcome = try build.wait(seconds: 120)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("other disconnected"), "\(outcome.errors)")
            #expect(try !scene.object(11).isEmpty)
        }
    }
}
