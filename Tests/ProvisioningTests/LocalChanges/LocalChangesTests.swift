// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Provisioning

@Suite struct LocalChangesTests {
    /// A tree with packages of dpkg's: `tool` with a program and a configuration file.
    private func make(_ tree: FilePath) throws {
        for name in ["etc", "usr/bin", "var/lib/dpkg/info", "var/log", "srv"] {
            try tree.appending(FilePath(name).components).makeDirectories()
        }
        try Directory.open(tree).makeSymbolicLink("bin", to: "usr/bin")
        try write("etc/tool.conf", "one\n", tree)
        try write("usr/bin/tool", "program\n", tree)
        try write("var/lib/dpkg/info/tool.list", "/.\n/etc/tool.conf\n/bin/tool\n", tree)
        try write("var/lib/dpkg/status", paragraph("tool", "1"), tree)
    }

    private func paragraph(_ name: String, _ version: String) -> String {
        "Package: \(name)\nStatus: install ok installed\nVersion: \(version)\nArchitecture: arm64\n\n"
    }

    private func write(_ path: String, _ text: String, _ tree: FilePath) throws {
        try AtomicFile.write(Array(text.utf8), to: tree.pushing(FilePath(path)))
    }

    private func changes(_ change: (FilePath) throws -> Void) throws -> LocalChanges {
        try withScratchDirectory { tree in
            try make(tree)
            let survey = try TreeSurvey(of: tree)
            try change(tree)
            return try LocalChanges(in: tree, since: survey, installed: ["tool": "1"])
        }
    }

    @Test func nothingIsNothing() throws {
        #expect(try changes { _ in }.isEmpty)
        #expect(try changes { try write("var/log/new", "x", $0) }.isEmpty)
    }

    @Test func configurationAndFilesOfNobodyAreFound() throws {
        let found = try changes { tree in
            try write("etc/tool.conf", "another\n", tree)
            try write("etc/own", "own\n", tree)
            try write("srv/data", "data\n", tree)
        }
        #expect(found.configuration == ["etc/own", "etc/tool.conf"])
        #expect(found.files == ["srv/data"])
        #expect(found.losses.isEmpty)
        #expect(found.summary == "2 configuration files, 1 file")
    }

    /// By the name that the file has, whatever dpkg calls its directory.
    @Test func whatAPackageOwnsCannotBeCarriedOver() throws {
        #expect(try changes { try write("usr/bin/tool", "patched\n", $0) }.losses.map(\.path) == ["usr/bin/tool"])
        let deleted = try changes { try Directory.open($0.appending("usr/bin")).unlink("tool") }
        #expect(deleted.losses == [.init(path: "usr/bin/tool", reason: "deleted file of tool")])
    }

    /// What a package brings comes with the package.
    @Test func packagesThatWereInstalledExplainTheirFiles() throws {
        let found = try changes { tree in
            try write("usr/bin/more", "program\n", tree)
            try write("etc/more.conf", "as it comes\n", tree)
            try write("var/lib/dpkg/info/more.list", "/.\n/usr/bin/more\n/etc/more.conf\n", tree)
            try write("var/lib/dpkg/status", paragraph("tool", "1") + paragraph("more", "3"), tree)
        }
        #expect(found.packages == ["more"])
        #expect(found.files.isEmpty && found.configuration.isEmpty && found.losses.isEmpty)
        // Of another version of one that was there, the files are others.
        let upgraded = try changes { tree in
            try write("usr/bin/tool", "newer\n", tree)
            try write("var/lib/dpkg/status", paragraph("tool", "2"), tree)
        }
        #expect(upgraded.isEmpty)
    }
}
