// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import PackageArchive
internal import Provisioning
package import SystemPackage

/// A Debian source package, built as on Debian's own machines (sbuild(1), "Debian Policy", chapter 4): at the same path,
/// by an ordinary user, without network.
package struct DebianBuild: Sendable {
    package struct Options: Hashable, Sendable {
        /// Its tests are executed.
        package var checks = true
        /// The number of parallel jobs.
        package var jobs = 1
        /// Debian's name.
        package var architecture = "arm64"
        /// Of dpkg-buildpackage(1): which of the source's packages are built.
        var packages = "-b"
        /// The build directory, if not that of Debian's machines.
        var directory: FilePath?

        package init() {}
    }

    let name: String
    let version: String
    /// Its build dependencies, in the form of `create --package`.
    let dependencies: [String]
    /// The name of its directory for dpkg-source.
    let directoryName: String
    /// The name of its `.dsc`, where it is to be unpacked.
    private let description: String?

    static let place: FilePath = "/build/reproducible-path"
    static let user = "builder"

    /// From `debian/control` and `debian/changelog` of an unpacked one.
    init(_ source: SourceTree, _ options: Options) throws(RecipeError) {
        func text(_ file: String) throws(RecipeError) -> String {
            guard let text = source.text(file) else {
                throw RecipeError(
                    "\(source.directory): incomplete Debian source package", cause: "there is no \(file)",
                    status: .badData)
            }
            return text
        }
        let changelog = try text("debian/changelog")
        // deb-changelog(5): PACKAGE (VERSION) DISTRIBUTIONS; METADATA
        let words = changelog.prefix { !$0.isNewline }.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, words[1].hasPrefix("("), words[1].hasSuffix(")") else {
            throw RecipeError(
                "\(source.directory)/debian/changelog: invalid first line",
                cause: "expected PACKAGE (VERSION) DISTRIBUTION; urgency=URGENCY", status: .badData)
        }
        (name, version) = (String(words[0]), String(words[1].dropFirst().dropLast()))
        directoryName = SourcePackage.directoryName(
            name, PackageVersion(version), format: source.text("debian/source/format") ?? "1.0")
        description = nil
        let control = try text("debian/control")
        let stanzas: [Stanza]
        do throws(PackageArchiveError) {
            stanzas = try Stanza.parse(control, file: "\(source.directory)/debian/control")
        } catch {
            throw RecipeError(error.problem, cause: error.cause, status: .badData)
        }
        guard let first = stanzas.first, first["Source"] != nil else {
            throw RecipeError(
                "\(source.directory)/debian/control: its first paragraph has no Source", status: .badData)
        }
        dependencies = BuildDependencies.parse(
            first, architecture: options.architecture, profiles: options.checks ? [] : ["nocheck"])
    }

    /// Of one that is not unpacked: `description` is its `.dsc`.
    package init(description: FilePath, _ options: Options) throws(RecipeError) {
        do {
            let bytes = try description.readFile(limit: 4 << 20)
            let package = try SourcePackage(
                description: String(decoding: bytes, as: UTF8.self), file: description.string)
            (name, version) = (package.name, package.version.text)
            directoryName = package.directoryName
            dependencies = BuildDependencies.parse(
                package.fields, architecture: options.architecture, profiles: options.checks ? [] : ["nocheck"])
            self.description = description.lastComponent?.string
        } catch let error as any Failure {
            throw RecipeError(error.problem, cause: error.cause, status: .badData)
        } catch {
            throw RecipeError("cannot read \(description)", status: .badData)
        }
    }

    package func recipe(_ options: Options) -> Recipe {
        var recipe = Recipe()
        recipe.packages = ["build-essential", "fakeroot"] + dependencies
        let directory = options.directory ?? Self.place.appending(directoryName)
        let place = directory.removingLastComponent()
        recipe.directory = directory
        recipe.network = false
        recipe.user = Self.user
        recipe.environment = [
            "DEB_BUILD_OPTIONS": (options.checks ? "" : "nocheck ") + "parallel=\(options.jobs)",
            "HOME": "/nonexistent", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC",
        ]
        var build = Recipe.Step(
            "build",
            "umask 022\nexec dpkg-buildpackage \(options.packages) -us -uc\(options.checks ? "" : " -Pnocheck")")
        recipe.steps = [build]
        if let description {
            build.directory = directory
            recipe.directory = "/sources"
            recipe.source = .mount
            // The archive's index verifies it when it is fetched.
            let script = """
                umask 022
                mkdir -p \(place)
                cd \(place)
                dpkg-source --no-check -x /sources/\(ShellWord.quoted(description)) \(directory)
                """
            recipe.steps = [Recipe.Step("unpack", script), build]
        }
        recipe.artifacts = ["deb", "udeb", "ddeb", "buildinfo", "changes"].map {
            ArtifactPattern("\(place)/*.\($0)", isRequired: $0 == "deb")
        }
        return recipe
    }
}
