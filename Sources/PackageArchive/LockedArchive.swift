// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import SystemPackage
package import Transfer

/// Places where a suite's packages may be: archives' base URIs, best first.
package struct LockedSuite: Sendable {
    package var mirrors: [String]
    package var proxy: Proxy

    package init(mirrors: [String], proxy: Proxy) {
        (self.mirrors, self.proxy) = (mirrors, proxy)
    }
}

extension ArchiveClient {
    /// Resolves `plan` for fetching by digest alone, without an index. `suites` by name; those of the plan's packages
    /// must be included.
    package func locked(
        _ plan: BootstrapPlan, in suites: [String: LockedSuite]
    ) throws(PackageArchiveError) -> ResolvedArchive {
        try makeDirectories()
        return ResolvedArchive(
            plan: plan.located { packagePath($0).string }, freeChoices: [], leftOut: [],
            downloads: plan.packages.map { package in
                let suite = suites[package.suite]
                let path = Self.escaped(package.path)
                return ResolvedArchive.Download(
                    urls: suite?.mirrors.map { "\($0)/\(path)" } ?? [], proxy: suite?.proxy ?? .environment)
            }, isLocked: true)
    }
}

extension PackageArchiveError {
    /// The same error for a lock file: newer files in the archive do not replace it.
    func ofLocked(_ package: BootstrapPlan.Package, _ urls: [String]) -> PackageArchiveError {
        guard kind == .mismatch else { return self }
        guard status == .unavailable else {
            return PackageArchiveError(
                .other, problem.replacing("the archive's index", with: "the lock file"),
                cause: cause,
                remedy: "use a mirror that has the right one: --mirror URL", status: status)
        }
        return PackageArchiveError(
            .other, "\(package.name) \(package.version) is not available anywhere",
            cause: "looked for at \(urls.joined(separator: ", "))",
            remedy: "use a mirror that still has it: --mirror URL", status: .unavailable)
    }
}
