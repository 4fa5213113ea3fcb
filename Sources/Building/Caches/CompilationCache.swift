// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Failures
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// ccache(1) in a build, with its cache outside: one per architecture and set of compilers, shared by all builds that
/// use it.
///
/// The key is a directory per set of versions, because ccache itself does not take the assembler into account; it
/// identifies compilers of no package by their contents.
struct CompilationCache {
    private let memory: Cache.Memory
    private let settings: [String: String]

    static let packageName = "ccache"
    private static let place: FilePath = "/run/mangrove-ccache"
    /// Links to ccache by the names of compilers: Debian's, Alpine's.
    private static let links = "/usr/lib/ccache:/usr/lib/ccache/bin"
    /// The user's own settings that apply: the cache's size, and remote storage.
    private static let passed = [
        "CCACHE_MAXSIZE", "CCACHE_MAXFILES", "CCACHE_REMOTE_STORAGE", "CCACHE_REMOTE_ONLY", "CCACHE_RESHARE",
    ]

    /// For builds in `root`, which has ccache installed. `environment`: the caller's.
    init(
        for root: RootRecord, _ installed: InstalledPackages?, in cache: Cache, _ environment: [String: String]
    ) throws(ProvisioningError) {
        guard let installed, installed[Self.packageName] != nil else {
            throw ProvisioningError(
                RecipeError(
                    "root \(root.name) has no ccache", cause: "the build requires it",
                    remedy: "install the package ccache in it, or build without --ccache", status: .badData))
        }
        let key = try CacheKey.make(CompilerVersions(of: installed).texts)
        // The build's user may not be the owner; other users have no access.
        memory = try cache.memory(.ccache, "\(root.architecture)-\(key)", mode: 0o777)
        var settings = [
            "CCACHE_DIR": Self.place.string, "CCACHE_UMASK": "000", "CCACHE_COMPILERCHECK": "content",
        ]
        for name in Self.passed { settings[name] = environment[name] }
        self.settings = settings
    }

    func add(to request: inout RunRequest) {
        request.binds.append(BindOption(source: memory.path, target: Self.place))
        request.environment.merge(settings) { own, _ in own }
        request.searchPath.insert(Self.links, at: 0)
    }
}
