// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Foundation
import Glibc
import SystemPackage
import Testing

/// What depends on owners and namespaces, with Debian's own programs, in the directory that a run shares.
enum DebianUses {
    static let git = """
        set -e
        export HOME=/tmp
        git init -q repo
        cd repo
        git config user.name n
        git config user.email n@example.org
        echo text >file
        git add file
        git commit -qm first
        cd ..
        git clone -q repo clone
        git -C clone log --format=%s
        git -C clone status --short
        git -C repo fsck
        stat -c %u:%g repo/.git clone/file
        """
    static let cloned = "first\n0:0\n0:0\n"

    /// Containers of the command's own.
    private static let nested = """
        unshare -U -r -m -p -f sh -c 'mount -t proc p /proc && ls -d /proc/1 && id -u'
        bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp sh -c 'echo $$; touch /tmp/x /x || id -u'
        """

    /// A package of one program in C, without debhelper: tcc is a small compiler.
    private static let package = #"""
        set -e
        mkdir -p package/debian/source
        cd package
        printf '#include <stdio.h>\nint main(void) { puts("packaged"); }\n' >tool.c
        printf '3.0 (native)\n' >debian/source/format
        printf 'tool (1) unstable; urgency=low\n\n  * New.\n\n -- T <t@example.org>  Sat, 21 Nov 2020 00:53:02 +0000\n' \
            >debian/changelog
        cat >debian/control <<END
        Source: tool
        Section: misc
        Priority: optional
        Maintainer: T <t@example.org>
        Standards-Version: 4.6.2

        Package: tool
        Architecture: any
        Description: a tool
        END
        printf '#!/usr/bin/make -f\n%s:\n\t:\n%s:\n\t%s\n\t%s\n\t%s\n\t%s\nclean:\n\trm -rf debian/tmp debian/files\n' \
            'build build-arch build-indep binary-indep' 'binary binary-arch' \
            'mkdir -p debian/tmp/DEBIAN debian/tmp/usr/bin' 'tcc -o debian/tmp/usr/bin/tool tool.c' \
            'dpkg-gencontrol' 'dpkg-deb --root-owner-group --build debian/tmp ..' >debian/rules
        chmod +x debian/rules
        dpkg-buildpackage -b -us -uc -d >../log 2>&1 || { cat ../log; exit 1; }
        cd ..
        dpkg -i tool_1_*.deb >/dev/null
        tool
        """#

    /// In native roots that have apt and the mirror's packages, one for each user.
    static func areServed(_ homes: [Home]) throws {
        let install = """
            export DEBIAN_FRONTEND=noninteractive
            apt-get -qq -y --no-install-recommends install git bubblewrap dpkg-dev tcc libc6-dev >log 2>&1 || cat log

            """
        let script = install + "(\(git))\n(\(nested)) 2>/dev/null\n(\(package))"
        let runs = try homes.map { try $0.start(["run", "deb", "--", "sh", "-c", script]) }
        for (home, run) in zip(homes, runs) {
            let outcome = try run.wait(seconds: 300)
            #expect(outcome.output == cloned + "/proc/1\n0\n2\n0\npackaged\n", "\(home.who): \(outcome)")
            for name in ["repo", "clone", "clone/.git/HEAD", "package/debian/rules", "tool_1_amd64.deb"] {
                var status = stat()
                try #require(lstat(home.work.pushing(FilePath(name)).string, &status) == 0, "\(home.who): \(name)")
                #expect(
                    status.st_uid == home.who.ids.user && status.st_gid == home.who.ids.group, "\(home.who): \(name)")
            }
        }
    }
}
