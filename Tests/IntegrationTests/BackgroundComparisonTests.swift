// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

extension IntegrationTests {
    /// Roots with compilers of which nothing is known yet.
    @Suite struct BackgroundComparisonTests {
        /// Calls `body` with such a root and the lock that whoever compares has to have.
        private static func with(_ body: (AcceleratedScene, FilePath) throws -> Void) throws {
            try AcceleratedScene.with { scene in
                #expect(try scene.sed().status == 0)
                try scene.upgradeRoot(["gcc-12": "12.2.0-14"])
                try body(scene, try scene.tools().appending(".agreement.lock"))
            }
        }

        private static func eventually(_ what: String, _ isTrue: () throws -> Bool) throws {
            for _ in 0..<2000 {
                if try isTrue() { return }
                usleep(10_000)
            }
            Issue.record("it does not come about: \(what)")
        }

        private static func names(_ directory: FilePath) throws -> [String] {
            try Directory.open(directory).names().map(\.string)
        }

        @Test func theyAreComparedAfterARunThatDoesNotWait() throws {
            try Self.with { scene, lock in
                let root = scene.home.tree("debian").removingLastComponent()
                let held = try FileLock.acquire(lock, .exclusive, wait: false)
                let run = try scene.sed()
                #expect(run.status == 0)
                #expect(run.errors.isEmpty, "\(run.errors)")
                try Self.eventually("it begins") { try Self.names(root).contains("background") }
                // Nor does the next one, and it has nothing begun twice.
                #expect(try scene.sed().errors.isEmpty)
                withExtendedLifetime(held.rawValue) {}
                _ = consume held
                try Self.eventually("it is kept") {
                    try Self.names(scene.tools()).contains { $0.hasPrefix("agreement-") }
                }
                try Self.eventually("nothing is left of it") {
                    try Self.names(root).allSatisfy { !$0.contains("comparison") && $0 != "background" }
                }
                #expect(try scene.sed("--accelerate").errors.isEmpty)
            }
        }

        @Test func whoRequiresAccelerationWaits() throws {
            try Self.with { scene, lock in
                let held = try FileLock.acquire(lock, .exclusive, wait: false)
                let run = try scene.start(
                    ["run", "--accelerate", "debian", "--", "/usr/bin/sed", "--version"])
                usleep(700_000)
                #expect(try Self.names(scene.tools()).allSatisfy { !$0.hasPrefix("agreement-") })
                withExtendedLifetime(held.rawValue) {}
                _ = consume held
                let outcome = try run.wait(seconds: 60)
                #expect(outcome.status == 0)
                #expect(outcome.errors.contains("comparing compilers"), "\(outcome.errors)")
                #expect(try Self.names(scene.tools()).contains { $0.hasPrefix("agreement-") })
            }
        }

        @Test func itIsNotInTheWayOfRemoval() throws {
            try Self.with { scene, lock in
                let root = scene.home.tree("debian").removingLastComponent()
                let held = try FileLock.acquire(lock, .exclusive, wait: false)
                #expect(try scene.sed().status == 0)
                try Self.eventually("it begins") {
                    guard let text = try? root.appending("background").readFile() else { return false }
                    return !text.isEmpty
                }
                let process = try #require(
                    pid_t(String(decoding: root.appending("background").readFile().dropLast(), as: UTF8.self)))
                let removal = try scene.start(["remove", "debian"]).wait()
                #expect(removal.status == 0, "\(removal.errors)")
                // Whoever its parent is now has it to reap.
                try Self.eventually("it is gone") {
                    let stat = (try? FilePath("/proc/\(process)/stat").readFile()) ?? []
                    let text = String(decoding: stat, as: UTF8.self)
                    return text.isEmpty || text.contains(") Z ")
                }
                withExtendedLifetime(held.rawValue) {}
            }
        }
    }
}
