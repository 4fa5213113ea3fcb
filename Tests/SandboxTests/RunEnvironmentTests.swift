// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Sandbox

@Suite struct RunEnvironmentTests {
    @Test func theCallersStaysOutsideButForAFew() throws {
        let account = try Account("build", passwd: AccountTests.passwd, group: "", root: "/r")
        let environment = RunEnvironment.make(
            account: account,
            caller: [
                "TERM": "xterm", "SECRET_TOKEN": "s", "LD_PRELOAD": "/x.so", "PATH": "/home/u/bin", "HOME": "/home/u",
                "SOURCE_DATE_EPOCH": "1", "https_proxy": "http://p:3128", "LANG": "de_DE", "TMPDIR": "/x",
            ],
            emulation: ["QEMU_CPU": "max,pauth=off"], asked: [:])
        #expect(
            environment == [
                "HOME=/home/build", "LANG=C.UTF-8", "LOGNAME=build",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "QEMU_CPU=max,pauth=off",
                "SHELL=/bin/sh", "SOURCE_DATE_EPOCH=1", "TERM=xterm", "USER=build", "container=mangrove",
                "https_proxy=http://p:3128",
            ])
    }

    @Test func whatIsAskedForOverridesAll() throws {
        let account = try Account("root", passwd: "", group: "", root: "/r")
        let environment = RunEnvironment.make(
            account: account, caller: ["TERM": "xterm"], emulation: ["QEMU_CPU": "max"],
            asked: ["TERM": "dumb", "QEMU_CPU": "cortex-a57", "PATH": "/bin", "EMPTY": "", "E": "a=b"])
        for expected in ["TERM=dumb", "QEMU_CPU=cortex-a57", "PATH=/bin", "EMPTY=", "E=a=b"] {
            #expect(environment.contains(expected))
        }
        #expect(environment.filter { $0.hasPrefix("TERM=") }.count == 1)
    }
    /// A toolchain, ccache or distcc come before commands wherever these are looked for: an image says that, too.
    @Test(arguments: [([String: String](), "/opt/bin"), (["PATH": "/bin"], "/bin")])
    func whatIsSearchedFirstComesBeforeAnybodysPath(asked: [String: String], path: String) throws {
        let account = try Account("root", passwd: "", group: "", root: "/r")
        let environment = RunEnvironment.make(
            account: account, caller: [:], root: ["PATH": "/opt/bin"], emulation: [:], asked: asked,
            searchedFirst: ["/first", "/second"])
        #expect(environment.contains("PATH=/first:/second:\(path)"))
    }
}
