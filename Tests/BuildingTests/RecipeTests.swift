// SPDX-License-Identifier: Apache-2.0

import Architectures
import Failures
import Sandbox
import Provisioning
import SystemPackage
import Testing

@testable import Building

@Suite struct RecipeTests {
    private static let smallest = "{version: 1, base: 'debian:12', steps: ['make'], artifacts: ['a']}"

    private func recipe(_ text: String) throws -> Recipe {
        try Recipe(parsing: Array(text.utf8), at: "/project/mangrove.json")
    }

    @Test func everythingThatARecipeCanSay() throws {
        let recipe = try recipe(
            """
            {
              // A comment.
              version: 1,
              base: {tarball: 'base.tar.xz', sha256: '\(String(repeating: "A", count: 64))'},
              architectures: ['aarch64', 'riscv64'],
              packages: ['gcc', 'make'],
              environment: {CFLAGS: '-O2'},
              user: 'builder',
              network: false,
              binds: ['cache:/cache', '/data:/data:ro'],
              acceleration: 'compilers',
              limits: {memory: '2G', cpus: 1.5, pids: 100},
              from: {git: 'https://example.org/p.git', revision: 'v1'},
              source: 'copy',
              directory: '/build/other',
              steps: [
                'true',
                {name: 'two', run: ['a', 'b'], user: 'root', directory: 'sub', network: true, environment: {A: 'b'}},
              ],
              artifacts: ['dist/**', {files: '/build/install', to: 'usr', optional: true, programs: true, fallback: true}],
            }
            """)
        #expect(recipe.base == .tarball("/project/base.tar.xz", sha256: String(repeating: "a", count: 64)))
        #expect(recipe.architectures == [.arm64, .riscv64])
        #expect(recipe.binds.map(\.source) == ["/project/cache", "/data"])
        #expect(recipe.binds.map(\.isReadOnly) == [false, true])
        #expect(recipe.limits == ResourceLimits(memory: 2 << 30, quota: 150_000, processes: 100))
        #expect(recipe.origin == .git("https://example.org/p.git", revision: "v1"))
        #expect(recipe.source == .copy)
        #expect(recipe.steps.map(\.name) == ["step 1", "two"])
        #expect(recipe.steps[1].script == "a\nb")
        #expect(recipe.steps[1].network == true)
        #expect(recipe.artifacts[1].directory == "usr")
        #expect(recipe.artifacts[1].isFallback && !recipe.artifacts[1].isRequired)
        #expect(!recipe.network)
    }

    /// What --init writes says the same.
    @Test func aRecipeThatIsWrittenReadsTheSame() throws {
        var recipe = try recipe(Self.smallest)
        recipe.packages = ["a \"b\"", "c"]
        recipe.environment = ["X": "y\\z"]
        recipe.origin = .package("hello", version: "2.10-3")
        recipe.steps = [Recipe.Step("one", "a\nb 'c'"), Recipe.Step("two", "make")]
        recipe.artifacts = [ArtifactPattern("a/**"), ArtifactPattern("b", isRequired: false, onlyPrograms: true)]
        recipe.network = false
        recipe.directory = "/build/x"
        #expect(try Recipe(parsing: Array(recipe.text.utf8), at: "/project/mangrove.json") == recipe)
    }

    @Test(arguments: [
        ("{\n version: 1,\n bsae: 'debian'\n}", "line 3: bsae", "did you mean \"base\"?"),
        ("{version: 2}", "line 1: version", "expected 1"),
        ("{version: 1,\n base: 7, steps: [], artifacts: []}", "line 2: base", "expected a string, found a number"),
        ("{version: 1, base: 'a b', steps: [], artifacts: []}", "line 1: base", "expected one word"),
        ("{version: 1, base: 'd',\n steps: [], artifacts: []}", "line 2: steps", "at least one step"),
        (
            "{version: 1, base: 'd',\n steps: [{rum: 'x'}], artifacts: []}", "line 2: steps[0].rum",
            "did you mean \"run\"?"
        ),
        ("{version: 1, base: 'd', steps: ['x'],\n artifacts: [{files: 'a', to: '../b'}]}", "artifacts[0].to", "below"),
        ("{version: 1, base: 'd', steps: ['x'], artifacts: [''] }", "artifacts[0]", "non-empty"),
        ("{version: 1, base: 'd', architectures: ['pdp11']}", "architectures[0]", "expected one of amd64"),
        ("{version: 1, base: 'd', limits: {memory: '1'}}", "limits.memory", "512M"),
        ("{version: 1, base: 'd', source: 'moved'}", "source", "expected overlay, copy or mount"),
        ("{version: 1, base: 'd', directory: '/usr'}", "directory", "outside system directories"),
        ("{version: 1, base: 'd', binds: ['a:b:c:d']}", "binds[0]", "SRC:DST"),
        ("{version: 1, base: 'd', from: {git: 'a', tarball: 'b'}}", "from", "expected one of"),
        (
            "{version: 1, base: 'd', steps: ['x'], artifacts: ['a'],\n\n environment: {'A=B': 'c'}}",
            "line 3: environment", "variable"
        ),
        ("{version: 1, base 'd'}", "line 1, column 19", "colon"),
    ])
    func whatIsWrongIsSaidWithItsLine(text: String, place: String, reason: String) {
        let error = #expect(throws: RecipeError.self) { try recipe(text) }
        #expect(error?.status == .badConfiguration)
        #expect(error?.problem.contains(place) == true, "\(error?.problem ?? "")")
        #expect(error?.problem.hasPrefix("/project/mangrove.json: ") == true)
        #expect(error?.cause?.contains(reason) == true, "\(error?.cause ?? "")")
    }

    @Test(arguments: [
        ("sub", SourceOrigin.directory("/here/sub")), (".", .directory("/here")),
        ("x-1.tar.xz", .tarball("/here/x-1.tar.xz", sha256: nil)),
        ("https://e.org/x.tgz?a=b", .tarball("https://e.org/x.tgz?a=b", sha256: nil)),
        ("https://e.org/x.git#v1", .git("https://e.org/x.git", revision: "v1")),
        ("https://e.org/x", .git("https://e.org/x", revision: nil)),
        ("git@e.org:a/x", .git("git@e.org:a/x", revision: nil)),
        ("repo#main", .git("/here/repo", revision: "main")),
        ("a_1.dsc", .description("/here/a_1.dsc")),
    ])
    func whatIsNamedIsToldApart(text: String, origin: SourceOrigin) {
        #expect(SourceOrigin(text, relativeTo: "/here") == origin)
    }
}
