// SPDX-License-Identifier: Apache-2.0

internal import PackageArchive

/// A package of a root of which there is a newer version, or that a newer one needs.
package struct PackageChange: Codable, Equatable, Sendable {
    package let name: String
    /// nil: it is new.
    package let from: String?
    package let to: String

    package init(name: String, from: String?, to: String) { (self.name, self.from, self.to) = (name, from, to) }
}

/// What there is to do for a root, as its distribution is now.
package struct RefreshFinding: Sendable {
    enum Plan: Sendable {
        /// `indices`: those that it was found out from, where they are others than before.
        case nothing(indices: [RootOrigin.Index]?)
        /// It is not to be refreshed, and why.
        case held(String)
        /// A newer base.
        case base(Base)
        /// Newer packages of the archive it was made from; with all that it is to consist of.
        case packages(ResolvedArchive, [PackageChange], indices: [RootOrigin.Index], ArchiveOrigin)
        /// What the root's own package manager finds.
        case upgrade(PackageManager, indices: [RootOrigin.Index])
    }

    package let record: RootRecord
    let origin: RootOrigin
    let plan: Plan

    /// Why it is not to be refreshed.
    package var reasonHeld: String? { if case .held(let reason) = plan { reason } else { nil } }

    /// Whether a new generation is to be made.
    package var isOutdated: Bool {
        switch plan {
        case .nothing, .held: false
        case .base, .packages, .upgrade: true
        }
    }

    /// What it would be then: "24.04.4".
    package var version: String {
        if case .base(let base) = plan { base.version ?? record.version } else { record.version }
    }

    package var packages: [PackageChange] { if case .packages(_, let changes, _, _) = plan { changes } else { [] } }

    /// What is to be downloaded, in bytes, where it is known.
    package var bytes: Int64 {
        switch plan {
        case .nothing, .held, .upgrade: 0
        case .base(let base): base.size ?? 0
        case .packages(let archive, let changes, _, _): archive.only(changes).plan.size
        }
    }
}

extension ResolvedArchive {
    /// With what `changes` are, and nothing else.
    func only(_ changes: [PackageChange]) -> ResolvedArchive { only(Set(changes.map(\.name))) }
}

/// What came of a root.
package struct RefreshOutcome: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable {
        case unchanged, refreshed, held, failed
        /// There is something newer, and nothing was to be done.
        case outdated
    }

    package var name: String
    package var state: State
    /// The version it had: "24.04.3".
    package var from: String?
    package var to: String?
    package var packages: [PackageChange] = []
    /// Why it is held, or failed.
    package var why: String?
    /// That which it is now.
    package var generation: Int?
    /// Downloaded.
    package var bytes: Int64 = 0
    package var seconds: Double = 0
    /// What of the user's own was carried over.
    package var carried: String?

    package init(_ name: String, _ state: State, why: String? = nil) {
        (self.name, self.state, self.why) = (name, state, why)
    }

    package init(_ finding: RefreshFinding, _ state: State) {
        self.init(finding.record.name.description, state, why: finding.reasonHeld)
        (from, to, packages) = (finding.record.version, finding.version, finding.packages)
        generation = finding.record.generation
    }
}
