// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Failures
internal import Glibc
internal import Integrity
internal import Transfer

/// The outcome of a requested suite.
enum SuiteOutcome: Sendable {
    case fetched(FetchedSuite)
    /// It has nothing for the architecture: its signed Release file says so.
    case absent(reason: String)
    case skipped
}

/// A suite of a request, with its outcome.
struct SuiteAnswer: Sendable {
    let suite: ArchiveRequest.Suite
    let outcome: SuiteOutcome

    var fetched: FetchedSuite? {
        if case .fetched(let suite) = outcome { suite } else { nil }
    }

    var absence: String? {
        if case .absent(let reason) = outcome { reason } else { nil }
    }
}

/// A suite whose signature is good, and its indices.
struct FetchedSuite: Sendable {
    let release: Release
    let url: String
    let fingerprint: String
    let signedBy: String?
    /// Of the Release file as it was sent.
    let sha256: String
    let indices: [PackageIndex]
}

extension ArchiveClient {
    /// Only an optional suite can be absent or skipped. A missing suite, or a file that does not match its signature,
    /// is an error even then: a mirror must not be able to withhold security updates.
    func fetch(
        _ suite: ArchiveRequest.Suite, _ index: Int, _ request: ArchiveRequest
    ) async throws(PackageArchiveError) -> SuiteOutcome {
        let isOptional = suite.isOptional && index > 0
        if isOptional, suite.isSkipped { return .skipped }
        let (release, signed) = try await verifiedRelease(suite, index, request)
        let architecture = request.architecture.rawValue
        if isOptional, !release.architectures.contains(architecture) {
            return .absent(reason: "it has nothing for \(architecture)")
        }
        var indices: [PackageIndex] = []
        for component in request.components where release.mayHave(component, isFirst: index == 0) {
            indices.append(
                try await packages(of: component, suite, index, release, architecture))
        }
        return .fetched(
            FetchedSuite(
                release: release, url: signed.url, fingerprint: signed.signature.fingerprint.hex,
                signedBy: signed.signature.userID.isEmpty ? nil : signed.signature.userID, sha256: signed.sha256,
                indices: indices))
    }

    /// The Release file, its signature, validity and name checked.
    func verifiedRelease(
        _ suite: ArchiveRequest.Suite, _ index: Int, _ request: ArchiveRequest
    ) async throws(PackageArchiveError) -> (Release, SignedRelease) {
        let isOptional = suite.isOptional && index > 0
        guard let signed = try await release(suite, request.verifier) else {
            throw isOptional ? missing(suite) : await unknown(suite)
        }
        let release = try Release(parsing: String(decoding: signed.text, as: UTF8.self), name: signed.url)
        // A signature identifies the signer, not the suite.
        guard release.isOf(suite.name) else {
            throw PackageArchiveError(
                .mismatch, "\(signed.url) is not the Release file of \(suite.name)",
                cause: "it is for \(release.codename ?? release.suite ?? "an unnamed suite")")
        }
        if let moment = suite.moment { try release.checkMade(before: moment) }
        if suite.checksValidUntil { try release.checkValidity(at: suite.moment ?? Int64(time(nil))) }
        return (release, signed)
    }

    typealias SignedRelease = (text: [UInt8], url: String, signature: VerifiedSignature, sha256: String)

    /// `InRelease`, or `Release` with `Release.gpg`; nil where the mirrors have neither.
    private func release(
        _ suite: ArchiveRequest.Suite, _ verifier: SignatureVerifier
    ) async throws(PackageArchiveError) -> SignedRelease? {
        let paths = suite.mirrors.map { "\($0)/dists/\(suite.name)" }
        if let document = try await document(paths.map { "\($0)/InRelease" }, suite) {
            let verified = try PackageArchiveError.wrapping { () throws(IntegrityError) in
                try verifier.verifyClearsigned(document.bytes, named: document.url)
            }
            return (verified.text, document.url, verified.signature, try Self.digest(document))
        }
        guard let content = try await document(paths.map { "\($0)/Release" }, suite) else { return nil }
        // From the same mirror: another one may be a version ahead.
        guard let signature = try await document([content.url + ".gpg"], suite) else {
            throw PackageArchiveError(
                .mismatch, "\(content.url) is not signed", cause: "\(content.url).gpg does not exist")
        }
        let verified = try PackageArchiveError.wrapping { () throws(IntegrityError) in
            try verifier.verify(signature.bytes, of: content.bytes, named: signature.url)
        }
        return (content.bytes, content.url, verified, try Self.digest(content))
    }

    private static func digest(_ document: FetchedDocument) throws(PackageArchiveError) -> String {
        try PackageArchiveError.wrapping { () throws(IntegrityError) in try Digest.of(document.bytes).hex }
    }

    /// The Release file of a suite as it is now, unverified: its URL and SHA-256; nil where the mirrors have none. What has
    /// the digest that was verified once needs it no second time.
    package func state(
        of suite: ArchiveRequest.Suite
    ) async throws(PackageArchiveError) -> (url: String, sha256: String)? {
        let paths = suite.mirrors.map { "\($0)/dists/\(suite.name)" }
        for name in ["InRelease", "Release"] {
            guard let found = try await document(paths.map { "\($0)/\(name)" }, suite) else { continue }
            return (found.url, try Self.digest(found))
        }
        return nil
    }

    /// nil where every mirror answers that there is no such thing.
    private func document(
        _ urls: [String], _ suite: ArchiveRequest.Suite
    ) async throws(PackageArchiveError) -> FetchedDocument? {
        var request = FetchRequest(urls: urls)
        request.proxy = suite.proxy
        do throws(TransferError) {
            if let documents { return try await documents.fetch(request) }
            guard case .document(let document) = try await downloader.fetch(request) else { return nil }
            return document
        } catch let error where error.isAbsence {
            return nil
        } catch {
            throw PackageArchiveError(error)
        }
    }

    /// A suite of additions that the release is known to have.
    private func missing(_ suite: ArchiveRequest.Suite) -> PackageArchiveError {
        let mirrors = suite.mirrors.count == 1 ? "the mirror" : "each of \(suite.mirrors.count) mirrors"
        return PackageArchiveError(
            .notOffered, "\(suite.mirrors.first ?? "the archive") has no suite \(suite.name)",
            cause: "the release has one, but \(mirrors) answers 404",
            remedy: "use another mirror: --mirror URL, or skip the suite: --skip-suite \(suite.name)",
            status: .unavailable)
    }

    /// The suite is nowhere: what the first mirror has instead, where it lists its directories.
    private func unknown(_ suite: ArchiveRequest.Suite) async -> PackageArchiveError {
        let mirror = suite.mirrors.first ?? ""
        let page = try? await document(["\(mirror)/dists/"], suite)
        let names = page.map { Self.directories(inListing: String(decoding: $0.bytes, as: UTF8.self)) } ?? []
        return PackageArchiveError(
            .notOffered, "\(mirror) has no suite \(suite.name)",
            cause: names.isEmpty ? nil : "it has \(names.prefix(40).joined(separator: ", "))",
            remedy: NearestNames.question(suite.name, among: names))
    }

    /// The directories that a listing, as web servers make them, links to.
    static func directories(inListing page: String) -> [String] {
        page.split(separator: "href=\"").dropFirst().compactMap { part in
            let target = part.prefix { $0 != "\"" }
            guard target.hasSuffix("/"), !target.hasPrefix("."), !target.hasPrefix("/"), !target.contains(":") else {
                return nil
            }
            let name = target.dropLast()
            return name.isEmpty || name.contains("/") ? nil : String(name)
        }
    }
}

extension Release {
    /// Additions need not have every component; the release itself must.
    func mayHave(_ component: String, isFirst: Bool) -> Bool {
        isFirst || components.contains { $0 == component || $0.hasSuffix("/\(component)") }
    }
}

extension TransferError {
    /// Every mirror says 404 (or 410, or has no such file).
    var isAbsence: Bool { !failures.isEmpty && failures.allSatisfy(\.isAbsence) }

    /// By mirror.
    var failures: [MirrorFailure] {
        if case .unreachable(let failures) = kind { failures } else { [] }
    }
}

extension MirrorFailure {
    var isAbsence: Bool {
        switch reason {
        case .status(404), .status(410): true
        default: false
        }
    }

    /// A file is there, and is another one than was asked for.
    var isOfAnotherSize: Bool {
        switch reason {
        case .wrongSize, .tooLarge: true
        default: false
        }
    }
}
