// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import PackageArchive
internal import SystemPackage
internal import Terminal

/// Executes the remaining steps in a root whose packages are unpacked.
struct PackageConfiguration {
    let plan: ConfigurationPlan
    let command: AcceleratedCommand
    /// The log for the output of packages. It is kept.
    let log: FilePath

    func perform(in tree: FilePath, _ progress: Progress) throws(ProvisioningError) {
        for file in plan.temporaryFiles {
            try inDirectory(of: file.path, tree) { directory, name throws(FilesystemError) in
                try directory.replaceFile(
                    name, with: Array(file.contents.utf8), permissions: FilePermissions(rawValue: file.permissions))
            }
        }
        for step in plan.steps {
            progress.begin(step.title)
            let status = try command.run(step.command, environment: plan.environment, log: log)
            progress.end()
            guard status == 0 else {
                throw ProvisioningError(.configuring(reason: reason(step, status), log: nil))
            }
        }
        for path in plan.temporaryFiles.map(\.path) + plan.leftovers {
            try inDirectory(of: path, tree) { directory, name throws(FilesystemError) in
                if try directory.status(of: name) != nil { try directory.unlink(name) }
            }
        }
    }

    /// The package that failed, and its last output.
    private func reason(_ step: ConfigurationPlan.Step, _ status: Int32) -> String {
        let text = (try? log.readFile(limit: 64 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        if let failure = ConfigurationPlan.firstFailure(inLog: text) {
            return "\(failure.package): \(failure.words.joined(separator: "; "))"
        }
        return "\(step.command[0]) ended with \(status): \(LogEnd.read(log) ?? "no output")"
    }

    private func inDirectory(
        of path: String, _ tree: FilePath,
        _ body: (borrowing Directory, FilePath.Component) throws(FilesystemError) -> Void
    ) throws(ProvisioningError) {
        try below { () throws(FilesystemError) in
            let path = FilePath(path)
            guard let name = path.lastComponent else { return }
            var directory = try Directory.open(tree)
            for component in path.removingLastComponent().components {
                directory = try directory.openDirectory(component)
            }
            try body(directory, name)
        }
    }
}
