// SPDX-License-Identifier: Apache-2.0

internal import Transfer

/// A plan, and where to fetch each of its packages.
package struct ResolvedArchive: Sendable {
    package struct LeftOut: Hashable, Sendable {
        package let suite: String
        package let reason: String
    }

    /// Of the package of the same index in the plan.
    struct Download: Sendable {
        let urls: [String]
        let proxy: Proxy
    }

    package let plan: BootstrapPlan
    /// Names that several packages provided equally well; reported to the user.
    package let freeChoices: [Selection.FreeChoice]
    /// Optional suites that have nothing for the architecture, and the reason; reported to the user.
    package let leftOut: [LeftOut]
    let downloads: [Download]
    /// Resolved from a lock file; another attempt would give the same result.
    var isLocked = false

    /// The same, with no packages but those called `names`, in the same order.
    package func only(_ names: Set<String>) -> ResolvedArchive {
        let kept = plan.packages.indices.filter { names.contains(plan.packages[$0].name) }
        return ResolvedArchive(
            plan: plan.only(kept), freeChoices: freeChoices, leftOut: leftOut, downloads: kept.map { downloads[$0] },
            isLocked: isLocked)
    }
}

/// How far fetching the packages is.
package struct FetchProgress: Hashable, Sendable {
    /// Bytes that are here, and of all.
    package let bytes: Int64
    package let total: Int64
    package let packages: Int
    package let packageTotal: Int
}
