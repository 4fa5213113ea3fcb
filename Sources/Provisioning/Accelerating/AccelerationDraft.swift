// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Emulation
internal import Filesystem
internal import SystemPackage

/// The acceleration of a tree as module Acceleration plans it, and the bytes that have to be written for it.
struct AccelerationDraft: Sendable {
    private var request: AccelerationRequest
    let subject: TreeAcceleration.Subject
    private(set) var plan: AccelerationPlan
    /// Drivers of compilers, by the name that `request` has for them: not written yet.
    private var drivers: [String: [UInt8]] = [:]

    static let driverPrefix = "driver-"

    /// Reads both trees.
    init(_ subject: TreeAcceleration.Subject) throws(AccelerationError) {
        var request = AccelerationRequest(
            root: subject.tree, tools: FilePath(subject.tools.path), architecture: subject.interpreter.architecture)
        (request.mode, request.changes, request.anyDevice) = (subject.mode, subject.changes, subject.isThrowaway)
        request.agreement = subject.agreement
        guard let record = ToolsTrees.programs(of: subject.tools) else {
            throw AccelerationError(
                "the tools tree \(subject.tools.name) is not used",
                cause: "cannot read its record of programs",
                remedy: "mangrove cache prune, to make it again")
        }
        request.record = record
        if subject.agreement?.answersAlike ?? false { drivers = try request.answeringDrivers(.builtIn()) }
        plan = try AccelerationPlan.make(request, .builtIn())
        (self.request, self.subject) = (request, subject)
    }

    /// Nothing can be native.
    var isEmpty: Bool { plan.entries.isEmpty }

    private func path(ofDriver name: String) -> FilePath {
        subject.directory.appending("\(Self.driverPrefix)\(subject.title)-\(name)")
    }

    /// What a run mounts, drivers that are to be written included.
    var mounts: [AccelerationPlan.Mount] {
        let driven = drivers.keys.sorted().filter { name in
            plan.programs.contains { $0.hasSuffix("-\(name)") }
        }
        return plan.mounts
            + driven.map { name in
                let place = ToolsRelocation.directory.appending("\(Self.driverPrefix)\(name)")
                return AccelerationPlan.Mount(path(ofDriver: name), at: place)
            }
    }

    /// Writes the drivers, and decides with them: a table tells native programs apart by what their files are.
    func writeDrivers() throws(AccelerationError) -> AccelerationDraft {
        guard !drivers.isEmpty else { return self }
        var final = self
        for (name, bytes) in drivers {
            let file = path(ofDriver: name)
            do throws(FilesystemError) {
                try AtomicFile.write(bytes, to: file, permissions: FilePermissions(rawValue: 0o755))
            } catch {
                throw AccelerationError(error)
            }
            final.request.drivers[name] = file
        }
        final.drivers = [:]
        final.plan = try AccelerationPlan.make(final.request, .builtIn())
        return final
    }

    /// The program that the kernel starts for what is executed; nil where nothing can be native.
    func image() throws(AccelerationError) -> DispatchImage? {
        guard !isEmpty else { return nil }
        let table = DispatchTable(
            plan.entries, changes: plan.changes, preloads: plan.preloads,
            interpreterEnvironment: subject.cpu.map { "QEMU_CPU=\($0)" },
            log: ProfileLog.target)
        return try DispatchImage(subject.interpreter, table)
    }
}
