// SPDX-License-Identifier: Apache-2.0

package import Acceleration
package import Architectures
internal import Filesystem
package import Provisioning
package import SystemPackage

/// Builds the compilers proper of a release of gcc for another architecture, from the archive's own source package: with the
/// patches and the configuration of the compiler that a root has, so that they generate the same code.
///
/// It is a recipe like any other, in a root of the host's architecture and of the same distribution and release. Source and
/// configuration are the archive's, fetched and verified by its apt; nothing is taken from the root but the names and
/// versions of two packages.
package struct CompilerBuild: Sendable {
    private let compiler: InstalledCompiler
    private let architecture: Architecture
    private let base: String
    private let sources: String?

    /// For `compiler`, of a root of `architecture` made of `base`, as `create` names it. `sources`: lines for apt
    /// (sources.list(5)) where the archive has packages of `architecture` in another place than the host's.
    ///
    /// nil where a version is not what a package's can be (deb-version(7)).
    package init?(_ compiler: InstalledCompiler, _ architecture: Architecture, base: String, sources: String? = nil) {
        let permitted = Set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-:~")
        guard
            [compiler.packageVersion, compiler.package].allSatisfy({
                !$0.isEmpty && permitted.isSuperset(of: $0) && !$0.hasPrefix("-")
            })
        else { return nil }
        (self.compiler, self.architecture, self.base, self.sources) = (compiler, architecture, base, sources)
    }

    /// What the script needs beside the source package, which depends on what is needed to patch it.
    private var packages: [String] {
        [
            "gcc", "g++", "make", "libc6-dev", "dpkg-dev", "xz-utils", "flex", "bison", "quilt", "patchutils",
            "libgmp-dev",
            "libmpfr-dev", "libmpc-dev", "libisl-dev", "libzstd-dev", "zlib1g-dev",
            NamedMachine(architecture).expand("binutils-{triplet}"),
        ]
    }

    package var recipe: Recipe {
        var recipe = Recipe()
        recipe.base = .distro(base)
        recipe.architectures = [.host]
        recipe.packages = packages
        recipe.environment = [
            "GCC_VERSION": compiler.version, "GCC_PACKAGE": compiler.package,
            "GCC_PACKAGE_VERSION": compiler.packageVersion, "GCC_ARCHITECTURE": architecture.rawValue,
            "GCC_MACHINE": architecture.triplet, "GCC_SOURCES": sources ?? "",
        ]
        // What was compiled when a build was broken off is not compiled again.
        recipe.usesCcache = true
        recipe.directory = "/build/script"
        recipe.steps = ["fetch", "configure", "compile", "finish"].map { name in
            var step = Recipe.Step(name, ". ./\(Self.script)\n\(name)")
            step.network = name == "fetch"
            return step
        }
        recipe.artifacts = CompiledCompiler.programNames.map { .init(.init("/build/gcc/compilers/\($0)")) }
        return recipe
    }

    private static let script: FilePath.Component = "build-gcc.sh"

    /// Writes the recipe and its script to `directory`, which `build` then takes for a source.
    package func write(to directory: FilePath) throws(ProvisioningError) {
        do throws(FilesystemError) {
            try directory.makeDirectories(mode: 0o755)
            try AtomicFile.write(PackageResources.build_gcc_sh, to: directory.appending(Self.script))
            try AtomicFile.write(Array(recipe.text.utf8), to: directory.appending(Recipe.fileName))
        } catch {
            throw ProvisioningError(error)
        }
    }
}
