// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import SystemPackage
import Testing

@testable import Extraction

@Suite struct PathFilterTests {
    private let filter = PathFilter(
        ["usr/share", "usr/lib/*/*.a", "usr/libexec/gcc/*/*"], except: ["usr/libexec/gcc/*/collect2"])

    @Test(arguments: [
        ("usr/share", true), ("usr/share/doc/x/copyright", true), ("usr/shared", false), ("usr/lib/x86/libc.a", true),
        ("usr/lib/libc.a", false), ("usr/lib/x86/gconv/deep.a", false), ("usr/libexec/gcc/14/cc1", true),
        ("usr/libexec/gcc/14/collect2", false), ("usr/libexec/gcc/14", false), ("opt/usr/share", false),
    ])
    func patternsAreOfComponents(path: String, isLeftOut: Bool) {
        #expect(filter.leavesOut(path) == isLeftOut)
    }

    @Test func nothingIsLeftOutByItself() {
        #expect(!PathFilter().leavesOut("usr/share"))
    }
}
