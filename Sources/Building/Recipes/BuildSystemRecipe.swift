// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Provisioning
internal import SystemPackage

/// Recipes for build systems, following their documentation on building and installing a package.
struct BuildSystemRecipe {
    private let source: SourceTree
    private let manager: InstalledPackages.Manager

    init(_ source: SourceTree, _ manager: InstalledPackages.Manager) {
        (self.source, self.manager) = (source, manager)
    }

    /// The staging directory for installation: DESTDIR (GNU Coding Standards, "DESTDIR").
    private static let installed = "/build/install"
    /// Directories that recipes create beside the source. A source of such a name is placed elsewhere.
    static let places: Set<FilePath> = [
        "/build/cargo", "/build/go", "/build/install", "/build/objects", "/build/packages", "/build/wheels",
    ]
    private static let jobs = "-j\"$MANGROVE_JOBS\""

    func make(_ system: BuildSystem, _ options: DebianBuild.Options) throws(RecipeError) -> (
        recipe: Recipe, notes: [String]
    ) {
        switch system {
        case .debian: return (try DebianBuild(source, options).recipe(options), [])
        case .apkbuild: return (alpinePackage(), ["packages are signed with a key generated for this build"])
        case .autotools: return (autotools(), libraries)
        case .meson: return (meson(), libraries)
        case .cmake: return (cmake(), libraries)
        case .make: return (makefile(), libraries)
        case .cargo: return (cargo(), [])
        case .go: return (go(), [])
        case .python: return (python(), [])
        }
    }

    private var libraries: [String] { ["name the libraries it needs with --package, or in a recipe"] }

    private func packages(_ debian: String, _ alpine: String) -> [String] {
        (manager == .dpkg ? debian : alpine).split(separator: " ").map(String.init)
    }

    private func recipe(_ packages: [String], _ steps: [Recipe.Step]) -> Recipe {
        var recipe = Recipe()
        (recipe.packages, recipe.steps) = (packages, steps)
        recipe.artifacts = [ArtifactPattern(Self.installed)]
        return recipe
    }

    private func autotools() -> Recipe {
        var wanted = packages("gcc g++ libc6-dev make pkg-config", "build-base pkgconf")
        var steps: [Recipe.Step] = []
        if !source.has("configure") {
            wanted += packages(
                "autoconf automake libtool gettext autopoint", "autoconf automake libtool gettext-dev")
            let script = source.first(of: ["autogen.sh", "bootstrap", "bootstrap.sh"])
            steps.append(
                Recipe.Step("generate", script.map { "NOCONFIGURE=1 sh ./\($0)" } ?? "autoreconf --force --install"))
        }
        steps += [
            Recipe.Step("configure", "./configure --prefix=/usr"),
            Recipe.Step("make", "make \(Self.jobs)"),
            Recipe.Step("install", "make install DESTDIR=\(Self.installed)"),
        ]
        return recipe(wanted, steps)
    }

    private func meson() -> Recipe {
        recipe(
            packages("meson ninja-build gcc g++ libc6-dev pkg-config", "meson build-base pkgconf"),
            [
                Recipe.Step("configure", "meson setup --prefix=/usr --buildtype=debugoptimized /build/objects"),
                Recipe.Step("make", "meson compile -C /build/objects \(Self.jobs)"),
                Recipe.Step("install", "DESTDIR=\(Self.installed) meson install -C /build/objects --no-rebuild"),
            ])
    }

    private func cmake() -> Recipe {
        var made = recipe(
            packages("cmake make gcc g++ libc6-dev pkg-config", "cmake build-base pkgconf"),
            [
                Recipe.Step(
                    "configure",
                    "cmake -S . -B /build/objects -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_BUILD_TYPE=RelWithDebInfo"),
                Recipe.Step("make", "cmake --build /build/objects \(Self.jobs)"),
                Recipe.Step("install", "DESTDIR=\(Self.installed) cmake --install /build/objects"),
            ])
        // Not every project has an install target.
        made.artifacts[0].isRequired = false
        made.artifacts.append(
            ArtifactPattern("/build/objects/**", isRequired: false, onlyPrograms: true, isFallback: true))
        return made
    }

    private func makefile() -> Recipe {
        let text = source.first(of: BuildSystem.make.markers).flatMap(source.text) ?? ""
        let installs = text.split(separator: "\n").contains { line in
            line.prefix { $0 != ":" }.split(whereSeparator: \.isWhitespace).contains("install") && line.contains(":")
                && line.first?.isWhitespace == false && line.first != "#"
        }
        var steps = [Recipe.Step("make", "make \(Self.jobs)")]
        if installs {
            let variables = "DESTDIR=\(Self.installed) PREFIX=/usr prefix=/usr"
            steps.append(Recipe.Step("install", "make install \(variables)"))
        }
        var made = recipe(packages("gcc g++ libc6-dev make pkg-config", "build-base pkgconf"), steps)
        made.artifacts = [ArtifactPattern("**", isRequired: false, onlyPrograms: true, isFallback: installs)]
        if installs { made.artifacts.insert(ArtifactPattern(Self.installed, isRequired: false), at: 0) }
        return made
    }

    private func cargo() -> Recipe {
        var made = recipe(
            packages("cargo gcc libc6-dev pkg-config", "cargo build-base pkgconf"),
            [
                Recipe.Step(
                    "build",
                    "cargo build --release \(source.has("Cargo.lock") ? "--locked " : "")--target-dir /build/objects")
            ])
        made.environment["CARGO_HOME"] = "/build/cargo"
        made.artifacts = [ArtifactPattern("/build/objects/release/*", onlyPrograms: true)]
        return made
    }

    private func go() -> Recipe {
        var made = recipe(
            packages("golang-go gcc libc6-dev", "go build-base"),
            [
                Recipe.Step(
                    "build",
                    "mkdir -p \(Self.installed)/usr/bin; go build -trimpath -o \(Self.installed)/usr/bin/ ./...")
            ])
        made.environment = ["GOCACHE": "/build/go/cache", "GOPATH": "/build/go", "GOFLAGS": "-buildvcs=false"]
        return made
    }

    private func python() -> Recipe {
        let project = source.text("pyproject.toml") ?? ""
        // The packages of backends (PEP 517); others use setuptools.
        let backends = [
            ("flit_core", "flit", "py3-flit-core"), ("hatchling", "python3-hatchling", "py3-hatchling"),
            ("poetry", "python3-poetry-core", "py3-poetry-core"), ("mesonpy", "meson-python", "py3-meson-python"),
            ("pdm", "python3-pdm-pep517", "py3-pdm-backend"),
        ]
        let backend = backends.first { project.contains($0.0) }
        let others = backend.map { packages($0.1, $0.2) } ?? []
        var made = recipe(
            packages(
                "python3-pip python3-setuptools python3-wheel python3-dev gcc libc6-dev",
                "py3-pip py3-setuptools py3-wheel python3-dev build-base") + others,
            [
                Recipe.Step(
                    "build",
                    "python3 -m pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /build/wheels .")
            ])
        made.artifacts = [ArtifactPattern("/build/wheels/*.whl")]
        return made
    }

    private func alpinePackage() -> Recipe {
        // abuild(1) refuses to be root, unless told so by -F.
        var made = recipe(
            packages("", "alpine-sdk"),
            [
                Recipe.Step(
                    "build",
                    """
                    abuild-keygen -a -n -q
                    cp /root/.abuild/*.rsa.pub /etc/apk/keys/
                    REPODEST=/build/packages abuild -F -r
                    """)
            ])
        made.artifacts = [ArtifactPattern("/build/packages/**/*.apk")]
        return made
    }
}
