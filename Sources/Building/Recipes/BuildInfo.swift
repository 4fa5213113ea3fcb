// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import PackageArchive
internal import Provisioning
package import SystemPackage

/// How a Debian package was built, according to its `.buildinfo` (deb-buildinfo(5)), to repeat the build as
/// debrebuild(1) does.
package struct BuildInfo: Sendable {
    package let source: String
    package let version: String
    /// Debian's name of that for which it was built; nil where it was for all.
    package let architecture: String?
    /// Everything that was installed, as dependencies.
    let packages: [String]
    /// Of dpkg-buildpackage(1): which of the source's packages were built.
    private let kind: String
    package let isOfDebian: Bool
    let environment: [String: String]
    /// The build directory; nil if unknown, or not one of Debian's machines.
    let path: FilePath?
    /// SHA-256 of the built files, in hexadecimal digits, by file name.
    package let files: [String: String]

    package init(at path: FilePath) throws(RecipeError) {
        do {
            let bytes = try path.readInput(limit: 16 << 20)
            let package = try SourcePackage(description: String(decoding: bytes, as: UTF8.self), file: path.string)
            try self.init(package)
        } catch let error as any Failure {
            throw RecipeError(
                "cannot rebuild from \(path)", cause: "\(error.problem)\(error.cause.map { ": \($0)" } ?? "")",
                status: .badData)
        } catch {
            throw RecipeError("cannot read \(path)", status: .noInput)
        }
    }

    private init(_ package: SourcePackage) throws(RecipeError) {
        let fields = package.fields
        // Of a binary-only build: PACKAGE (VERSION), and Version is that of the binaries.
        let words = package.name.split(whereSeparator: { $0.isWhitespace || "()".contains($0) }).map(String.init)
        source = words.first ?? package.name
        version = words.count == 2 ? words[1] : package.version.text
        guard version == package.version.text else {
            throw RecipeError(
                "\(source) \(package.version.text): this build cannot be repeated",
                cause: "it rebuilt binary packages only, and no archive has its changelog entry",
                status: .badData)
        }
        let built = (fields["Architecture"] ?? "").split(separator: " ").map(String.init).filter { $0 != "source" }
        architecture = fields["Build-Architecture"] ?? built.first { $0 != "all" }
        let isForAll = built.contains("all")
        kind = isForAll && built.count > 1 ? "-b" : isForAll ? "-A" : "-B"
        isOfDebian = (fields["Build-Origin"] ?? "Debian") == "Debian"
        packages = (fields["Installed-Build-Depends"] ?? "").split(separator: ",")
            .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }.filter { !$0.isEmpty }
        environment = Self.environment(fields["Environment"] ?? "")
        path = fields["Build-Path"].flatMap(Self.buildPath)
        files = Dictionary(package.files.map { ($0.name, $0.sha256) }) { first, _ in first }
    }

    /// A path that is safe in scripts, and a directory of the build's own.
    private static func buildPath(_ text: String) -> FilePath? {
        let path = FilePath(text)
        let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/.+~_-".contains($0)) }
        guard isPlain, path.starts(with: "/build"), path.components.count > 2,
            path.components.allSatisfy({ $0.kind == .regular })
        else { return nil }
        return path
    }

    /// Variables that a build may depend on and that have no other effect (dpkg's own list is longer).
    private static func isFollowed(_ name: String) -> Bool {
        let names = [
            "LANG", "LANGUAGE", "TZ", "SOURCE_DATE_EPOCH", "ASFLAGS", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "DFLAGS",
            "FCFLAGS",
            "FFLAGS", "LDFLAGS", "OBJCFLAGS", "OBJCXXFLAGS", "RUSTFLAGS",
        ]
        return names.contains(name) || name.hasPrefix("DEB_") || name.hasPrefix("LC_")
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
            if isFollowed(String(parts[0])) { values[String(parts[0])] = value }
        }
        return values
    }

    /// The base that it was built in, by the version of base-files, which begins with the release's number; nil if
    /// unknown.
    package var base: String? {
        let version = packages.first { $0.hasPrefix("base-files (= ") }.map { $0.dropFirst("base-files (= ".count) }
        return version.flatMap { Int($0.prefix { $0.isNumber }) }.map { "debian:\($0)" }
    }

    /// The recipe to rebuild the source package of `description`, its `.dsc`.
    package func recipe(description: FilePath, _ options: DebianBuild.Options) throws(RecipeError) -> Recipe {
        var options = options
        (options.packages, options.directory) = (kind, path)
        var recipe = try DebianBuild(description: description, options).recipe(options)
        recipe.packages = packages
        recipe.environment.merge(environment) { $1 }
        let name = "DEB_BUILD_OPTIONS"
        if !options.checks, let recorded = environment[name], !recorded.contains("nocheck") {
            recipe.environment[name] = "nocheck \(recorded)"
        }
        return recipe
    }

    /// The comparison of each file that it lists, one line each.
    package func comparison(with manifest: BuildManifest) -> [String] {
        let made = Dictionary(manifest.artifacts.map { ($0.path, $0.sha256) }) { first, _ in first }
        return files.sorted { $0.key < $1.key }.compactMap { name, digest in
            switch made[name] {
            case digest?: "\(name): identical to the recorded build"
            case nil where name.hasSuffix(".dsc"): nil
            case nil: "\(name): missing: only in the recorded build"
            default: "\(name): differs from the recorded build"
            }
        }
    }
}
