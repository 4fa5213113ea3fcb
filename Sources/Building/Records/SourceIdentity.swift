// SPDX-License-Identifier: Apache-2.0

internal import Processes
package import SystemPackage

/// Which source was built, as git knows it.
package struct SourceIdentity: Hashable, Sendable {
    let remote: String?
    let commit: String
    /// There were changes that no commit has.
    let isChanged: Bool

    /// nil where `directory` is no work tree of git's, or there is no git.
    package init?(of directory: FilePath) {
        func git(_ arguments: String...) -> String? {
            // Configuration of the repository that names programs is not to be obeyed here.
            guard let program = ChildProcess.find("git"),
                let child = try? ChildProcess.run(
                    program, ["-c", "core.fsmonitor=false", "-C", directory.string] + arguments,
                    environment: ["LC_ALL=C", "PATH=/usr/bin:/bin", "HOME=/nonexistent", "GIT_OPTIONAL_LOCKS=0"]),
                child.succeeded
            else { return nil }
            return child.outputText.split(separator: "\n").first.map(String.init) ?? ""
        }
        guard let commit = git("rev-parse", "HEAD"), !commit.isEmpty else { return nil }
        self.commit = commit
        isChanged = git("status", "--porcelain", "--untracked-files=no").map { !$0.isEmpty } ?? true
        remote = git("config", "--get", "remote.origin.url")
    }

    var dependency: Provenance.Dependency? {
        // A digest that is not what was built would be a lie.
        let uri = "git+\(remote.map(Self.withoutPassword) ?? "file:.")@\(commit)" + (isChanged ? "+changes" : "")
        return Provenance.Dependency(uri: uri, digest: isChanged ? nil : ["gitCommit": commit])
    }

    private static func withoutPassword(_ url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count > 2, parts[1].isEmpty, let at = parts[2].lastIndex(of: "@") else { return url }
        let host = parts[2][parts[2].index(after: at)...]
        return ([parts[0], parts[1], host] + parts.dropFirst(3)).joined(separator: "/")
    }
}
