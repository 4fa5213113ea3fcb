// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Extraction

/// What of its packages a tools tree does without, because nothing that runs in a root can come to it.
///
/// A native program reads the root's own files: of the tools tree it sees its loader, its libraries and what these load,
/// by paths below /run/mangrove, and what it executes of its own. All else of a package is the root's.
enum ToolsTreeReach {
    /// Packages of which nothing else is left but what is left out below, or that only programs not native would load;
    /// glob(7)'s patterns. One that is asked for by name comes all the same.
    static let packages = [
        // Headers, and libraries to link with: those of the root are read.
        "lib*-dev", "linux-libc-dev", "lib*-dev-*-cross", "linux-libc-dev-*-cross",
        // Libraries of the root's architecture.
        "lib*-cross",
        // What programs are linked with that are built to be watched.
        "libasan*", "libhwasan*", "liblsan*", "libtsan*", "libubsan*",
        "perl-modules-*", "cmake-data", "git-man", "tzdata", "readline-common", "*-doc",
    ]

    /// Of the other packages, for roots of `architecture`.
    static func files(_ architecture: Architecture, host: Architecture = .host) -> PathFilter {
        let roots = architecture.triplet
        return PathFilter(
            [
                "usr/share", "usr/include", "usr/src", "usr/games", "boot", "var/cache", "var/log", "usr/lib/debug",
                "usr/lib/valgrind", "usr/lib/systemd", "lib/systemd", "usr/lib/udev", "lib/udev", "usr/lib/tmpfiles.d",
                "usr/lib/sysusers.d", "usr/lib/binfmt.d", "usr/lib/mime", "usr/lib/menu",
                // Cross compilers' headers and start files; their programs look where the root's own do.
                "usr/\(roots)/include", "usr/\(roots)/lib", "usr/\(roots)/lib32", "usr/\(roots)/lib64",
                "usr/lib/gcc-cross/*/*/include*", "usr/lib/gcc-cross/*/*/plugin", "usr/lib/gcc-cross/*/*/*.o",
                "usr/lib/gcc-cross/*/*/*.a", "usr/lib/gcc-cross/*/*/*.spec",
                "usr/lib/*/*.a", "usr/lib/*/*.o", "usr/lib/*/*.la", "usr/lib/*/pkgconfig",
                "usr/bin/*-lto-dump-*",
                // Packages of Go that programs are linked with, and what Java programs run with.
                "usr/lib/go-*/pkg/linux_*", "usr/lib/go-*/pkg/include", "usr/lib/jvm/*/jmods",
                "usr/lib/jvm/*/lib/src.zip",
                // The host's own compiler: what links is taken from it, for it does not depend on the target.
                "usr/lib/gcc/\(host.triplet)/*/*", "usr/libexec/gcc/\(host.triplet)/*/*",
            ],
            except: ["usr/lib*/gcc/*/*/collect2", "usr/lib*/gcc/*/*/liblto_plugin.so*", "usr/lib*/gcc/*/*/lto-wrapper"])
    }
}
