// SPDX-License-Identifier: Apache-2.0

import Failures
import Testing

@testable import Sandbox

@Suite struct AccountTests {
    static let passwd = """
        root:x:0:0:root:/root:/bin/bash
        daemon:x:1:1::/usr/sbin:
        build:x:1000:100:A Builder,,,:/home/build:/bin/sh
        broken:x:12
        """
    static let group = """
        root:x:0:
        users:x:100:
        kvm:x:55:other,build
        tape:x:26:rebuild
        """

    private func account(_ asked: String, passwd: String = passwd, group: String = group) throws -> Account {
        try Account(asked, passwd: passwd, group: group, root: "/r")
    }

    @Test(arguments: ["build", "1000"])
    func nameAndNumberAreTheSameAccount(asked: String) throws {
        let found = try account(asked)
        #expect(found.name == "build")
        #expect(found.user == .init(user: 1000, group: 100, groups: [100, 55]))
        #expect(found.home == "/home/build")
        #expect(found.shell == "/bin/sh")
    }

    @Test func aGroupMayBeGivenByNameOrNumber() throws {
        #expect(try account("build:tape").user == .init(user: 1000, group: 26, groups: [26, 55]))
        #expect(try account("build:4711").user.group == 4711)
        #expect(try account("77:kvm").user == .init(user: 77, group: 55, groups: [55]))
    }

    @Test func aNumberNeedsNoEntry() throws {
        let found = try account("4711")
        #expect(found.name == "4711")
        #expect(found.user == .init(user: 4711, group: 4711, groups: [4711]))
        #expect(found.home == "/")
        #expect(found.shell == "/bin/sh")
    }

    @Test func anEmptyShellIsTheUsualOne() throws {
        #expect(try account("daemon").shell == "/bin/sh")
    }

    /// A base may have neither file.
    @Test(arguments: ["root", "0"])
    func rootNeedsNoFiles(asked: String) throws {
        let found = try account(asked, passwd: "", group: "")
        #expect(found.name == "root")
        #expect(found.user == .init(user: 0, group: 0, groups: [0]))
        #expect(found.home == "/root")
    }

    @Test(arguments: ["nobody", "broken", "", ":0", "-1", "4294967296"])
    func whoIsNotThereIsAnError(asked: String) {
        let error = #expect(throws: SandboxError.self) { try account(asked) }
        #expect(error?.status == .usage)
        #expect(error?.problem == "no user \(asked == ":0" ? "" : asked) in /r")
    }

    @Test func aGroupThatIsNotThereIsAnError() {
        let error = #expect(throws: SandboxError.self) { try account("root:nogroup") }
        #expect(error?.problem == "no group nogroup in /r")
    }

    /// (uid_t)-1 means "leave it" to setresuid(2): the command would stay root.
    @Test(arguments: ["4294967295", "root:4294967295"])
    func theNumberThatMeansNobodyIsRefused(asked: String) {
        #expect(throws: SandboxError.self) { try account(asked) }
    }
}
