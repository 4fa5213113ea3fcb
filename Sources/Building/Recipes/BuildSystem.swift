// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Failures
internal import SystemPackage

/// Build systems that are detected in sources without a recipe, by priority.
package enum BuildSystem: String, CaseIterable, Hashable, Sendable {
    case debian, apkbuild, autotools, meson, cmake, make, cargo, go, python

    package var title: String {
        switch self {
        case .debian: "a Debian source package"
        case .apkbuild: "an Alpine package"
        case .autotools: "GNU Autotools"
        case .meson: "Meson"
        case .cmake: "CMake"
        case .make: "make"
        case .cargo: "Cargo"
        case .go: "Go modules"
        case .python: "a Python project"
        }
    }

    /// Any of these files identifies it.
    package var markers: [String] {
        switch self {
        case .debian: ["debian/rules"]
        case .apkbuild: ["APKBUILD"]
        case .autotools: ["configure", "configure.ac", "configure.in"]
        case .meson: ["meson.build"]
        case .cmake: ["CMakeLists.txt"]
        case .make: ["GNUmakefile", "makefile", "Makefile"]
        case .cargo: ["Cargo.toml"]
        case .go: ["go.mod"]
        case .python: ["pyproject.toml", "setup.py"]
        }
    }

    /// Whether it works with packages of `manager`.
    func isFor(_ manager: InstalledPackages.Manager) -> Bool {
        switch self {
        case .debian: manager == .dpkg
        case .apkbuild: manager == .apk
        default: true
        }
    }
}

/// A detected build system, and the resulting recipe.
package struct Detection: Sendable {
    package let system: BuildSystem
    /// The file that identified it.
    package let marker: String
    /// Other detected build systems.
    package let others: [BuildSystem]
    package let recipe: Recipe
    /// Messages for the user.
    package let notes: [String]
}

extension Detection {
    /// Examines `source`; `chosen` nil: the first match. `manager`: the base's package manager. The recipe does not set
    /// the base.
    package init(
        _ source: SourceTree, manager: InstalledPackages.Manager, chosen: BuildSystem? = nil,
        options: DebianBuild.Options = DebianBuild.Options()
    ) throws(RecipeError) {
        let found = BuildSystem.allCases.filter { system in
            system.isFor(manager) && source.first(of: system.markers) != nil
        }
        guard let system = chosen ?? found.first, let marker = source.first(of: system.markers) else {
            let looked = (chosen.map { [$0] } ?? BuildSystem.allCases).flatMap(\.markers)
            throw RecipeError(
                "\(source.directory): no build system recognised",
                cause: "looked for \(Recipe.fileName), \(looked.joined(separator: ", "))",
                remedy: "write a recipe: mangrove build --init writes a template", status: .badData)
        }
        guard system.isFor(manager) else {
            throw RecipeError(
                "\(source.directory): \(system.title) cannot be built in this base",
                cause: "its package manager is \(manager.rawValue)", status: .badData)
        }
        self.system = system
        self.marker = marker
        others = found.filter { $0 != system }
        (recipe, notes) = try BuildSystemRecipe(source, manager).make(system, options)
    }
}
