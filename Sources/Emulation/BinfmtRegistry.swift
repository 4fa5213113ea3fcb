// SPDX-License-Identifier: Apache-2.0

package import Architectures
internal import Filesystem
internal import Glibc
package import SystemPackage

/// A mounted binfmt_misc: the host's, or that of a user namespace.
package struct BinfmtRegistry: Sendable {
    package enum State: Sendable, Equatable {
        case notMounted, disabled, enabled
    }

    package static let host = BinfmtRegistry("/proc/sys/fs/binfmt_misc")

    package let path: FilePath

    package init(_ path: FilePath) {
        self.path = path
    }

    package func state() -> State {
        // Where it is not mounted the directory is empty. systemd mounts it when someone looks.
        guard let text = try? path.appending("status").readFile(limit: 64) else { return .notMounted }
        return text.starts(with: "enabled".utf8) ? .enabled : .disabled
    }

    /// Every rule by magic, in the order of names; none where it is not mounted.
    package func entries() throws(EmulationError) -> [BinfmtEntry] {
        guard state() != .notMounted else { return [] }
        do throws(FilesystemError) {
            let directory = try Directory.open(path)
            var entries: [BinfmtEntry] = []
            for name in try directory.names() where name != "register" && name != "status" {
                // Between the two somebody may have removed it.
                guard let bytes = try directory.readFile(name) else { continue }
                let text = String(decoding: bytes, as: UTF8.self)
                if let entry = BinfmtEntry(name: name.string, parsing: text) { entries.append(entry) }
            }
            return entries.sorted { $0.rule.name < $1.rule.name }
        } catch {
            throw EmulationError(error)
        }
    }

    /// The rules that would take programs of `architecture`. The kernel takes the one registered last.
    package func entries(for architecture: Architecture) throws(EmulationError) -> [BinfmtEntry] {
        let program = architecture.probeProgram
        return try entries().filter { $0.rule.matches(program) }
    }

    /// Registers `rule`; one of that name must not exist.
    package func register(_ rule: BinfmtRule) throws(EmulationError) {
        try write(try rule.registrationLine(), to: "register")
    }

    /// Removes the rule `name`; false where there is none.
    @discardableResult
    package func remove(_ name: String) throws(EmulationError) -> Bool {
        guard let component = FilePath.Component(name), component.kind == .regular, name != "register",
            name != "status", (try? path.appending(component).readFile()) != nil
        else { return false }
        try write("-1", to: component)
        return true
    }

    private func write(_ text: String, to name: FilePath.Component) throws(EmulationError) {
        do throws(FilesystemError) {
            // The kernel takes what comes in one write(2) for one rule.
            try OwnedDescriptor.open(path.appending(name), .writeOnly).write(
                Array(text.utf8), to: path.appending(name))
        } catch {
            throw EmulationError(error)
        }
    }
}
