// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import Processes
import SystemPackage
import Testing

/// Who starts mangrove.
enum Who: String, CaseIterable, CustomTestStringConvertible {
    case root
    /// A user with subordinate ids.
    case delegated
    /// A user with none.
    case single

    var account: String { "mangrove-test-\(self == .delegated ? "a" : "b")" }
    var testDescription: String { rawValue }

    var ids: (user: uid_t, group: gid_t) {
        guard self != .root else { return (0, 0) }
        // Not getpwnam(3), whose answer another test's thread may overwrite.
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwnam_r(account, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            fatalError("there is no user \(account)")
        }
        return (entry.pw_uid, entry.pw_gid)
    }

    /// What stands before a command so that this user executes it.
    var prefix: [String] {
        guard self != .root else { return [] }
        return [
            "/usr/bin/setpriv", "--reuid", "\(ids.user)", "--regid", "\(ids.group)", "--clear-groups", "--",
        ]
    }
}

/// The built program where every user can execute it, and users to do so, while the tests run.
struct Installation: SuiteTrait, TestScoping {
    @TaskLocal static var program: FilePath = "/nonexistent"

    /// Why the tests cannot run here; nil where they can.
    static let obstacle: String? = {
        if geteuid() != 0 { return "not root, who alone can make users to run as" }
        for tool in ["useradd", "userdel", "setpriv", "busybox", "newuidmap", "unshare"]
        where ChildProcess.find(tool) == nil {
            return "\(tool) is not installed"
        }
        if (try? OwnedDescriptor.open("/bin/busybox", .readOnly)) == nil { return "/bin/busybox is missing" }
        let tried = try? ChildProcess.run("/usr/bin/unshare", ["--user", "--map-root-user", "--mount", "true"])
        return tried?.succeeded == true ? nil : "no user namespaces: \(tried?.errorText ?? "unshare failed")"
    }()

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        if let obstacle = Self.obstacle {
            print("integration tests: not run: \(obstacle)")
            return try await function()
        }
        // One set of users: another run of these tests on this machine has its turn.
        // Of the files that say who the users are useradd(8) makes new ones: a lock on them would be on the old.
        let turn = try FileLock.acquire("/etc/login.defs", .exclusive, wait: true)
        defer { withExtendedLifetime(turn.rawValue) {} }
        let executable = try FilePath("/proc/self/exe").resolved().removingLastComponent().appending("mangrove")
        defer { for who in Who.allCases where who != .root { Self.execute("userdel", [who.account]) } }
        Self.execute("useradd", ["--no-create-home", "--home-dir", "/nonexistent", Who.delegated.account])
        Self.execute("useradd", ["--system", "--no-create-home", "--home-dir", "/nonexistent", Who.single.account])
        try await withScratchDirectory { scratch in
            guard chmod(scratch.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
            let program = scratch.appending("mangrove")
            try AtomicFile.write(
                try executable.readFile(limit: 1 << 30), to: program, permissions: FilePermissions(rawValue: 0o755))
            try await Self.$program.withValue(program) { try await function() }
        }
    }

    private static func execute(_ tool: String, _ arguments: [String]) {
        guard let path = ChildProcess.find(tool) else { return }
        _ = try? ChildProcess.run(path, arguments)
    }
}

/// Runs the built program against real roots.
@Suite(
    Installation(),
    .enabled(if: Installation.obstacle == nil, "needs root, user namespaces, busybox-static and uidmap"))
struct IntegrationTests {}
