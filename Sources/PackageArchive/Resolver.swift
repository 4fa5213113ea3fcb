// SPDX-License-Identifier: Apache-2.0

/// Completes a set of packages with their dependencies, the way apt does it for a root where nothing is installed.
///
/// Dependencies with one solution are decided first; then, in order, those with a choice: a package that is already
/// selected, else the first alternative that works. A choice that fails is undone.
struct Resolver {
    private let universe: PackageUniverse
    private var state = State()
    /// Choices that were tried. More than any real archive needs.
    private var steps = 0

    var selected: [PackageRecord] { state.order.compactMap { state.records[$0] } }
    var freeChoices: [Selection.FreeChoice] { state.freeChoices }
    /// Those that came in as a dependency.
    var automatic: Set<String> { Set(state.records.keys).subtracting(state.requested) }

    private struct State {
        var records: [String: PackageRecord] = [:]
        var order: [String] = []
        var requested: Set<String> = []
        /// What each was taken for.
        var reason: [String: Need] = [:]
        /// Selected packages by what they provide.
        var providers: [String: [String]] = [:]
        /// Packages that conflict with a name.
        var opponents: [String: [(relation: Relation, owner: String)]] = [:]
        var pending: [Need] = []
        var choices: [Need] = []
        var freeChoices: [Selection.FreeChoice] = []
    }

    private struct Need {
        let owner: String
        let dependency: Dependency
    }

    init(_ universe: PackageUniverse) {
        self.universe = universe
    }

    mutating func install(_ packages: [PackageRecord]) throws(PackageArchiveError) {
        for record in packages {
            if let present = state.records[record.name] {
                guard present.version == record.version else {
                    throw unsatisfiable(record.name, "version \(present.version) is already required")
                }
                state.requested.insert(record.name)
                continue
            }
            if let conflict = conflict(record, state) { throw unsatisfiable(record.name, conflict) }
            state.requested.insert(record.name)
            add(record, for: nil, to: &state)
        }
        state = try solve(state)
    }

    private mutating func solve(_ start: State) throws(PackageArchiveError) -> State {
        var state = start
        while true {
            try settle(&state)
            guard let index = state.choices.firstIndex(where: { !isMet($0.dependency, state) }) else { return state }
            let need = state.choices[index]
            state.choices.removeSubrange(...index)
            let options = try options(for: need, state)
            var failure: PackageArchiveError?
            for option in options.records {
                steps += 1
                guard steps < 5000 else { throw unsatisfiable(need.owner, "too many alternatives were tried") }
                var attempt = state
                add(option, for: need, to: &attempt)
                do throws(PackageArchiveError) {
                    var solved = try solve(attempt)
                    if let free = freeChoice(need, option, options.records) { solved.freeChoices.append(free) }
                    return solved
                } catch let error where error.kind == .unsatisfiable {
                    failure = failure ?? error
                }
            }
            throw failure ?? unsatisfiable(need, options.reasons, state)
        }
    }

    /// Decides everything that has one answer.
    private func settle(_ state: inout State) throws(PackageArchiveError) {
        var next = 0
        while next < state.pending.count {
            let need = state.pending[next]
            next += 1
            if isMet(need.dependency, state) { continue }
            let options = try options(for: need, state)
            switch options.records.count {
            case 0: throw unsatisfiable(need, options.reasons, state)
            case 1: add(options.records[0], for: need, to: &state)
            default: state.choices.append(need)
            }
        }
        state.pending = []
    }

    private func add(_ record: PackageRecord, for need: Need?, to state: inout State) {
        state.records[record.name] = record
        state.order.append(record.name)
        state.reason[record.name] = need
        for provided in record.provides { state.providers[provided.name, default: []].append(record.name) }
        for relation in record.conflicts {
            state.opponents[relation.name, default: []].append((relation, record.name))
        }
        state.pending += record.dependencies.map { Need(owner: record.name, dependency: $0) }
    }

    private func isMet(_ dependency: Dependency, _ state: State) -> Bool {
        dependency.alternatives.contains { relation in
            if let record = state.records[relation.name], record.satisfies(relation) { return true }
            return (state.providers[relation.name] ?? []).contains { state.records[$0]?.provides(relation) ?? false }
        }
    }

    /// What can be taken for `need`, best first, and why others cannot.
    private func options(
        for need: Need, _ state: State
    ) throws(PackageArchiveError) -> (records: [PackageRecord], reasons: [String]) {
        var records: [PackageRecord] = []
        var reasons: [String] = []
        for relation in need.dependency.alternatives {
            var found: [PackageRecord] = []
            if let selected = state.records[relation.name] {
                reasons.append("\(relation.name) \(selected.version) is to be installed")
            } else if let candidate = try universe.candidate(relation.name) {
                if candidate.satisfies(relation) {
                    found.append(candidate)
                } else {
                    reasons.append("the archive has \(candidate.name) \(candidate.version)")
                }
            }
            let providers = try universe.providers(of: relation)
            found += providers.filter { state.records[$0.name] == nil }
            if found.isEmpty, reasons.isEmpty { reasons.append("\(relation.name) is not in the archive") }
            for record in found where !records.contains(where: { $0.name == record.name }) {
                if let conflict = conflict(record, state) {
                    reasons.append(conflict)
                } else {
                    records.append(record)
                }
            }
        }
        return (records, reasons)
    }

    /// Why `record` cannot stand beside what is selected; nil where it can.
    private func conflict(_ record: PackageRecord, _ state: State) -> String? {
        for name in [record.name] + record.provides.map(\.name) {
            for (relation, owner) in state.opponents[name] ?? []
            where owner != record.name && record.isMeant(by: relation) {
                return "\(owner) conflicts with \(relation)"
            }
        }
        for relation in record.conflicts {
            let names = [relation.name] + (state.providers[relation.name] ?? [])
            for name in names where name != record.name {
                if let other = state.records[name], other.isMeant(by: relation) {
                    return "\(record.name) conflicts with \(name == relation.name ? "\(relation)" : name)"
                }
            }
        }
        return nil
    }

    /// The message about the choice of `taken`; nil if a rule made it.
    private func freeChoice(
        _ need: Need, _ taken: PackageRecord, _ options: [PackageRecord]
    ) -> Selection.FreeChoice? {
        // An alternative that the dependency names was its own choice.
        guard !need.dependency.alternatives.contains(where: { taken.satisfies($0) }),
            let relation = need.dependency.alternatives.first(where: { taken.provides($0) })
        else { return nil }
        let equals = options.filter {
            $0.name != taken.name && $0.provides(relation) && $0.priority == taken.priority
                && $0.isEssential == taken.isEssential
        }
        guard !equals.isEmpty else { return nil }
        return Selection.FreeChoice(name: relation.name, taken: taken.name, others: equals.map(\.name))
    }

    private func unsatisfiable(_ name: String, _ why: String) -> PackageArchiveError {
        PackageArchiveError(.unsatisfiable, "cannot install \(name)", cause: why)
    }

    /// The chain from what was asked for down to the dependency that nothing meets.
    private func unsatisfiable(_ need: Need, _ reasons: [String], _ state: State) -> PackageArchiveError {
        let field = need.dependency.isEarly ? "Pre-Depends" : "Depends"
        var chain = [need.owner]
        while let above = state.reason[chain[0]], chain.count < 32 { chain.insert(above.owner, at: 0) }
        let path = chain.count > 1 ? " (\(chain.joined(separator: " → ")))" : ""
        var why = "\(need.owner): \(field): \(need.dependency)"
        why += reasons.isEmpty ? " but it is not installable" : " but \(reasons.joined(separator: "; "))"
        return PackageArchiveError(.unsatisfiable, "cannot install \(chain[0])", cause: why + path)
    }
}
