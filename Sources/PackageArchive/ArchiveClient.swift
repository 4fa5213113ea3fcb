// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import Glibc
internal import Integrity
internal import Synchronization
package import SystemPackage
package import Transfer

/// Fetches a root's packages from a signed archive. Everything it returns or caches is verified: the Release file by
/// its signature, the indices by the Release file, the packages by the indices.
package struct ArchiveClient: Sendable {
    let downloader: Downloader
    /// Holds `indices` and `packages`, each file named by its SHA-256. Any number of processes may use it.
    let cache: FilePath
    /// Of Release files; nil: each is fetched anew.
    let documents: DocumentCache?

    /// `cache`: a directory for this alone; made if need be.
    package init(downloader: Downloader, cache: FilePath, documents: DocumentCache? = nil) {
        (self.downloader, self.cache, self.documents) = (downloader, cache, documents)
    }

    /// Resolves the root's packages. Fetches Release files and indices, but no package.
    ///
    /// A mirror that is being updated has indices that do not match its Release file: it is tried once more.
    package func resolve(_ request: ArchiveRequest) async throws(PackageArchiveError) -> ResolvedArchive {
        do throws(PackageArchiveError) {
            return try await resolveOnce(request)
        } catch let error where error.isTransient {
            documents?.forget()
            return try await resolveOnce(request)
        }
    }

    private func resolveOnce(_ request: ArchiveRequest) async throws(PackageArchiveError) -> ResolvedArchive {
        try makeDirectories()
        let suites = try await answers(to: request)
        let universe = PackageUniverse(
            suites.flatMap { $0.fetched?.indices ?? [] }, pins: suites.map { $0.fetched?.release.pin ?? 500 },
            architecture: request.architecture.rawValue)
        var wanted = request.packages
        for name in request.optionalPackages where try universe.candidate(name) != nil { wanted.append(name) }
        let selection = try Selection(
            from: universe, variant: request.isBare ? nil : request.variant, extra: wanted)
        return resolved(selection, suites, request)
    }

    /// The outcome of each suite, in order: whichever is fetched first, packages, records and sources follow the order
    /// of the request.
    func answers(to request: ArchiveRequest) async throws(PackageArchiveError) -> [SuiteAnswer] {
        let places = request.suites.indices.map { _ in AnswerPlace() }
        // Each task has its place, and returns nothing: optimized, Swift 6.3 hands on numbers that are none in a tuple
        // with a result of a typed error.
        await withTaskGroup(of: Void.self) { group in
            for index in request.suites.indices {
                let place = places[index]
                group.addTask { place.fill(await outcome(of: index, request)) }
            }
        }
        var answers: [SuiteAnswer] = []
        for (suite, place) in zip(request.suites, places) {
            if let outcome = place.outcome { answers.append(SuiteAnswer(suite: suite, outcome: try outcome.get())) }
        }
        return answers
    }

    private func outcome(
        of index: Int, _ request: ArchiveRequest
    ) async -> Result<SuiteOutcome, PackageArchiveError> {
        do throws(PackageArchiveError) {
            return .success(try await fetch(request.suites[index], index, request))
        } catch {
            return .failure(error)
        }
    }

    /// The packages of `selection` but for those that `request` does without.
    private func packages(of selection: Selection, _ request: ArchiveRequest) -> [PackageRecord] {
        guard !request.packagesLeftOut.isEmpty else { return selection.packages }
        let asked = Set(request.packages + request.optionalPackages)
        return selection.packages.filter { record in
            asked.contains(record.name)
                || !request.packagesLeftOut.contains { unsafe fnmatch($0, record.name, 0) == 0 }
        }
    }

    private func resolved(
        _ selection: Selection, _ suites: [SuiteAnswer], _ request: ArchiveRequest
    ) -> ResolvedArchive {
        let packages = packages(of: selection, request)
        let names = Set(packages.map(\.name))
        var plan = BootstrapPlan(
            architecture: request.architecture.rawValue, variant: request.variant,
            suites: suites.compactMap { answer in
                answer.fetched.map {
                    BootstrapPlan.Suite(
                        name: answer.suite.name, codename: $0.release.codename, uri: answer.suite.uri, url: $0.url,
                        date: $0.release.date, fingerprint: $0.fingerprint, signedBy: $0.signedBy, sha256: $0.sha256)
                }
            },
            // All of them: for apt in the root a suite is there as soon as the archive has it.
            sources: request.suites.map { BootstrapPlan.Source(uri: $0.uri, suite: $0.name) },
            components: request.enabledComponents ?? request.components,
            packages: packages.map { record in
                BootstrapPlan.Package(
                    name: record.name, version: record.version.text, architecture: record.architecture,
                    size: record.size, sha256: record.sha256, file: packagePath(record.sha256).string,
                    isSameForArchitectures: record.multiArch == "same",
                    replaces: Set(record.replaces.map(\.name)).intersection(names).subtracting([record.name]).sorted(),
                    path: record.filename, suite: request.suites[record.suite].name)
            }, automatic: selection.automatic.sorted())
        plan.isBare = request.isBare
        plan.isSnapshot = request.suites.contains { $0.moment != nil }
        plan.leftOut = request.filesLeftOut
        return ResolvedArchive(
            plan: plan, freeChoices: selection.freeChoices,
            leftOut: suites.compactMap { answer in
                answer.absence.map { ResolvedArchive.LeftOut(suite: answer.suite.name, reason: $0) }
            },
            downloads: packages.map { record in
                let suite = request.suites[record.suite]
                return ResolvedArchive.Download(
                    urls: suite.mirrors.map { "\($0)/\(Self.escaped(record.filename))" }, proxy: suite.proxy)
            })
    }

    /// Only what a file name of an archive holds and a URL does not take as it is.
    static func escaped(_ path: String) -> String {
        path.replacing("%", with: "%25").replacing("+", with: "%2B").replacing("~", with: "%7E").replacing(
            " ", with: "%20")
    }

    func packagePath(_ sha256: String) -> FilePath { cache.appending("packages").appending("\(sha256).deb") }
    func indexPath(_ name: String) -> FilePath { cache.appending("indices").appending(name) }

    func makeDirectories() throws(PackageArchiveError) {
        for path in [cache, cache.appending("packages"), cache.appending("indices")] {
            guard unsafe mkdir(path.string, 0o755) == 0 || Errno.last == .fileExists else {
                throw PackageArchiveError(FilesystemError("create directory", path, .last))
            }
        }
    }
}

extension PackageArchiveError {
    /// Whether another attempt may succeed: the mirror's files are inconsistent.
    package var isTransient: Bool { kind == .mismatch }
}

/// Holds the outcome of one suite.
private final class AnswerPlace: Sendable {
    private let content = Mutex<Result<SuiteOutcome, PackageArchiveError>?>(nil)

    func fill(_ outcome: Result<SuiteOutcome, PackageArchiveError>) { content.withLock { $0 = outcome } }

    /// nil before it is filled.
    var outcome: Result<SuiteOutcome, PackageArchiveError>? { content.withLock { $0 } }
}
