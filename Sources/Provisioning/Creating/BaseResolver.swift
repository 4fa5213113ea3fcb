// SPDX-License-Identifier: Apache-2.0

package import Catalogue
internal import Filesystem
internal import Integrity
internal import Terminal
internal import Transfer

extension BaseFetcher {
    /// The base that `discovery` finds: the newest point release in the distro's own index, with the signature over
    /// that index or over the tarball.
    package func resolve(_ discovery: TarballDiscovery) async throws(ProvisioningError) -> Base {
        var discovery = discovery
        discovery.mirrors = discovery.mirrors.map(downloader.credentials.take)
        let name = discovery.selection.name
        progress.begin("looking for \(name)")
        defer { progress.end() }
        var trust = Verification(how: .none, digest: nil)
        var index: [UInt8]?
        var origin = RootOrigin(.tarball)
        origin.pointRelease = discovery.selection.pointRelease?.text
        if let document = discovery.index {
            let fetched = try await fetch(document.urls, limit: 16 << 20)
            index = fetched.bytes
            origin.indices = [try below { () throws(IntegrityError) in try RootOrigin.Index(fetched) }]
            trust.urls.append(fetched.url)
            trust.how = .checksum
            if let signature = discovery.indexSignature {
                index = try await verify(fetched, of: document, signature, discovery, &trust)
            }
        }
        let found = try below { () throws(CatalogueError) in try discovery.resolve(index: index) }
        if found.digest == nil, trust.how == .checksum { trust.how = .none }
        var base = Base(name: found.fileName, place: .remote(urls: found.urls), digest: found.digest, trust: trust)
        base.trust.urls = found.urls.prefix(1) + trust.urls
        base.size = found.size
        base.distro = discovery.selection.distro.name
        base.release = found.release
        base.version = found.version
        base.codename = discovery.selection.release.codename
        base.architecture = discovery.selection.architecture
        base.origin = origin
        if case .overFile(let document, let trust) = found.signature,
            let fetched = try await signature(document.urls, discovery)
        {
            base.signature = Base.DetachedSignature(bytes: fetched.bytes, url: fetched.url, trust: trust)
        }
        return base
    }

    /// The signed index: of a clearsigned file, only what the signature covers.
    private func verify(
        _ fetched: FetchedDocument, of document: RemoteDocument, _ signature: BaseSignature,
        _ discovery: TarballDiscovery, _ trust: inout Verification
    ) async throws(ProvisioningError) -> [UInt8] {
        guard let keysThatCount = signature.trust else { return fetched.bytes }
        let verifier = SignatureVerifier(pinned: keysThatCount.fingerprints, keys: try await keys(keysThatCount))
        let text: [UInt8]
        let good: VerifiedSignature
        if case .overIndex(let place, _) = signature {
            // From the same mirror: another may be a day behind.
            let own = document.urls.firstIndex(of: fetched.url).flatMap { place.urls.indices.contains($0) ? $0 : nil }
            let urls =
                (own.map { [place.urls[$0]] } ?? [])
                + place.urls.enumerated().filter { $0.offset != own }.map(\.element)
            guard let detached = try await self.signature(urls, discovery) else { return fetched.bytes }
            good = try below { () throws(IntegrityError) in
                try verifier.verify(detached.bytes, of: fetched.bytes, named: detached.url)
            }
            text = fetched.bytes
            trust.urls.append(detached.url)
        } else {
            (text, good) = try below { () throws(IntegrityError) in
                try verifier.verifyClearsigned(fetched.bytes, named: fetched.url)
            }
        }
        trust.record(good)
        return text
    }

    /// A detached signature; nil if no mirror has it and that is allowed.
    ///
    /// Otherwise an error: anyone able to omit a signature could send anything.
    private func signature(
        _ urls: [String], _ discovery: TarballDiscovery
    ) async throws(ProvisioningError) -> FetchedDocument? {
        do throws(ProvisioningError) {
            return try await fetch(urls, limit: 1 << 20)
        } catch {
            guard error.isAbsence else { throw error }
            if discovery.allowsUnsigned { return nil }
            throw ProvisioningError(
                .signatureMissing(urls.first ?? "", distro: discovery.selection.distro.title))
        }
    }
}

extension ProvisioningError {
    /// Every mirror answered, and said that there is no such thing.
    fileprivate var isAbsence: Bool {
        guard case .below(let failure as TransferError) = kind, case .unreachable(let mirrors) = failure.kind else {
            return false
        }
        return !mirrors.isEmpty && mirrors.allSatisfy { $0.reason == .status(404) || $0.reason == .status(410) }
    }
}

extension RootOrigin.Index {
    /// That of base tarballs.
    init(_ document: FetchedDocument) throws(IntegrityError) {
        self.init(name: Self.tarball, url: document.url, sha256: try Digest.of(document.bytes).hex, date: nil)
    }
}
