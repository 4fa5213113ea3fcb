// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Filesystem
import Fixtures
import SystemPackage
import Testing

@Suite struct EligibleFamiliesTests {
    private static func programs(_ plan: AccelerationPlan) -> [String: DispatchEntry] {
        var found: [String: DispatchEntry] = [:]
        for entry in plan.entries {
            if case .program(let path, _, _, _) = entry.kind { found[path.lastComponent?.string ?? ""] = entry }
        }
        return found
    }

    @Test func compilersOfGoGenerateCodeForTheRootsArchitecture() throws {
        try PairedTrees.with { trees in
            let directory = "/usr/lib/go-1.19/pkg/tool"
            let names = ["asm", "compile", "dist", "link"]
            for (tree, machine) in [(trees.root, "arm64"), (trees.tools, Architecture.host.rawValue)] {
                var files: [String: PairedTrees.Content] = ["/usr/lib/go-1.19/bin/go": .program]
                // Whatever names the host's machine in them, they are told the root's.
                for name in names { files["\(directory)/linux_\(machine)/\(name)"] = .programSaying("for amd64") }
                try trees.install("golang-1.19-go", "1.19.8-2", in: tree, files)
            }
            let record = try trees.seal()
            let plan = try trees.plan { $0.record = record }
            #expect(plan.programs == ["asm", "compile", "link"].map { "\(directory)/linux_arm64/\($0)" })
            let compile = try #require(Self.programs(plan)["compile"])
            guard case .program(let path, _, _, let environment) = compile.kind else { return }
            #expect(path.string.hasSuffix("\(directory)/linux_\(Architecture.host)/compile"))
            #expect(environment == ["GOARCH=arm64"])
        }
    }

    @Test func thePackagingOfACompilerMatters() throws {
        try PairedTrees.with { trees in
            let path = "/usr/lib/go-1.19/bin/gofmt"
            try trees.install("golang-1.19-go", "1.19.8-2", in: trees.root, [path: .program])
            try trees.install("golang-1.19-go", "1.19.8-3", in: trees.tools, [path: .program])
            let plan = try trees.plan()
            #expect(plan.programs == [])
            #expect(plan.reason("golang-1.19-go") == "version 1.19.8-2 differs from the tools tree's 1.19.8-3")
        }
    }

    /// A tools tree gets them once a root has them.
    @Test func aFamilysPackageIsWantedOfToolsTrees() throws {
        try PairedTrees.with { trees in
            try trees.installBoth("sed", "4.9-1", "/bin/sed")
            try trees.install("golang-1.22-go", "1.22.4-1", in: trees.root, ["/usr/lib/go-1.22/bin/gofmt": .program])
            try trees.install("golang-github-x-go", "1", in: trees.root, ["/usr/bin/x": .program])
            let plan = try trees.plan()
            #expect(plan.programs == ["/usr/bin/sed"])
            let fallback = try #require(plan.fallbacks.first { $0.package == "golang-1.22-go" })
            #expect(fallback.versions?.own == "1.22.4-1" && fallback.versions?.native == nil)
            #expect(plan.reason("golang-github-x-go") == nil)
        }
    }

    @Test func javacIsNativeWhereItLoadsNoClassesOfOthers() throws {
        try PairedTrees.with { trees in
            for (tree, machine) in [(trees.root, "arm64"), (trees.tools, Architecture.host.rawValue)] {
                let home = "/usr/lib/jvm/java-17-openjdk-\(machine)"
                try trees.install(
                    "openjdk-17-jdk-headless", "17.0.1-1", in: tree,
                    ["\(home)/bin/javac": .program, "\(home)/bin/jdb": .program])
                let lib = tree.appending(String(home.dropFirst())).appending("lib")
                try lib.makeDirectories()
                try Directory.open(lib).makeSymbolicLink("jvm.cfg", to: "/etc/java-17-openjdk/jvm-\(machine).cfg")
            }
            let record = try trees.seal()
            let plan = try trees.plan { $0.record = record }
            #expect(plan.programs == ["/usr/lib/jvm/java-17-openjdk-arm64/bin/javac"])
            let exceptions = try #require(Self.programs(plan)["javac"]).exceptions
            #expect(exceptions.together.contains("-cp") && exceptions.apart == ["-proc:none"])
            #expect(exceptions.readsResponses)
            #expect(exceptions.variables.contains("JDK_JAVAC_OPTIONS"))
            #expect(exceptions.changes["META-INF/services/javax.annotation.processing.Processor"] == .some(nil))
            // The root's own has the other architecture's name.
            let link = trees.tools.appending("usr/lib/jvm/java-17-openjdk-\(Architecture.host)/lib")
            let target = try Directory.open(link).symbolicLinkTarget(of: "jvm.cfg")
            #expect(target == "../../../../../etc/java-17-openjdk/jvm-\(Architecture.host).cfg")
        }
    }

    /// They have the host's name in them, and are made to say the root's.
    @Test func distccIsNative() throws {
        try PairedTrees.with { trees in
            let own = "x86_64-pc-linux-gnu"
            let files: [String: PairedTrees.Content] = [
                "/usr/bin/distcc": .programSaying(own), "/usr/bin/distccd": .programSaying("gnuhost=\(own)"),
            ]
            for tree in [trees.root, trees.tools] { try trees.install("distcc", "3.4-4", in: tree, files) }
            let record = try trees.seal()
            #expect(try trees.plan { $0.record = record }.programs == ["/usr/bin/distcc", "/usr/bin/distccd"])
        }
    }

    /// Whether the optimizer multiplies and adds in one step was looked up in these builds.
    @Test(arguments: [
        ("1:14.0.6-12", Architecture.arm64, true), ("1:14.0.6-13", .arm64, false), ("1:14.0.6-12", .riscv64, false),
    ])
    func compilersOfLLVMAreReviewedBuildByBuild(_ version: String, _ root: Architecture, isNative: Bool) throws {
        try PairedTrees.with(root) { trees in
            let path = "/usr/lib/llvm-14/bin/clang"
            try trees.installBoth("clang-14", version, path)
            let plan = try trees.plan()
            #expect(plan.programs == (isNative ? [path] : []))
            let reason = "version \(version) for \(root) was not reviewed"
            #expect(plan.reason("clang-14") == (isNative ? nil : reason))
        }
    }
}
