// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import PackageArchive
internal import Provisioning
package import SystemPackage

/// How a Debian package was built once, as its `.buildinfo` says (deb-buildinfo(5)): to do it again, as debrebuild(1) does.
package struct BuildInfo: Sendable {
    package let source: String
    package let version: String
    /// Debian's name of that for which it was built; nil where it was for all.
    package let architecture: String?
    /// All that was installed, in the words of dependencies.
    let packages: [String]
    let environment: [String: String]
    /// The directory in which it was built; nil where it is not said, or is none of Debian's machines'.
    let path: FilePath?
    /// SHA-256 of what was made, in hexadecimal digits, by the file's name.
    package let files: [String: String]

    package init(at path: FilePath) throws(RecipeError) {
        do {
            let bytes = try path.readInput(limit: 16 << 20)
            let package = try SourcePackage(description: String(decoding: bytes, as: UTF8.self), file: path.string)
            self.init(package)
        } catch let error as any Failure {
            throw RecipeError(
                "\(path) cannot be followed", cause: "\(error.problem)\(error.cause.map { ": \($0)" } ?? "")",
                status: .badData)
        } catch {
            throw RecipeError("\(path) cannot be read", status: .noInput)
        }
    }

    private init(_ package: SourcePackage) {
        let fields = package.fields
        // Of a binary-only build: PACKAGE (VERSION), and Version is that of the binaries.
        let words = package.name.split(whereSeparator: { $0.isWhitespace || "()".contains($0) }).map(String.init)
        source = words.first ?? package.name
        version = words.count == 2 ? words[1] : package.version.text
        architecture =
            (fields["Architecture"] ?? "").split(separator: " ").map(String.init)
            .first { $0 != "all" && $0 != "source" }
        packages = (fields["Installed-Build-Depends"] ?? "").split(separator: ",")
            .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }.filter { !$0.isEmpty }
        environment = Self.environment(fields["Environment"] ?? "")
        path = fields["Build-Path"].map { FilePath($0) }.flatMap { $0.starts(with: "/build") ? $0 : nil }
        files = Dictionary(package.files.map { ($0.name, $0.sha256) }) { first, _ in first }
    }

    /// Lines of NAME="VALUE", in which a backslash stands before quotes and backslashes.
    private static func environment(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[1].count >= 2, parts[1].hasPrefix("\""), parts[1].hasSuffix("\"") else {
                continue
            }
            var value = ""
            var isEscaped = false
            for character in parts[1].dropFirst().dropLast() {
                if character == "\\", !isEscaped {
                    isEscaped = true
                } else {
                    value.append(character)
                    isEscaped = false
                }
            }
            values[String(parts[0])] = value
        }
        return values
    }

    /// The base that it was built in, by its base-files, of which the first number is the release's; nil: it is not said.
    package var base: String? {
        let version = packages.first { $0.hasPrefix("base-files (= ") }.map { $0.dropFirst("base-files (= ".count) }
        return version.flatMap { Int($0.prefix { $0.isNumber }) }.map { "debian:\($0)" }
    }

    /// `recipe` is that of the same source package.
    package func apply(to recipe: inout Recipe) {
        recipe.packages = packages
        recipe.environment.merge(environment) { $1 }
        guard let path else { return }
        let place = path.removingLastComponent()
        for index in recipe.steps.indices {
            guard let usual = recipe.steps[index].directory ?? recipe.steps.last?.directory else { continue }
            if recipe.steps[index].directory != nil { recipe.steps[index].directory = path }
            recipe.steps[index].script.replace(usual.string, with: path.string)
            recipe.steps[index].script.replace(DebianBuild.place.string, with: place.string)
        }
        for index in recipe.artifacts.indices {
            let text = recipe.artifacts[index].pattern.text
            recipe.artifacts[index].pattern = PathPattern(text.replacing(DebianBuild.place.string, with: place.string))
        }
    }

    /// What became of each file that it names, a line each.
    package func comparison(with manifest: BuildManifest) -> [String] {
        let made = Dictionary(manifest.artifacts.map { ($0.path, $0.sha256) }) { first, _ in first }
        return files.sorted { $0.key < $1.key }.compactMap { name, digest in
            switch made[name] {
            case digest?: "\(name): the same as then, bit for bit"
            case nil where name.hasSuffix(".dsc"): nil
            case nil: "\(name): made then, and not now"
            default: "\(name): other than it was then"
            }
        }
    }
}
