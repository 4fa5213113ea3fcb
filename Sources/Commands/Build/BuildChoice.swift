// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import ArgumentParser
internal import Building
internal import Catalogue
internal import Failures
internal import Filesystem
internal import Images
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// Decides what `build` does: by the recipe, or by detecting the build system.
struct BuildChoice {
    private let options: Build
    private let locations: Locations
    /// What the command line names.
    private let origin: SourceOrigin
    let configuration: Configuration
    /// The build to repeat, from a `.buildinfo`.
    let followed: BuildInfo?

    struct Found {
        let source: SourceTree
        let origin: SourceOrigin
        let name: String
        /// The default output directory.
        let output: FilePath
        /// For each architecture.
        let recipes: [Recipe]
        /// Messages about the choice.
        let notes: [String]
    }

    init(_ options: Build, locations: Locations) throws {
        (self.options, self.locations) = (options, locations)
        configuration = try Configuration(at: locations.configuration)
        let current = Surroundings.workingDirectory
        if options.source == nil, options.directory.hasSuffix(".buildinfo"), !options.directory.contains("://") {
            let info = try BuildInfo(at: current.pushing(FilePath(options.directory)))
            guard info.isOfDebian || options.base != nil || options.root != nil else {
                throw RecipeError(
                    "\(options.directory): unknown base",
                    cause: "expected Build-Origin Debian", remedy: "name one: --base ubuntu:24.04", status: .badData)
            }
            (origin, followed) = (.package(info.source, version: info.version), info)
            return
        }
        followed = nil
        if let package = options.source {
            let words = package.split(separator: "=", maxSplits: 1).map(String.init)
            origin = .package(words[0], version: words.count == 2 ? words[1] : nil)
        } else {
            origin = SourceOrigin(options.directory, relativeTo: current)
        }
    }

    private var directory: FilePath { origin.directory ?? Surroundings.workingDirectory }

    /// `fetched`: a private directory of the build, for fetched sources.
    func find(fetched: FilePath) throws -> Found {
        var recipe = try readRecipe()
        let origin = recipe?.origin ?? origin
        let obtained = try BuildFetch(options: options).obtain(
            origin, base: try base(of: recipe), architectures(of: recipe).first ?? .arm64, in: fetched)
        let source = try tree(obtained.directory)
        let name = origin.name.map { SourceTree.name(of: $0) } ?? source.name
        let output = directory.appending("mangrove-out")
        // A source that was fetched may have a recipe of its own.
        if recipe == nil, origin.directory == nil, options.buildSystem == nil, source.has(Recipe.fileName.string) {
            recipe = try readFetched(source.directory.appending(Recipe.fileName))
        }
        // A container description becomes part of the recipe, so that the user can review it.
        let container = try recipe == nil && options.writesRecipe ? ContainerDescription(of: source) : nil
        let (base, architectures) = (try base(of: recipe, container), try architectures(of: recipe))
        var (recipes, notes) =
            try recipe.map { (Array(repeating: $0, count: architectures.count), []) }
            ?? recognise(source, obtained.description, base, architectures)
        if let container {
            notes += container.notes
            for index in recipes.indices { recipes[index].add(container) }
        }
        let completed = try zip(recipes, architectures).map { recipe, architecture in
            var recipe = recipe
            (recipe.base, recipe.architectures) = (base, [architecture])
            return try self.completed(recipe)
        }
        return Found(source: source, origin: origin, name: name, output: output, recipes: completed, notes: notes)
    }

    /// Recipes for sources that describe their own build, one per architecture. `description`: of a source package that
    /// is not unpacked.
    private func recognise(
        _ source: SourceTree, _ description: FilePath?, _ base: Recipe.Base, _ architectures: [Architecture]
    ) throws -> ([Recipe], notes: [String]) {
        var debian = DebianBuild.Options()
        debian.checks = !options.nocheck
        debian.jobs = Build.jobs(with: try options.buildHosts(configuration))
        var notes: [String] = []
        let recipes = try architectures.map { architecture in
            debian.architecture = architecture.rawValue
            if let description {
                return try followed?.recipe(description: description, debian)
                    ?? DebianBuild(description: description, debian).recipe(debian)
            }
            let detection = try Detection(
                source, manager: manager(of: base), chosen: options.buildSystem, options: debian)
            if notes.isEmpty { notes = self.notes(detection) }
            return detection.recipe
        }
        return (recipes, notes)
    }

    private func tree(_ path: FilePath) throws -> SourceTree {
        do throws(FilesystemError) {
            return try SourceTree(path)
        } catch {
            throw RecipeError(
                "\(path): cannot read the source", cause: error.cause ?? error.problem, status: .noInput)
        }
    }

    private func notes(_ detection: Detection) -> [String] {
        let others = detection.others.map(\.title)
        let rest = others.isEmpty ? "" : "; also found: \(others.joined(separator: ", ")) (--build-system chooses)"
        return ["no \(Recipe.fileName): \(detection.system.title), by \(detection.marker)\(rest)"] + detection.notes
    }

    /// nil if none is named and the directory has none.
    private func readRecipe() throws -> Recipe? {
        if let name = options.recipe { return try read(Surroundings.workingDirectory.pushing(FilePath(name))) }
        guard let directory = origin.directory, try tree(directory).has(Recipe.fileName.string) else { return nil }
        if options.writesRecipe { throw recipeIsThere }
        return options.buildSystem == nil ? try read(directory.appending(Recipe.fileName)) : nil
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

    /// A recipe from a fetched source, which nobody has reviewed.
    private func readFetched(_ path: FilePath) throws -> Recipe {
        let recipe = try read(path)
        let kinds = [
            ("binds", !recipe.binds.isEmpty), ("from", recipe.origin != nil), ("ccache", recipe.usesCcache == true),
            ("configureCache", recipe.usesConfigureCache == true),
        ]
        let refused = kinds.first { $0.1 }?.0
        if let refused {
            throw RecipeError(
                "refusing the recipe from \(origin)",
                cause: "it uses \(refused), which is allowed in local recipes only",
                remedy: "unpack the source, review the recipe, and build the directory", status: .badConfiguration)
        }
        return recipe
    }

    private func base(of recipe: Recipe?, _ container: ContainerDescription? = nil) throws -> Recipe.Base {
        if let root = options.root { return .root(root) }
        guard let base = options.base else {
            return recipe?.base ?? container?.image.map { .image($0) } ?? .distro(followed?.base ?? "debian")
        }
        return try ImageSource(base, relativeTo: Surroundings.workingDirectory).map { .image("\($0)") } ?? .distro(base)
    }

    private func architectures(of recipe: Recipe?) throws -> [Architecture] {
        guard options.arch.isEmpty else { return try options.arch.map { try Catalogue.architecture($0) } }
        if let name = followed?.architecture { return [try Catalogue.architecture(name)] }
        return recipe?.architectures ?? [.arm64]
    }

    /// The package manager of `base`, as far as it is known before the base exists.
    private func manager(of base: Recipe.Base) throws -> InstalledPackages.Manager {
        switch base {
        case .distro(let name):
            return try options.sources.catalogue.load().distro(name.split(separator: ":").first.map(String.init) ?? "")
                .packageManager == "apk" ? .apk : .dpkg
        case .image(let name): return name.contains("alpine") ? .apk : .dpkg
        case .root(let name):
            let tree = FilePath(try RootStore(locations.roots).find(name).path)
            return (try? InstalledPackages(of: Directory.open(tree)))?.manager ?? .dpkg
        case .tarball(let name, _): return name.contains("alpine") ? .apk : .dpkg
        }
    }

    /// Adds the options of the command line, and resolves the release's name.
    private func completed(_ recipe: Recipe) throws -> Recipe {
        var recipe = recipe
        recipe.packages += options.packages.names
        recipe.environment.merge(try EnvironmentAssignment.parse(options.env)) { $1 }
        recipe.usesCcache = options.ccache ?? recipe.usesCcache ?? configuration.ccache
        recipe.usesConfigureCache =
            options.configureCache ?? recipe.usesConfigureCache ?? configuration.configureCache
        let limits = try options.limits.limits()
        if !limits.isEmpty { recipe.limits = limits }
        guard case .distro(let name) = recipe.base, let architecture = recipe.architectures.first else { return recipe }
        let selection = try options.sources.catalogue.load().select(name, architecture: architecture)
        recipe.base = .distro(selection.releaseName)
        return recipe
    }

    /// The file that `--init` writes.
    private var recipePath: FilePath { directory.appending(Recipe.fileName) }

    private var recipeIsThere: RecipeError {
        RecipeError(
            "\(recipePath) already exists", remedy: "delete it first", status: .cannotCreate)
    }

    /// `--init`.
    func write(_ found: Found) throws {
        guard var recipe = found.recipes.first else { return }
        recipe.architectures = found.recipes.flatMap(\.architectures)
        if origin.directory == nil { recipe.origin = origin }
        let path = recipePath
        let file: OwnedDescriptor
        do throws(FilesystemError) {
            file = try OwnedDescriptor.open(path, .writeOnly, options: [.create, .exclusiveCreate])
        } catch let error where error.errno == .fileExists {
            throw recipeIsThere
        } catch {
            throw error
        }
        try file.write(Array(recipe.text.utf8), to: path)
        FailureRendering.note("wrote \(path)")
    }
}
