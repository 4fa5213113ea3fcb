// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import PackageArchive
import Processes
import SystemPackage
import Testing

struct ConfigurationPlanTests {
    /// What is left to do for packages with these `preinst` scripts.
    static func plan(
        _ scratch: FilePath, _ scripts: [(name: String, preinst: String?)]
    ) throws -> (todo: ConfigurationPlan, root: FilePath) {
        let packages = try scripts.map { name, preinst in
            var deb = DebBuilder(name)
            if let preinst { deb.control = [("preinst", "#!/bin/sh\n" + preinst)] }
            deb.data.add("./usr/share/\(name)", content: "x")
            return try deb.write(to: scratch)
        }
        return try UnpackerTests.unpack(scratch, UnpackerTests.plan(packages))
    }

    @Test func scriptsThatDoNothingInAnEmptyRootAreNotExecuted() throws {
        let idle = """
            # generated
            set -e
            dpkg-maintscript-helper rm_conffile /etc/old 1.2\\~ -- "$@"
            dpkg-maintscript-helper dir_to_symlink /usr/a \\
                ../b 1.2~ x -- "$@"
            exit 0
            """
        let busy = [
            "touch /x", "set -e; touch /x", idle + "\nif true; then", "dpkg-maintscript-helper rm_conffile /a && x",
        ]
        try withScratchDirectory { scratch in
            let todo = try Self.plan(scratch, [("base-passwd", idle), ("idle", idle), ("none", nil)]).todo
            #expect(
                todo.steps.map(\.command) == [
                    ["dpkg", "--force-depends", "--configure", "base-passwd"], ["dpkg", "--configure", "--pending"],
                ])
        }
        for script in busy {
            try withScratchDirectory { scratch in
                let todo = try Self.plan(scratch, [("busy", script)]).todo
                #expect(todo.steps.count == 2, "\(script)")
                #expect(todo.steps.first?.command.last?.contains("busy.preinst install") == true)
            }
        }
    }

    /// The script of scripts, executed: in the order of the plan, with what dpkg tells them, and to the first failure.
    @Test func scriptsAreToldWhatDpkgTellsThem() throws {
        try withScratchDirectory { scratch in
            let said = "echo $DPKG_MAINTSCRIPT_PACKAGE $DEBCONF_PACKAGE $DPKG_MAINTSCRIPT_NAME $1 >> \(scratch)/said"
            let scripts = [("base-passwd", said), ("b", said), ("c", "exit 3"), ("d", said)]
            let (todo, root) = try Self.plan(scratch, scripts)
            let command = try #require(todo.steps.first?.command)
            let script = try #require(command.last).replacing("/var/lib/dpkg/info", with: "\(root)/var/lib/dpkg/info")
            let child = try ChildProcess.run("/bin/sh", command[1..<command.count - 1] + [script])
            #expect(child.end == .exited(1))
            #expect(
                try UnpackerTests.text(scratch, "said")
                    == "base-passwd base-passwd preinst install\nb b preinst install\n")
            #expect(ConfigurationPlan.firstFailure(inLog: child.outputText + child.errorText)?.package == "c")
        }
    }

    @Test func aPackageThatDivertsFilesIsLeftToDpkg() throws {
        try withScratchDirectory { scratch in
            let (todo, root) = try Self.plan(
                scratch,
                [("plain", nil), ("diverting", "dpkg-divert --package diverting --add --rename /usr/share/plain\n")])
            let file = "/var/cache/apt/archives/diverting_1_arm64.deb"
            #expect(todo.steps.first?.command.last == file)
            #expect(todo.leftovers == [file])
            #expect(try !UnpackerTests.text(root, "var/lib/dpkg/status").contains("diverting"))
            let copy = try root.pushing(FilePath(String(file.dropFirst()))).readFile()
            #expect(copy == (try scratch.appending("diverting.deb").readFile()))
        }
    }

    /// The stand-in for dpkg-maintscript-helper passes on whatever is not known to do nothing.
    @Test(arguments: [
        ("rm_conffile /etc/x 1.2~ -- configure ''", false), ("rm_conffile /etc/x -- configure", false),
        ("rm_conffile /etc/x 1.2~ -- configure 1.0", true), ("supports rm_conffile", true), ("rm_conffile", true),
        ("dir_to_symlink /a ../b 1 x -- install", true),
    ])
    func theHelperIsSparedItsWorkOnlyWhereItHasNone(_ arguments: String, _ isPassedOn: Bool) throws {
        try withScratchDirectory { scratch in
            let todo = try Self.plan(scratch, [("plain", nil)]).todo
            let helper = try #require(todo.temporaryFiles.first { $0.path.hasSuffix("/dpkg-maintscript-helper") })
            let script = helper.contents.replacing("/usr/bin/dpkg-maintscript-helper", with: "echo passed on")
            let child = try ChildProcess.run("/bin/sh", ["-c", "set -- \(arguments)\n" + script])
            #expect(child.succeeded)
            #expect(child.outputText.hasPrefix("passed on") == isPassedOn)
        }
    }

    @Test func theFirstFailureIsFoundInTheLog() throws {
        let log = """
            Setting up a (1) ...
            Setting up libx:arm64 (1) ...
            cp: no such file

            dpkg: error processing package libx:arm64 (--configure):
             installed libx:arm64 package post-installation script subprocess returned error exit status 1
            dpkg: dependency problems prevent configuration of y:
            dpkg: error processing package y (--configure):
            """
        let failure = try #require(ConfigurationPlan.firstFailure(inLog: log))
        #expect(failure.package == "libx:arm64")
        #expect(
            failure.words == [
                "cp: no such file",
                "installed libx:arm64 package post-installation script subprocess returned error exit status 1",
            ])
        #expect(ConfigurationPlan.firstFailure(inLog: "Setting up a (1) ...\n") == nil)
    }
}
