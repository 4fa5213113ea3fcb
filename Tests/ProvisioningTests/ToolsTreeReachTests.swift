// SPDX-License-Identifier: Apache-2.0

import Architectures
import Extraction
import Testing

@testable import Provisioning

/// What of a Debian package comes into a tools tree for arm64 roots on an amd64 machine.
@Suite struct ToolsTreeReachTests {
    private let files = ToolsTreeReach.files(.arm64, host: .amd64)

    @Test(arguments: [
        "usr/bin/make", "usr/bin/aarch64-linux-gnu-gcc-14", "usr/libexec/gcc-cross/aarch64-linux-gnu/14/cc1",
        "usr/libexec/gcc-cross/aarch64-linux-gnu/14/liblto_plugin.so", "usr/lib/gcc-cross/aarch64-linux-gnu/12/cc1plus",
        "usr/libexec/gcc/x86_64-linux-gnu/14/collect2", "usr/lib/gcc/x86_64-linux-gnu/12/collect2",
        "usr/aarch64-linux-gnu/bin/ld", "usr/lib/aarch64-linux-gnu/bfd-plugins/libdep.so",
        "usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/gconv/ISO8859-1.so",
        "usr/lib/x86_64-linux-gnu/perl/5.40/auto/List/Util/Util.so", "usr/lib/x86_64-linux-gnu/perl/5.40/Config.pm",
        "usr/lib/python3.13/lib-dynload/_ssl.cpython-313-x86_64-linux-gnu.so", "usr/lib/git-core/git-remote-http",
        "lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libm.so.6", "etc/ld.so.conf.d/x86_64-linux-gnu.conf",
        "usr/lib/locale/C.utf8/LC_CTYPE", "usr/lib/file/magic.mgc",
    ])
    func whatNativeProgramsCanReachStays(path: String) {
        #expect(!files.leavesOut(path))
    }

    @Test(arguments: [
        "usr/share/doc/make/copyright", "usr/share/man/man1/make.1.gz", "usr/include/stdio.h",
        "usr/aarch64-linux-gnu/include/stdio.h", "usr/aarch64-linux-gnu/lib/libc.so.6",
        "usr/lib/gcc-cross/aarch64-linux-gnu/14/include/stddef.h", "usr/lib/gcc-cross/aarch64-linux-gnu/14/libgcc.a",
        "usr/libexec/gcc/x86_64-linux-gnu/14/cc1", "usr/lib/gcc/x86_64-linux-gnu/12/crtbegin.o",
        "usr/bin/aarch64-linux-gnu-lto-dump-14",
    ])
    func whatIsTheRootsIsLeftOut(path: String) {
        #expect(files.leavesOut(path))
    }
}
