// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
package import Failures
internal import SystemPackage

/// What `doctor` finds out about the acceleration of the roots there are.
package struct AccelerationFindings {
    private let store: RootStore
    private let tools: ToolsTrees

    package init(_ store: RootStore, _ tools: ToolsTrees) {
        (self.store, self.tools) = (store, tools)
    }

    package func findings() throws(ProvisioningError) -> [Finding] {
        try store.list().records.map { root throws(ProvisioningError) in try finding(root) }.compactMap(\.self)
    }

    private func finding(_ root: RootRecord) throws(ProvisioningError) -> Finding? {
        guard let subject = ToolsTrees.Subject(root).map(tools.available), try subject.isKnown,
            AccelerationChoice().resolved(for: root).mode != nil
        else { return nil }
        let title = "acceleration of \(root.name)"
        guard tools.has(subject) else {
            if let reason = tools.recentFailure(subject) {
                return Finding(
                    title, .warning, "no tools tree: \(reason)",
                    remedy: "mangrove run --accelerate \(root.name) -- true")
            }
            guard tools.mayHave(subject) else {
                return Finding(title, .ok, "the next run makes the tools tree")
            }
            return Finding(
                title, .warning, "the tools tree was modified; the next run makes it again",
                remedy: "mangrove run --accelerate \(root.name) -- true")
        }
        guard let report = TreeAcceleration.Record.last(in: store.path(of: root.name)) else {
            return Finding(title, .ok, "nothing has run yet")
        }
        let count = "native: \(counted(report.programs.count, "program"))"
        let differing = report.fallbacks.filter { $0.versions != nil }
        guard !differing.isEmpty else {
            guard let compilations = AccelerationNote.compilers.last(in: store.path(of: root.name)) else {
                return Finding(title, .ok, count)
            }
            return Finding(
                title, .warning, count + "; compilations are emulated \(compilations)",
                remedy: "mangrove tools build \(root.name)")
        }
        let outdated = report.outdated
        let detail =
            count + "; versions differ from the tools tree's: "
            + differing.map(\.package).joined(separator: " ")
        if outdated.isEmpty { return Finding(title, .warning, detail, remedy: "update the root") }
        return Finding(
            title, .warning, detail,
            remedy: tools.isRefreshDue(subject, outdated)
                ? "mangrove run \(root.name) -- true, which updates the tools tree if the archive has them"
                : "none today: the archive does not have them")
    }
}
