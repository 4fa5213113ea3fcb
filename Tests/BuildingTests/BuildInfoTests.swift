// SPDX-License-Identifier: Apache-2.0

import Failures
import Filesystem
import Fixtures
import Provisioning
import SystemPackage
import Testing

@testable import Building

@Suite struct BuildInfoTests {
    private static let digest = String(repeating: "ab", count: 32)
    private static let text = """
        -----BEGIN PGP SIGNED MESSAGE-----
        Hash: SHA512

        Format: 1.0
        Source: zip
        Binary: zip zip-dbgsym
        Architecture: arm64
        Version: 3.0-13
        Checksums-Sha256:
         \(digest) 216224 zip_3.0-13_arm64.deb
        Build-Origin: Debian
        Build-Architecture: arm64
        Build-Path: /build/reproducible-path/zip-3.0
        Installed-Build-Depends:
         autoconf (= 2.71-3),
         base-files (= 12.4),
         libc6 (= 2.36-9)
        Environment:
         DEB_BUILD_OPTIONS="parallel=4"
         LANG="C.UTF-8"
         CFLAGS="a \\"b\\" \\\\ c"
         LD_PRELOAD="/evil.so"
        -----BEGIN PGP SIGNATURE-----

        xyz
        -----END PGP SIGNATURE-----
        """

    private func info(_ text: String = text) throws -> BuildInfo {
        try withScratchDirectory { scratch in
            let file = scratch.appending("zip.buildinfo")
            try AtomicFile.write(Array(text.utf8), to: file)
            return try BuildInfo(at: file)
        }
    }

    @Test func itSaysOfWhatAndHowItWasBuilt() throws {
        let info = try info()
        #expect(info.source == "zip")
        #expect(info.version == "3.0-13")
        #expect(info.architecture == "arm64")
        #expect(info.base == "debian:12")
        #expect(info.packages == ["autoconf (= 2.71-3)", "base-files (= 12.4)", "libc6 (= 2.36-9)"])
        #expect(info.environment["LD_PRELOAD"] == nil)
        #expect(info.environment["CFLAGS"] == "a \"b\" \\ c")
        #expect(info.files == ["zip_3.0-13_arm64.deb": Self.digest])
    }

    @Test func aRebuildOfBinaryPackagesAloneIsRefused() throws {
        let text = Self.text.replacing("Source: zip", with: "Source: zip (3.0-13)")
            .replacing("Version: 3.0-13", with: "Version: 3.0-13+b1")
        let error = #expect(throws: RecipeError.self) { try info(text) }
        #expect(error?.cause?.hasPrefix("zip 3.0-13+b1: this build cannot be repeated") == true)
    }

    @Test func whatItWasBuiltForIsNotWhereItWasBuilt() throws {
        let text = Self.text.replacing("Architecture: arm64\nVersion", with: "Architecture: all\nVersion")
            .replacing("Build-Architecture: arm64", with: "Build-Architecture: amd64")
        #expect(try info(text).architecture == "amd64")
        #expect(try !info(Self.text.replacing("Build-Origin: Debian", with: "Build-Origin: Ubuntu")).isOfDebian)
    }

    @Test func theRecipeHasItsPackagesPathAndEnvironment() throws {
        try withScratchDirectory { scratch in
            let description = """
                Format: 3.0 (quilt)
                Source: zip
                Version: 3.0-13
                Build-Depends: debhelper-compat (= 13)
                Checksums-Sha256:
                 \(Self.digest) 1 zip_3.0.orig.tar.gz
                """
            let file = scratch.appending("zip_3.0-13.dsc")
            try AtomicFile.write(Array(description.utf8), to: file)
            let options = DebianBuild.Options()
            let other = Self.text.replacing("/build/reproducible-path/zip-3.0", with: "/build/zip-Ab1/zip-3")
            let recipe = try info(other).recipe(description: file, options)
            #expect(recipe.packages.contains("libc6 (= 2.36-9)"))
            #expect(!recipe.packages.contains("debhelper-compat (= 13)"))
            #expect(recipe.environment["DEB_BUILD_OPTIONS"] == "parallel=4")
            #expect(recipe.steps.last?.directory == "/build/zip-Ab1/zip-3")
            #expect(recipe.steps.first?.script.contains("-x /sources/'zip_3.0-13.dsc' /build/zip-Ab1/zip-3") == true)
            #expect(recipe.artifacts.first?.pattern.text == "/build/zip-Ab1/*.deb")
            #expect(recipe.steps.last?.script.contains("dpkg-buildpackage -B") == true)
            // A path that is none of Debian's machines' is not followed.
            for path in ["/etc", "/build/x;id>&2;echo", "/build/../etc", "/build/$(id)"] {
                let recipe = try info(Self.text.replacing("/build/reproducible-path", with: path))
                    .recipe(description: file, options)
                #expect(recipe.steps.last?.directory == "/build/reproducible-path/zip-3.0", "\(path)")
            }
        }
    }

    @Test func whatIsNoneIsAnError() throws {
        let error = #expect(throws: RecipeError.self) { try info("hello\n") }
        #expect(error?.status == .badData)
        #expect(error?.problem.hasPrefix("cannot rebuild from ") == true)
    }
}
