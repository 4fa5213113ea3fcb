// SPDX-License-Identifier: Apache-2.0

package import Architectures

/// What the user asked for, found in the catalogue.
package struct BaseSelection: Hashable, Sendable {
    package let distro: Distro
    package let release: DistroRelease
    /// The one point release that was asked for; nil: the newest.
    package let pointRelease: VersionNumber?
    package let architecture: Architecture
    /// The archive as it was then is meant; nil: as it is.
    package var snapshot: SnapshotMoment?

    /// "ubuntu:24.04", "debian:13@20260901T000000Z".
    package var name: String {
        "\(distro.name):\(pointRelease?.text ?? release.number)" + (snapshot.map { "@\($0)" } ?? "")
    }

    /// The same without a point release.
    package var releaseName: String { "\(distro.name):\(release.number)" + (snapshot.map { "@\($0)" } ?? "") }

    /// A line for the user where the release gets no more updates; nil where it does.
    package func endOfLifeWarning(on day: CalendarDate = .today) -> String? {
        guard release.isPastEndOfLife(on: day), let end = release.endOfLife else { return nil }
        return "\(distro.title) \(release.number) reached its end of life on \(end) and gets no more updates"
    }

    /// How to find its base tarball; `mirror` stands for the mirrors of distros.json.
    package func tarball(mirror: String? = nil) throws(CatalogueError) -> TarballDiscovery {
        guard snapshot == nil else { throw notOffered("nobody keeps the base tarballs of every moment") }
        guard let source = distro.tarball else {
            throw notOffered("\(distro.title) publishes no base tarball; its archive of packages makes one")
        }
        return TarballDiscovery(selection: self, source: source, mirrors: try Self.mirrors(mirror) ?? source.mirrors)
    }

    /// The archive it can be made from; `mirror` stands for the archive's mirrors in distros.json, not for those
    /// that one suite (security) has to itself. With a snapshot it stands for the service that keeps them: the moment is put
    /// in for `{timestamp}`, or added.
    package func archive(mirror: String? = nil) throws(CatalogueError) -> ArchiveBase {
        guard let source = distro.archive else {
            throw notOffered("no known archive of \(distro.title) to make a root from")
        }
        guard pointRelease == nil else {
            throw notOffered("an archive holds the newest point release only; ask for \(release.number)")
        }
        guard let known = source.mirrors.first(where: { $0.architectures.contains(architecture) }) else {
            throw notOffered("no archive of \(distro.title) is known for \(architecture)")
        }
        let given = try Self.mirrors(mirror)
        let kept = given.map { SnapshotTemplate($0[0]) } ?? source.snapshot
        if snapshot != nil, kept == nil {
            throw notOffered("mangrove knows nobody who keeps the archive of \(distro.title) as it was")
        }
        let suites = release.suites ?? source.suites
        if snapshot != nil, let suite = suites.first(where: { !$0.mirrors.isEmpty && $0.snapshot == nil }) {
            let name = URLTemplate.expand(suite.name, variables(source.variables))
            throw notOffered("mangrove knows nobody who keeps \(name) as it was")
        }
        let mirrors = snapshot.flatMap { moment in kept.map { [$0.url(moment)] } } ?? given ?? known.urls
        let values = variables(source.variables)
        return ArchiveBase(
            selection: self,
            repositories: suites.map { suite in
                // One with mirrors of its own is in an archive of its own.
                let (own, kept) = suite.mirrors.isEmpty ? (mirrors, kept) : (suite.mirrors, suite.snapshot)
                return ArchiveRepository(
                    mirrors: snapshot.flatMap { moment in kept.map { [$0.url(moment)] } } ?? own,
                    suite: URLTemplate.expand(suite.name, values), components: source.components,
                    enabledComponents: source.enabledComponents, snapshot: kept)
            }, keyrings: source.keyrings, trust: source.trust, allowsExpired: release.archived, snapshot: snapshot)
    }

    /// What is put in for names in templates.
    func variables(_ defaults: [String: String]) -> [String: String] {
        var values = defaults.merging(release.variables) { $1 }
        values["number"] = release.number
        values["codename"] = release.codename ?? release.number
        values["arch"] = distro.architectures[architecture] ?? architecture.rawValue
        return values
    }

    private func notOffered(_ reason: String) -> CatalogueError {
        CatalogueError(.notOffered(reason: reason), name)
    }

    private static func mirrors(_ mirror: String?) throws(CatalogueError) -> [String]? {
        guard let mirror else { return nil }
        guard Mirror.isURL(mirror) else {
            throw CatalogueError(.notOffered(reason: "a mirror is a URL that begins with https://"), mirror)
        }
        return [Mirror.normalized(mirror)]
    }
}

/// An archive of packages that a root can be made from.
package struct ArchiveBase: Hashable, Sendable {
    package let selection: BaseSelection
    /// The release itself first, then its updates.
    package let repositories: [ArchiveRepository]
    /// Names of the keyring files that the distro's keyring package installs.
    package let keyrings: [String]
    package let trust: Trust
    /// The release is kept for the record: its metadata's Valid-Until is over.
    package let allowsExpired: Bool
    /// The moment that the mirrors of its repositories show; nil: they go on.
    package let snapshot: SnapshotMoment?
}

package struct ArchiveRepository: Hashable, Sendable {
    /// Without a slash at the end; `dists` is in them.
    package let mirrors: [String]
    package let suite: String
    /// What a root is made from.
    package let components: [String]
    /// What its sources.list names.
    package let enabledComponents: [String]
    /// Where it is as it was at other moments.
    package let snapshot: SnapshotTemplate?
}
