// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Images
internal import Processes
internal import Provisioning
internal import Terminal

extension Configuration {
    /// The configured shared cache; nil if there is none.
    func sharedCache(_ cache: Cache, _ progress: Progress) throws -> SharedCache? {
        guard let name = sharedCache else { return nil }
        return try SharedCache(named: name, acceptsUnsigned: acceptsUnsignedCache, cache, progress)
    }

    /// Pulls a layer from the shared cache. Returns false if it has to be made; an unexpected reason is reported.
    func takesLayer(_ name: String) throws -> Bool {
        guard sharedCache != nil else { return false }
        return try OwnProcess.attend(["cache", "pull", "--only", "layer:\(name)", "--if-there"]) == .exited(0)
    }
}

extension SharedCache {
    init(named name: String, acceptsUnsigned: Bool, _ cache: Cache, _ progress: Progress) throws {
        guard let repository = try ImageSource(name, relativeTo: Surroundings.workingDirectory) else {
            throw ValidationError(
                "\(name): expected a repository such as oci:registry.example/team/cache")
        }
        try self.init(
            repository, acceptsUnsigned: acceptsUnsigned, cache: cache, environment: Surroundings.environment,
            progress: progress)
    }
}

/// What `cache push` and `cache pull` have in common.
struct SharedCacheOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The repository, oci:REGISTRY/NAME (default: from config.json).",
            valueName: "repository"))
    var repository: String?

    @Option(
        help: ArgumentHelp(
            "Only this entry: tools:debian-13-arm64, layer:NAME. Repeatable.", valueName: "kind:name"),
        completion: Completions.cacheEntries)
    var only: [String] = []

    func validate() throws {
        for text in only where SharedEntry(naming: text) == nil {
            throw ValidationError("--only \(text): expected tools:NAME or layer:NAME")
        }
    }

    /// The selected ones of `entries`.
    func chosen(_ entries: [SharedEntry]) throws -> [SharedEntry] {
        guard !only.isEmpty else { return entries }
        return try only.map { text in
            guard let wanted = SharedEntry(naming: text), let found = entries.first(where: { $0.tag == wanted.tag })
            else { throw ValidationError("no such entry: \(text)") }
            return found
        }
    }

    /// Calls `body` with the selected repository.
    func perform(
        _ progress: ProgressOptions, acceptsUnsigned: Bool = false, _ body: (SharedCache, Progress) throws -> Void
    ) throws {
        let locations = try Surroundings.locations()
        let configuration = try Configuration(at: locations.configuration)
        guard let name = repository ?? configuration.sharedCache else {
            throw ValidationError("expected a repository such as oci:registry.example/team/cache")
        }
        let report = Progress(progress.form)
        defer { report.stop() }
        let cache = try SharedCache(
            named: name, acceptsUnsigned: acceptsUnsigned || configuration.acceptsUnsignedCache,
            Cache(locations.cache), report)
        try body(cache, report)
    }
}

extension SharedEntry {
    /// `tools:debian-13-arm64`.
    init?(naming text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let kind = Kind(rawValue: parts[0]), let name = try? RootName(parts[1]) else {
            return nil
        }
        self.init(kind, name)
    }
}
