// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Failures
internal import Filesystem
internal import JSON5
package import SystemPackage

/// What can be provisioned: the distributions of distros.json and those of the user's own file.
package struct Catalogue: Sendable {
    /// By name.
    package let distros: [Distro]

    /// The built-in distributions, with the machine's file and then the user's laid over them.
    ///
    /// They have the same shape; objects are merged key by key, everything else is replaced, and null takes a key away.
    /// There need not be a file at `systemFile`.
    package static func load(
        systemFile: FilePath? = nil, userFile: FilePath? = nil
    ) throws(CatalogueError) -> Catalogue {
        var layers: [(bytes: [UInt8], path: FilePath)] = []
        if let systemFile, let bytes = try read(systemFile, isRequired: false) { layers.append((bytes, systemFile)) }
        if let userFile, let bytes = try read(userFile, isRequired: true) { layers.append((bytes, userFile)) }
        do throws(JSONError) {
            var document = try JSONField(parsing: PackageResources.distros_json, file: "the built-in distros.json")
            for layer in layers {
                // Checked before the next is laid over it: a fault is then reported for the file that has it.
                document = try JSONField(parsing: layer.bytes, file: layer.path.string).overlaying(document.value)
                _ = try Catalogue(document)
            }
            return try Catalogue(document)
        } catch {
            throw CatalogueError(error)
        }
    }

    private static func read(_ path: FilePath, isRequired: Bool) throws(CatalogueError) -> [UInt8]? {
        do throws(FilesystemError) {
            return try path.readInput(limit: 16 << 20)
        } catch {
            if !isRequired, [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) { return nil }
            throw CatalogueError(.file(error), path.string)
        }
    }

    /// A document of the shape of distros.json; `file` serves messages.
    init(parsing bytes: [UInt8], file: String) throws(CatalogueError) {
        do throws(JSONError) {
            try self.init(try JSONField(parsing: bytes, file: file))
        } catch {
            throw CatalogueError(error)
        }
    }

    private init(_ document: JSONField) throws(JSONError) {
        let object = try document.object("$schema", "version", "distros")
        let version = try object.required("version")
        guard version.value == .number(1) else { throw version.fault("expected 1, the only version there is") }
        var distros: [Distro] = []
        for (name, field) in try object.required("distros").members() { distros.append(try Distro(name, field)) }
        self.distros = distros
    }

    /// The distribution of that name or alias, in any case; throws `unknown` with the nearest.
    package func distro(_ name: String) throws(CatalogueError) -> Distro {
        let wanted = name.lowercased()
        if let found = distros.first(where: { $0.name == wanted || $0.aliases.contains(wanted) }) { return found }
        // Some people name a release and leave the distro out.
        let releases = distros.filter { distro in
            distro.releases.contains { $0.codename == wanted || $0.number == wanted }
        }.map { "\($0.name):\(wanted)" }
        let nearest = NearestNames.of(wanted, among: distros.flatMap { [$0.name] + $0.aliases })
        throw CatalogueError(.unknown(what: "distro", nearest: releases + nearest), name)
    }

    /// The architecture that `name` means; throws `unknown` with the nearest.
    package static func architecture(_ name: String) throws(CatalogueError) -> Architecture {
        if let found = Architecture(name) { return found }
        let names = Architecture.allCases.flatMap { [$0.rawValue] + $0.aliases }
        throw CatalogueError(.unknown(what: "architecture", nearest: NearestNames.of(name, among: names)), name)
    }

    /// What `DISTRO[:RELEASE]` means for `architecture`: a release by number, codename or alias, or one point
    /// release of it, "ubuntu:24.04.3". `@20260901T000000Z` after it means the archive as it was then, which is in the
    /// past, `now` being in seconds since 1970.
    package func select(
        _ name: String, architecture: Architecture, now: SnapshotMoment = .now
    ) throws(CatalogueError) -> BaseSelection {
        let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var selection = try selectNewest(parts[0], architecture: architecture)
        guard parts.count == 2 else { return selection }
        guard let moment = SnapshotMoment(parts[1]) else { throw CatalogueError(.noMoment, parts[1]) }
        guard moment <= now else { throw CatalogueError(.futureMoment(now: now), parts[1]) }
        guard selection.distro.archive != nil else {
            throw CatalogueError(
                .notOffered(reason: "\(selection.distro.title) has no archive that is kept as it was at every moment"),
                name)
        }
        selection.snapshot = moment
        return selection
    }

    private func selectNewest(_ name: String, architecture: Architecture) throws(CatalogueError) -> BaseSelection {
        let fields = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let distro = try distro(fields[0])
        let wanted = (fields.count == 2 ? fields[1] : distro.defaultRelease).lowercased()
        let (release, version) = try Self.release(wanted, of: distro)
        guard release.architectures.contains(architecture) else {
            let offered = release.architectures.map(\.rawValue)
            throw CatalogueError(
                .notOffered(reason: "\(distro.title) \(release.number) is made for \(offered.joined(separator: ", "))"),
                "\(distro.name):\(release.number) for \(architecture)")
        }
        return BaseSelection(distro: distro, release: release, pointRelease: version, architecture: architecture)
    }

    private static func release(
        _ wanted: String, of distro: Distro
    ) throws(CatalogueError) -> (DistroRelease, VersionNumber?) {
        if let found = distro.releases.first(where: { $0.names.contains(wanted) }) { return (found, nil) }
        if let version = VersionNumber(wanted) {
            let found = distro.releases.first { release in
                VersionNumber(release.number).map { version.isPointRelease(of: $0) } ?? false
            }
            if let found { return (found, version) }
        }
        let nearest = NearestNames.of(wanted, among: distro.releases.flatMap(\.names))
        // Where nothing is near, the newest are more use than nothing.
        let shown = nearest.isEmpty ? distro.releases.prefix(3).map(\.number) : nearest
        throw CatalogueError(.unknown(what: "\(distro.title) release", nearest: shown), wanted)
    }
}
