// SPDX-License-Identifier: Apache-2.0

internal import Transfer

/// A plan, and where each of its packages is to be had.
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
    /// Names that several packages provided alike; worth a line to the user.
    package let freeChoices: [Selection.FreeChoice]
    /// Optional suites that have nothing for the architecture, and the words for it; worth a line to the user.
    package let leftOut: [LeftOut]
    let downloads: [Download]
}

/// How far fetching the packages is.
package struct FetchProgress: Hashable, Sendable {
    /// Bytes that are here, and of all.
    package let bytes: Int64
    package let total: Int64
    package let packages: Int
    package let packageTotal: Int
}
