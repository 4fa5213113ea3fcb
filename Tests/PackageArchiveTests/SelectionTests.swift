// SPDX-License-Identifier: Apache-2.0

import Failures
import PackageArchive
import Testing

struct SelectionTests {
    static let base = """
        libc 2
        shell 1; Essential: yes; Depends: libc (>= 1)
        tar 1; Priority: required
        apt 1; Depends: libc, gpgv | gpgv2
        gpgv 1
        gpgv2 1
        build-essential 1; Depends: gcc
        gcc 1
        """

    @Test func variantsHoldWhatTheySay() throws {
        #expect(try select(Self.base, .essential) == ["libc", "shell"])
        #expect(try select(Self.base, .minbase) == ["apt", "gpgv", "libc", "shell", "tar"])
        #expect(
            try select(Self.base, .buildd) == ["apt", "build-essential", "gcc", "gpgv", "libc", "shell", "tar"])
    }

    @Test func whatCameInForOthersIsAutomatic() throws {
        let selection = try Selection(from: try universe(Self.base), variant: .buildd, extra: ["gpgv2"])
        #expect(selection.automatic == ["gcc"])
    }

    @Test func whatIsAskedForIsPreferredToTheFirstAlternative() throws {
        #expect(try select(Self.base, extra: ["gpgv2"]) == ["apt", "gpgv2", "libc", "shell", "tar"])
    }

    @Test func theNewestVersionOfTheBestSuiteCounts() throws {
        let stable = try index("shell 1; Essential: yes; Depends: libc (>= 2)\nlibc 1")
        let updates = try index("libc 2", suite: 1)
        let backports = try index("shell 9; Essential: yes", suite: 2)
        let universe = PackageUniverse(
            [stable, updates, backports], pins: [500, 500, 100], architecture: "arm64")
        let selection = try Selection(from: universe, variant: .essential)
        #expect(selection.packages.map { "\($0.name) \($0.version)" } == ["libc 2", "shell 1"])
        #expect(selection.packages.map(\.suite) == [1, 0])
        #expect(selection.automatic.isEmpty)
    }

    @Test func aVersionThatIsNamedIsTaken() throws {
        let text = "shell 1; Essential: yes\nx 1\nx 2"
        let selection = try Selection(from: try universe(text), variant: .essential, extra: ["x=1"])
        #expect(selection.packages.map(\.version.text) == ["1", "1"])
        #expect { try select(text, .essential, extra: ["x=3"]) } throws: {
            ($0 as? PackageArchiveError)?.cause == "the archive has 1, 2"
        }
    }

    @Test(arguments: [
        // The provider of the highest priority; without one, the first name.
        ("Depends: awk", "mawk"), ("Depends: mail", "exim"),
        // Only a versioned Provides meets a version.
        ("Depends: virtual (>= 2)", "versioned"), ("Depends: virtual (>= 9) | gawk", "gawk"),
        // A package of the name before those that provide it.
        ("Depends: real", "real"),
        // :any is for what allows it.
        ("Depends: python:any | gawk", "python"), ("Depends: mawk:any | gawk", "gawk"),
        ("Depends: missing | gawk | mawk", "gawk"), ("Depends: gawk (>> 1) | exim", "exim"),
    ])
    func alternatives(_ depends: String, _ expected: String) throws {
        let text = """
            shell 1; Essential: yes; \(depends)
            gawk 1; Provides: awk
            mawk 1; Priority: required; Provides: awk
            postfix 1; Provides: mail, virtual
            exim 1; Provides: mail, real
            versioned 1; Provides: virtual (= 2.1)
            real 1
            python 1; Multi-Arch: allowed
            """
        #expect(try select(text, .essential) == ["shell", expected].sorted())
    }

    @Test func aFreeChoiceIsReported() throws {
        let text = "shell 1; Essential: yes; Depends: mail\nb 1; Provides: mail\na 1; Provides: mail"
        let choices = try Selection(from: try universe(text), variant: .essential).freeChoices
        #expect(choices == [Selection.FreeChoice(name: "mail", taken: "a", others: ["b"])])
    }

    @Test func aChoiceThatLeadsNowhereIsTakenBack() throws {
        let text = """
            shell 1; Essential: yes; Depends: a | b, c | d
            a 1; Depends: a2
            a2 1; Depends: missing | missing2
            b 1; Conflicts: c
            c 1
            d 1
            """
        #expect(try select(text, .essential) == ["b", "d", "shell"])
    }

    @Test func circlesEnd() throws {
        let text = "shell 1; Essential: yes; Depends: a\na 1; Depends: b\nb 1; Pre-Depends: c\nc 1; Depends: a"
        #expect(try select(text, .essential) == ["a", "b", "c", "shell"])
    }

    @Test func dependenciesComeFirst() throws {
        let text = """
            zshell 1; Essential: yes; Pre-Depends: lib
            base-passwd 1; Essential: yes; Depends: lib
            lib 1
            """
        let selection = try Selection(from: try universe(text), variant: .essential)
        #expect(selection.packages.map(\.name) == ["lib", "base-passwd", "zshell"])
    }

    @Test func anUnsatisfiableDependencyIsToldWithItsChain() throws {
        let text = "shell 1; Essential: yes\na 1; Depends: b\nb 1; Depends: c (>= 2)\nc 1"
        #expect { try select(text, .essential, extra: ["a"]) } throws: {
            let error = $0 as? PackageArchiveError
            return error?.kind == .unsatisfiable && error?.status == .badData
                && error?.problem == "cannot install a"
                && error?.cause == "b: Depends: c (>= 2) but the archive has c 1 (a → b)"
        }
    }

    @Test(arguments: ["Conflicts: y", "Breaks: y (<< 2)", "Conflicts: virtual"])
    func conflictsAreNoticed(_ conflict: String) throws {
        let text = "shell 1; Essential: yes\nx 1; \(conflict)\ny 1; Provides: virtual"
        for extra in [["x", "y"], ["y", "x"]] {
            #expect { try select(text, .essential, extra: extra) } throws: {
                ($0 as? PackageArchiveError)?.kind == .unsatisfiable
            }
        }
        #expect(try select(text, .essential, extra: ["x"]) == ["shell", "x"])
    }

    @Test func aPackageMayConflictWithWhatItProvidesItself() throws {
        #expect(
            try select("shell 1; Essential: yes; Provides: sh; Conflicts: sh", .essential) == ["shell"])
    }

    @Test func anUnknownNameGetsTheNearestOnes() throws {
        #expect { try select(Self.base, extra: ["gpvg"]) } throws: {
            let error = $0 as? PackageArchiveError
            return error?.kind == .unknownPackage && error?.status == .badData
                && error?.remedy?.contains("\"gpgv\"") == true
        }
    }

    @Test func aVirtualNameMeansItsOnlyProvider() throws {
        let text = "shell 1; Essential: yes\na 1; Provides: one, two\nb 1; Provides: two"
        #expect(try select(text, .essential, extra: ["one"]) == ["a", "shell"])
        #expect { try select(text, .essential, extra: ["two"]) } throws: {
            ($0 as? PackageArchiveError)?.cause == "it is provided by a, b"
        }
    }
}
