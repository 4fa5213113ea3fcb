// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Provisioning
import SystemPackage
import Testing

extension IntegrationTests {
    /// Reports fit the terminal that they are shown on; a pipe gets all of them.
    @Suite struct NarrowTerminalTests {
        private static let reports = [
            ["list"], ["inspect", "box"], ["distros"], ["cache", "list"], ["tools", "list"], ["refresh", "--all"],
        ]

        /// A root with a long story, a base and a tools tree.
        private func fill(_ home: Home) throws {
            let box = home.directory.appending("roots").appending("box")
            var record = try RootStore(home.directory.appending("roots")).find("box")
            record.source = "rootfs-made-by-our-own-scripts.tar.gz"
            record.packages = (1...20).map { "package\($0)" }
            try AtomicFile.write(record.encoded(), to: box.appending("root.json"))
            let cache = home.directory.appending("cache")
            let bases = cache.appending("bases")
            try bases.makeDirectories()
            try AtomicFile.write([], to: bases.appending("alpine-minirootfs-3.24.0-aarch64.tar.gz"))
            let tools = cache.appending("tools")
            try tools.makeDirectories()
            try FileManager.default.copyItem(atPath: box.string, toPath: tools.appending("box").string)
            try home.own(home.directory)
        }

        @Test(arguments: reports)
        func reportsFit(report: [String]) throws {
            try Home.with(.single) { (home) throws in
                try fill(home)
                let piped = try home.start(report).wait()
                #expect(piped.status == 0, "\(piped.errors)")
                #expect(piped.output.split(separator: "\n").contains { $0.count > 80 }, "\(piped.output)")
                for columns in [80, 60] {
                    let terminal = try Pseudoterminal(columns: UInt16(columns))
                    let outcome = try home.start(
                        report, environment: ["TERM": "dumb"], output: .terminal(terminal.path)
                    ).wait()
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    let lines = terminal.everything().split(separator: "\r\n")
                    #expect(lines.count > 1)
                    for line in lines { #expect(line.count <= columns, "\(line)") }
                }
            }
        }
    }
}
