// SPDX-License-Identifier: Apache-2.0

internal import PackageArchive

/// A package with a newer version, or one that a newer version needs.
package struct PackageChange: Codable, Equatable, Sendable {
    package let name: String
    /// nil: it is new.
    package let from: String?
    package let to: String

    package init(name: String, from: String?, to: String) { (self.name, self.from, self.to) = (name, from, to) }
}

/// What a root needs, according to its distribution now.
package struct RefreshFinding: Sendable {
    enum Plan: Sendable {
        /// `indices`: those it was determined from, if they have changed.
        case nothing(indices: [RootOrigin.Index]?)
        /// Not to be refreshed, and why.
        case held(String)
        /// A newer base.
        case base(Base)
        /// Newer packages in its archive; with everything that it will consist of.
        case packages(ResolvedArchive, [PackageChange], indices: [RootOrigin.Index], ArchiveOrigin)
        /// Updates that the root's own package manager finds.
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

    /// Its version afterwards: "24.04.4".
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
    /// Only with `changes`.
    func only(_ changes: [PackageChange]) -> ResolvedArchive { only(Set(changes.map(\.name))) }
}

/// The outcome for a root.
package struct RefreshOutcome: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable {
        case unchanged, refreshed, held, failed
        /// There is something newer, but this is a dry run.
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
    /// Its generation now.
    package var generation: Int?
    /// Downloaded.
    package var bytes: Int64 = 0
    package var seconds: Double = 0
    /// The user's changes that were carried over.
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
