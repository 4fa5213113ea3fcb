// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Integrity
import SystemPackage
import Testing

extension IntegrationTests {
    /// Builds that are killed while their artifacts are taken out.
    @Suite struct UnfinishedResultsTests {
        private static let recipe = """
            {version: 1, base: {root: 'box'}, architectures: ['amd64'],
             steps: ['dd if=/dev/zero of=made bs=1 count=1 seek=$SIZE'], artifacts: ['made']}
            """

        @Test(arguments: [Who.root, .delegated])
        func whatWasThereBeforeStays(who: Who) throws {
            try Home.with(who) { home in
                let source = home.work.appending("project")
                try source.makeDirectories()
                try AtomicFile.write(Array(Self.recipe.utf8), to: source.appending("mangrove.json"))
                try home.own(home.work)
                let results = source.appending("mangrove-out")
                func start(_ size: Int) throws -> Program {
                    try home.start(["build", "--env", "SIZE=\(size)", source.string])
                }
                #expect(try start(10).wait().status == 0)
                // A hole, which takes its time to be copied.
                let killed = try start(4 << 30)
                let staged = results.appending(".mangrove-\(killed.process)-amd64").pushing("files/made")
                try #require(appears(staged), "nothing is copied")
                killed.send(SIGKILL)
                _ = try killed.wait()
                let made = results.pushing("amd64/made")
                #expect(try made.readFile() == [UInt8](repeating: 0, count: 11))
                let manifest = String(decoding: try results.appending("amd64.json").readFile(), as: UTF8.self)
                #expect(manifest.contains(try Digest.of(fileAt: made).hex))
                let outcome = try start(20).wait()
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(try made.readFile().count == 21)
                #expect(try Directory.open(results).names().filter { $0.string.hasPrefix(".") }.isEmpty)
            }
        }

        /// Whether there is something at `path` within a minute.
        private func appears(_ path: FilePath) -> Bool {
            for _ in 0..<6000 {
                if access(path.string, F_OK) == 0 { return true }
                usleep(10_000)
            }
            return false
        }
    }
}
