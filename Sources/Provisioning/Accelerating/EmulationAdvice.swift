// SPDX-License-Identifier: Apache-2.0

package import Acceleration
internal import Filesystem
internal import SystemPackage

/// Why a program was emulated that a run spent much on, and what would change that.
package struct EmulationAdvice: Hashable, Sendable {
    package let program: String
    /// Its part of the time of all programs, from 0 to 1.
    package let share: Double
    package let reason: String
    /// A command, or what to write into the configuration; nil where nothing helps.
    package let remedy: String?

    package init(program: String, share: Double, reason: String, remedy: String?) {
        (self.program, self.share, self.reason, self.remedy) = (program, share, reason, remedy)
    }

    /// Programs that take less of a run are not worth a word.
    package static let threshold = 0.02
}

extension AcceleratedRun {
    /// Whatever tells why programs of this run are emulated.
    package var adviser: EmulationAdviser? {
        report.map { EmulationAdviser(root: record, report: $0, buildingCompilers: compilerRemedy) }
    }
}

/// What is known of a root's programs when a run of it has ended.
package struct EmulationAdviser {
    let root: RootRecord
    let report: TreeAcceleration.Record
    /// The command that builds compilers for it.
    let buildingCompilers: String?

    /// For each program that cost more than `EmulationAdvice.threshold` of `profile` under emulation, the most expensive
    /// first.
    package func advice(on profile: RunProfile) -> [EmulationAdvice] {
        let total = profile.rows.reduce(0) { $0 + ($1.emulated.seconds ?? 0) + ($1.native.seconds ?? 0) }
        guard total > 0 else { return [] }
        return profile.rows.compactMap { row in
            let share = (row.emulated.seconds ?? 0) / total
            guard share > EmulationAdvice.threshold else { return nil }
            let why = row.reasons.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .notListed
            let (reason, remedy) = answer(row.program.string, why)
            return EmulationAdvice(program: row.program.string, share: share, reason: reason, remedy: remedy)
        }
    }

    private func answer(_ program: String, _ outcome: DispatchLog.Outcome) -> (String, String?) {
        switch outcome {
        case .notListed: return unlisted(program)
        case .notEligible where isCompiler(program):
            let isDriver = FilePath(program).lastComponent?.string.contains("-") ?? false
            if isDriver, report.asksDrivers {
                return ("the tools tree's answers questions (-v) otherwise", buildingCompilers)
            }
            guard let compilations = report.emulatedCompilations, !isDriver else { return (outcome.reason, nil) }
            return ("the tools tree's generates different code \(compilations)", buildingCompilers)
        case .byEnvironment:
            return (
                outcome.reason,
                "do without LD_PRELOAD and its like; of fakeroot the root needs the release's own version"
            )
        case .changed: return (outcome.reason, "the next run checks it again")
        case .nativeMissing, .nativeFailed, .damaged:
            return (outcome.reason, "mangrove cache prune, to make the tools tree again")
        default: return (outcome.reason, nil)
        }
    }

    private func isCompiler(_ program: String) -> Bool {
        let name = FilePath(program).lastComponent?.string ?? ""
        // "aarch64-linux-gnu-gcc-12", without the version.
        let stem =
            name.lastIndex(of: "-").flatMap { Int(name[$0...].dropFirst()) == nil ? nil : name[..<$0] } ?? name[...]
        return CompiledCompiler.programNames.contains { stem == $0 || stem.hasSuffix("-\($0)") }
    }

    /// Of a program for which there is no native one.
    private func unlisted(_ program: String) -> (String, String?) {
        guard let tree = try? Directory.open(FilePath(root.path)),
            let installed = try? InstalledPackages(of: tree)
        else { return (DispatchLog.Outcome.notListed.reason, nil) }
        let eligibility = try? Eligibility.builtIn()[installed.manager].expanded(for: installed.names)
        if let own = report.fallbacks.first(where: { $0.program == program }) { return (own.reason, nil) }
        guard let package = installed.owner(of: program, in: tree) else {
            return ("not part of a package, so no native equivalent", nil)
        }
        if let reason = eligibility?.excluded[package] { return (reason, nil) }
        if let fallback = report.fallbacks.first(where: { $0.package == package && $0.program == nil }) {
            if isCompiler(program), fallback.versions == nil {
                return (fallback.reason, buildingCompilers)
            }
            return (
                fallback.reason, fallback.versions == nil ? nil : "update the root with its package manager"
            )
        }
        guard eligibility?.packages[package] == nil else {
            return (DispatchLog.Outcome.notListed.reason, nil)
        }
        return (
            "package \(package) has not been reviewed",
            "if its output is architecture-independent, add to the configuration: accelerate: {add: [\"\(package)\"]}"
        )
    }
}
