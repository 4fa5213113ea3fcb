// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Architectures
import Failures
import Filesystem
import Fixtures
import Provisioning
import SystemPackage
import Testing

@testable import Building

@Suite struct DetectionTests {
    private func detect(
        _ files: [String: String], manager: InstalledPackages.Manager = .dpkg, chosen: BuildSystem? = nil
    ) throws -> Detection {
        try withScratchDirectory { directory in
            for (name, text) in files {
                let path = directory.pushing(FilePath(name))
                try path.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array(text.utf8), to: path)
            }
            return try Detection(SourceTree(directory), manager: manager, chosen: chosen)
        }
    }

    @Test(arguments: [
        ("configure", BuildSystem.autotools, "./configure"), ("configure.ac", .autotools, "autoreconf"),
        ("meson.build", .meson, "meson setup"), ("CMakeLists.txt", .cmake, "cmake -S ."),
        ("Makefile", .make, "make -j"),
        ("Cargo.toml", .cargo, "cargo build --release"), ("go.mod", .go, "go build"),
        ("pyproject.toml", .python, "pip wheel"),
    ])
    func buildSystemsAreRecognised(file: String, system: BuildSystem, command: String) throws {
        let found = try detect([file: ""])
        #expect(found.system == system)
        #expect(found.marker == file)
        #expect(found.recipe.steps.contains { $0.script.contains(command) })
        #expect(!found.recipe.packages.isEmpty)
        #expect(!found.recipe.artifacts.isEmpty)
        let alpine = try detect([file: ""], manager: .apk)
        #expect(alpine.recipe.packages != found.recipe.packages)
    }

    /// What recipes of any build system make beside the source is not what a source of that name is hidden by.
    @Test func aSourceMayBeCalledLikeWhatIsMadeBesideIt() throws {
        var places: Set<String> = []
        for (system, manager) in BuildSystem.allCases.flatMap({ system in
            [InstalledPackages.Manager.dpkg, .apk].map { (system, $0) }
        }) where system != .debian && system.isFor(manager) {
            let recipe = try detect([system.markers[0]: ""], manager: manager).recipe
            let texts =
                recipe.steps.map(\.script) + recipe.environment.values + recipe.artifacts.map(\.pattern.text)
            for text in texts {
                for part in text.split(separator: "/build/").dropFirst(text.hasPrefix("/build/") ? 0 : 1) {
                    places.insert(String(part.prefix { $0.isLetter }))
                }
            }
        }
        #expect(places == ["cargo", "go", "install", "objects", "packages", "wheels"])
        for place in places.union(["other"]) {
            let request = BuildRequest(
                Recipe(), .arm64, source: "/s", from: .directory("/s"), name: place, output: "/o", opensShell: false)
            #expect(request.directory == (place == "other" ? "/build/other" : FilePath("/build/\(place)-source")))
        }
    }

    @Test func theFirstIsTakenAndTheOthersAreSaid() throws {
        let found = try detect(["configure": "", "CMakeLists.txt": "", "Makefile": ""])
        #expect(found.system == .autotools)
        #expect(found.others == [.cmake, .make])
        #expect(try detect(["configure": "", "CMakeLists.txt": ""], chosen: .cmake).system == .cmake)
    }

    @Test func aMakefileInstallsOnlyWhatItSaysItInstalls() throws {
        let plain = try detect(["Makefile": "all:\n\tcc x.c\n# install: no\n\tinstall: no\n"])
        #expect(plain.recipe.steps.map(\.name) == ["make"])
        let installing = try detect(["Makefile": "all:\n\ninstall uninstall: all\n\tcp x $(DESTDIR)/\n"])
        #expect(installing.recipe.steps.map(\.name) == ["make", "install"])
    }

    @Test func nothingRecognisedIsAnErrorThatSaysWhatWasLookedFor() {
        let error = #expect(throws: RecipeError.self) { try detect(["README": ""]) }
        #expect(error?.status == .badData)
        #expect(error?.cause?.contains("CMakeLists.txt") == true)
        #expect(error?.remedy?.contains("--init") == true)
    }

    private static let debian = [
        "debian/rules": "#!/usr/bin/make -f\n",
        "debian/changelog": "hello (1:2.10-3) unstable; urgency=low\n\n  * x\n",
        "debian/source/format": "3.0 (quilt)\n",
        "debian/control": """
        Source: hello
        Build-Depends: debhelper-compat (= 13), gcc [arm64], bad [amd64], notarm [!arm64],
         check <!nocheck>, stage <stage1>, a (>= 1) | b:native, ${misc:X}
        Build-Depends-Indep: texinfo

        Package: hello
        Architecture: any
        """,
    ]

    @Test func aDebianSourcePackageIsBuiltAsDebianDoes() throws {
        let found = try detect(Self.debian)
        #expect(found.system == .debian)
        let recipe = found.recipe
        #expect(recipe.directory == "/build/reproducible-path/hello-2.10")
        #expect(recipe.user == "builder")
        #expect(!recipe.network)
        #expect(
            recipe.packages == [
                "build-essential", "fakeroot", "debhelper-compat (= 13)", "gcc", "check", "a (>= 1) | b:native",
                "texinfo",
            ])
        #expect(recipe.environment["LC_ALL"] == "C.UTF-8")
        #expect(recipe.artifacts.contains { $0.pattern.text == "/build/reproducible-path/*.deb" && $0.isRequired })
    }

    @Test func onAlpineItIsNotTakenForOne() {
        #expect(throws: RecipeError.self) { try detect(Self.debian, manager: .apk) }
    }

    @Test func aChangelogThatIsNoneIsNamed() {
        var files = Self.debian
        files["debian/changelog"] = "hello\n"
        let error = #expect(throws: RecipeError.self) { try detect(files) }
        #expect(error?.problem.contains("debian/changelog") == true)
        #expect(error?.status == .badData)
    }
}
