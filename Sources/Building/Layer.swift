// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Filesystem
internal import Images
internal import Integrity
package import Provisioning
internal import SystemPackage

/// The root that builds run in: a base with packages. It is made once, named after its contents, and used by every
/// build that needs the same.
package struct Layer: Hashable, Sendable {
    package let name: String
    /// Arguments of `create` that make it.
    package let arguments: [String]

    /// `base`: with its resolved release. `options`: additional ones of `create` that determine its contents. `digest`:
    /// of the image, if its name may come to refer to another one.
    package init(
        _ base: Recipe.Base, _ architecture: String, packages: [String], options: [String], digest: String? = nil
    ) throws(ProvisioningError) {
        var seen: Set<String> = []
        let packages = packages.filter { seen.insert($0).inserted }.sorted()
        var arguments = options + ["--arch", architecture] + packages.flatMap { ["--package", $0] }
        var content: [String] = arguments
        let title: String
        var distro: [String] = []
        switch base {
        case .distro(let name):
            (title, distro) = (name, [name])
            content.append(name)
        case .image(let name):
            // The repository or file, without a prefix.
            let last = name.drop { $0 != ":" }.split(separator: "/").last ?? ""
            (title, distro) = ("image-\(last.drop { $0 == ":" })", [name])
            content.append(name)
            if let known = try digest == nil ? Self.digest(ofImage: name) : digest { content.append(known) }
        case .tarball(let place, let digits):
            title = "tarball"
            arguments += ["--from", place] + (digits.map { ["--sha256", $0] } ?? [])
            if let digits { content.append(digits) } else { content.append(try Self.digest(place)) }
        case .root(let name):
            title = name
        }
        let plain = title.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-" }
        name = "\(String(plain).lowercased().prefix(32))-\(architecture)-\(try CacheKey.make(content))"
        self.arguments = arguments + ["--", name] + distro
    }

    /// The digest of a file; a URL's contents are unknown before it is fetched.
    private static func digest(_ place: String) throws(ProvisioningError) -> String {
        guard !place.contains("://") else { return place }
        try requireTarball(
            at: FilePath(place),
            insteadOfDirectory:
                "make a root of it: mangrove create NAME --from \(place), and use base: {root: \"NAME\"}")
        return try below { () throws(IntegrityError) in try Digest.of(fileAt: FilePath(place)) }.hex
    }

    /// The digest of a local image; nil if it is in a registry, where it stays the same until it is renewed.
    private static func digest(ofImage name: String) throws(ProvisioningError) -> String? {
        let source = try below { () throws(ImageError) in try ImageSource(name, relativeTo: "/") }
        guard let path = source?.path else { return nil }
        let file = if case .layout = source { path.appending(ImageLayout.index) } else { path }
        return try below { () throws(IntegrityError) in try Digest.of(fileAt: file) }.hex
    }

    /// The layer, made by `make` if it does not exist, or in any case for `isRenewed`; throws if that fails. Processes
    /// that need the same layer wait for each other.
    package func ensure(
        in locations: Locations, isRenewed: Bool, _ make: (_ arguments: [String]) throws -> Void
    ) throws -> RootRecord {
        let store = RootStore(locations.layers)
        func known() -> RootRecord? { isRenewed ? nil : try? store.find(name) }
        if let found = known() { return found }
        try locations.builds.makeDirectories(mode: 0o700)
        let lock = try FileLock.acquire(locations.builds.appending("\(name).lock"), .exclusive, wait: true)
        defer { withExtendedLifetime(lock.rawValue) {} }
        if let found = known() { return found }
        try make((isRenewed ? ["--replace"] : []) + arguments)
        return try store.find(name)
    }
}
