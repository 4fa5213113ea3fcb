// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import FoundationEssentials
internal import Provisioning
internal import Terminal

/// Looks after several roots, whatever becomes of any of them.
struct RefreshWork: Sendable {
    struct Result: Sendable {
        var outcome: RefreshOutcome
        var failure: (any Failure)?
    }

    let refresher: Refresher
    let isDryRun: Bool
    let jobs: Int
    let progress: Progress

    /// In the order of `names`.
    func perform(_ names: [String]) async -> [Result] {
        progress.begin("checking for updates")
        let looks = await each(names, atOnce: names.count) { name in await look(name) }
        progress.end()
        let results = await each(looks, atOnce: jobs) { look in await perform(look) }
        return results
    }

    private enum Look: Sendable {
        case found(RefreshFinding, seconds: Double)
        case failed(String, any Failure, seconds: Double)
    }

    private func look(_ name: String) async -> Look {
        let start = Date()
        do throws(ProvisioningError) {
            let finding = try await refresher.look(name)
            return .found(finding, seconds: Date().timeIntervalSince(start))
        } catch {
            return .failed(name, error, seconds: Date().timeIntervalSince(start))
        }
    }

    private func perform(_ look: Look) async -> Result {
        switch look {
        case .failed(let name, let failure, let seconds):
            return tell(failed(name, failure, seconds))
        case .found(let finding, let seconds):
            if isDryRun {
                var outcome = RefreshOutcome(
                    finding, finding.isOutdated ? .outdated : finding.reasonHeld == nil ? .unchanged : .held)
                (outcome.seconds, outcome.bytes) = (seconds, finding.bytes)
                return Result(outcome: outcome)
            }
            let start = Date()
            do throws(ProvisioningError) {
                var outcome = try await refresher.perform(finding)
                outcome.seconds = seconds + Date().timeIntervalSince(start)
                return tell(Result(outcome: outcome))
            } catch {
                let spent = seconds + Date().timeIntervalSince(start)
                return tell(failed(finding.record.name.description, error, spent))
            }
        }
    }

    private func failed(_ name: String, _ failure: any Failure, _ seconds: Double) -> Result {
        var outcome = RefreshOutcome(name, .failed, why: failure.summary)
        outcome.seconds = seconds
        return Result(outcome: outcome, failure: failure)
    }

    /// A line for each root as soon as it is done: what a journal keeps.
    private func tell(_ result: Result) -> Result {
        progress.end()
        if let failure = result.failure {
            progress.warn("\(result.outcome.name): \(failure.summary)")
            if let remedy = failure.remedy { progress.say("  \(remedy)") }
        } else if result.outcome.state == .refreshed {
            progress.say("\(result.outcome.name): refreshed, \(result.outcome.news)")
        }
        return result
    }

    /// What `body` makes of each of `items`, in their order.
    private func each<Item: Sendable, Made: Sendable>(
        _ items: [Item], atOnce count: Int, _ body: @escaping @Sendable (Item) async -> Made
    ) async -> [Made] {
        var made: [Int: Made] = [:]
        await withTaskGroup(of: (Int, Made).self) { group in
            for (index, item) in items.enumerated() {
                if index >= count, let (done, result) = await group.next() { made[done] = result }
                group.addTask { (index, await body(item)) }
            }
            for await (done, result) in group { made[done] = result }
        }
        return items.indices.compactMap { made[$0] }
    }
}
