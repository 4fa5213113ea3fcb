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
    /// What the command line names.
    private let origin: SourceOrigin

    struct Found {
        let source: SourceTree
        let name: String
        /// Where the results go, unless somebody says otherwise.
        let output: FilePath
        /// For each architecture.
        let recipes: [Recipe]
        /// What a user should know of the choice.
        let notes: [String]
    }

    init(_ options: Build, locations: Locations) {
        (self.options, self.locations) = (options, locations)
        let current = Surroundings.workingDirectory
        if let package = options.source {
            let words = package.split(separator: "=", maxSplits: 1).map(String.init)
            origin = .package(words[0], version: words.count == 2 ? words[1] : nil)
        } else {
            origin = SourceOrigin(options.directory, relativeTo: current)
        }
    }

    private var directory: FilePath { origin.directory ?? Surroundings.workingDirectory }

    /// `fetched`: a directory that is the build's own.
    func find(fetched: FilePath) throws -> Found {
        let chosen = try options.arch.map { try Catalogue.architecture($0) }
        var recipe = try readRecipe()
        let origin = recipe?.origin ?? origin
        let base = try base() ?? recipe?.base ?? .distro("debian")
        let fetch = BuildFetch(options: options, sourceWords: options.sourceWords)
        var distro: String?
        if case .distro(let name) = base { distro = name }
        let place = try fetch.obtain(
            origin, base: distro, chosen.first ?? recipe?.architectures.first ?? .arm64, in: fetched)
        let isDescription = place.extension == "dsc"
        let source = try tree(isDescription ? place.removingLastComponent() : place)
        let name = origin.name.map { SourceTree.name(of: $0) } ?? source.name
        let output = directory.appending("mangrove-out")
        // A source that was fetched may have a recipe of its own.
        if recipe == nil, origin.directory == nil, options.buildSystem == nil, source.has(Recipe.fileName.string) {
            recipe = try read(source.directory.appending(Recipe.fileName))
        }
        if var recipe {
            recipe.base = base
            if !chosen.isEmpty { recipe.architectures = chosen }
            let recipes = try recipe.architectures.map { architecture in
                var one = recipe
                one.architectures = [architecture]
                return try completed(one)
            }
            return Found(source: source, name: name, output: output, recipes: recipes, notes: [])
        }
        var debian = DebianBuild.Options()
        debian.checks = !options.nocheck
        debian.jobs = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        var recipes: [Recipe] = []
        var notes: [String] = []
        for architecture in chosen.isEmpty ? [.arm64] : chosen {
            debian.architecture = architecture.rawValue
            var recipe: Recipe
            if isDescription {
                recipe = try DebianBuild(description: place, debian).recipe(debian)
                recipe.base = base
            } else {
                let detection = try Detection(
                    source, base: base, manager: manager(of: base), chosen: options.buildSystem, options: debian)
                recipe = detection.recipe
                if notes.isEmpty { notes = self.notes(detection) }
            }
            recipe.architectures = [architecture]
            recipes.append(try completed(recipe))
        }
        return Found(source: source, name: name, output: output, recipes: recipes, notes: notes)
    }

    private func tree(_ path: FilePath) throws -> SourceTree {
        do throws(FilesystemError) {
            return try SourceTree(path)
        } catch {
            throw RecipeError(
                "\(path): the source cannot be read", cause: error.cause ?? error.problem, status: .noInput)
        }
    }

    private func notes(_ detection: Detection) -> [String] {
        let others = detection.others.map(\.title)
        let rest = others.isEmpty ? "" : "; also found: \(others.joined(separator: ", ")) (--build-system chooses)"
        return ["no \(Recipe.fileName): \(detection.system.title), by \(detection.marker)\(rest)"] + detection.notes
    }

    /// nil: none is named, and the directory has none.
    private func readRecipe() throws -> Recipe? {
        if let name = options.recipe { return try read(Surroundings.workingDirectory.pushing(FilePath(name))) }
        guard let directory = origin.directory, options.buildSystem == nil, !options.writesRecipe,
            try tree(directory).has(Recipe.fileName.string)
        else { return nil }
        return try read(directory.appending(Recipe.fileName))
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
        if origin.directory == nil { recipe.origin = origin }
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
