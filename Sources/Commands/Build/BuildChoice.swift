// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import ArgumentParser
internal import Building
internal import Catalogue
internal import Failures
internal import Filesystem
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// Finds out what `build` is to do: by the recipe, or by what the source looks like.
struct BuildChoice {
    private let options: Build
    private let locations: Locations
    private let directory: FilePath

    struct Found {
        let source: SourceTree
        /// For each architecture.
        let recipes: [Recipe]
        /// What a user should know of the choice.
        let notes: [String]
        /// nil: a recipe was there.
        let detection: Detection?
    }

    init(_ options: Build, locations: Locations) {
        (self.options, self.locations) = (options, locations)
        directory = Surroundings.workingDirectory.pushing(FilePath(options.directory)).lexicallyNormalized()
    }

    func find() throws -> Found {
        let source: SourceTree
        do throws(FilesystemError) {
            source = try SourceTree(directory)
        } catch {
            throw RecipeError(
                "\(directory): the source cannot be read", cause: error.cause ?? error.problem, status: .noInput)
        }
        let chosen = try options.arch.map { try Catalogue.architecture($0) }
        if let path = recipePath(source) {
            var recipe = try read(path)
            if let base = try base() { recipe.base = base }
            if !chosen.isEmpty { recipe.architectures = chosen }
            let recipes = try recipe.architectures.map { architecture in
                var one = recipe
                one.architectures = [architecture]
                return try completed(one)
            }
            return Found(source: source, recipes: recipes, notes: [], detection: nil)
        }
        let base = try base() ?? .distro("debian")
        var debian = DebianBuild.Options()
        debian.checks = !options.nocheck
        debian.jobs = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        var recipes: [Recipe] = []
        var first: Detection?
        for architecture in chosen.isEmpty ? [.arm64] : chosen {
            debian.architecture = architecture.rawValue
            let detection = try Detection(
                source, base: base, manager: manager(of: base), chosen: options.buildSystem, options: debian)
            first = first ?? detection
            var recipe = detection.recipe
            recipe.architectures = [architecture]
            recipes.append(try completed(recipe))
        }
        return Found(source: source, recipes: recipes, notes: notes(first), detection: first)
    }

    private func notes(_ detection: Detection?) -> [String] {
        guard let detection else { return [] }
        let others = detection.others.map(\.title)
        let rest = others.isEmpty ? "" : "; also found: \(others.joined(separator: ", ")) (--build-system chooses)"
        return ["no \(Recipe.fileName): \(detection.system.title), by \(detection.marker)\(rest)"] + detection.notes
    }

    /// nil: the source has none.
    private func recipePath(_ source: SourceTree) -> FilePath? {
        if let name = options.recipe { return Surroundings.workingDirectory.pushing(FilePath(name)) }
        guard options.buildSystem == nil, !options.writesRecipe, source.has(Recipe.fileName.string) else { return nil }
        return directory.appending(Recipe.fileName)
    }

    private func read(_ path: FilePath) throws -> Recipe {
        let bytes: [UInt8]
        do throws(FilesystemError) {
            bytes = try path.readInput(limit: 1 << 20)
        } catch {
            throw RecipeError(
                "cannot read the recipe \(path)", cause: error.cause ?? error.problem, status: .badConfiguration)
        }
        return try Recipe(parsing: bytes, at: path)
    }

    private func base() throws -> Recipe.Base? {
        options.root.map { .root($0) } ?? options.base.map { .distro($0) }
    }

    /// Whose packages `base` has, as far as can be told before it is there.
    private func manager(of base: Recipe.Base) throws -> InstalledPackages.Manager {
        switch base {
        case .distro(let name):
            return try options.sources.catalogue.load().distro(name.split(separator: ":").first.map(String.init) ?? "")
                .packageManager == "apk" ? .apk : .dpkg
        case .root(let name):
            let tree = FilePath(try RootStore(locations.roots).find(name).path)
            return (try? InstalledPackages(of: Directory.open(tree)))?.manager ?? .dpkg
        case .tarball(let name, _): return name.contains("alpine") ? .apk : .dpkg
        }
    }

    /// With what the command line adds, and the release that a name means today.
    private func completed(_ recipe: Recipe) throws -> Recipe {
        var recipe = recipe
        recipe.packages += options.packages
        for assignment in options.env {
            guard let separator = assignment.firstIndex(of: "="), separator != assignment.startIndex else {
                throw ValidationError("--env \(assignment): it should read KEY=VALUE")
            }
            recipe.environment[String(assignment[..<separator])] =
                String(assignment[assignment.index(after: separator)...])
        }
        let limits = try options.limits.limits()
        if !limits.isEmpty { recipe.limits = limits }
        guard case .distro(let name) = recipe.base, let architecture = recipe.architectures.first else { return recipe }
        guard !name.hasPrefix("oci:") else {
            throw RecipeError(
                "\(name): images are not supported as a base yet", remedy: "name a distro and release, or a tarball",
                status: .badConfiguration)
        }
        let selection = try options.sources.catalogue.load().select(name, architecture: architecture)
        recipe.base = .distro("\(selection.distro.name):\(selection.release.number)")
        return recipe
    }

    /// `--init`.
    func write(_ found: Found) throws {
        guard var recipe = found.recipes.first else { return }
        recipe.architectures = found.recipes.flatMap(\.architectures)
        let path = directory.appending(Recipe.fileName)
        let file: OwnedDescriptor
        do throws(FilesystemError) {
            file = try OwnedDescriptor.open(path, .writeOnly, options: [.create, .exclusiveCreate])
        } catch let error where error.errno == .fileExists {
            throw RecipeError(
                "\(path) is there already", remedy: "delete it first to have another one", status: .cannotCreate)
        } catch {
            throw error
        }
        try file.write(Array(recipe.text.utf8), to: path)
        FailureRendering.note("wrote \(path)")
    }
}
