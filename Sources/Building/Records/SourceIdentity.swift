// SPDX-License-Identifier: Apache-2.0

internal import Processes
internal import SystemPackage
internal import Transfer

extension BuildRequest {
    /// The identity of the source, as far as it is known.
    func sourceDependency(distro: String) -> Provenance.Dependency? {
        switch origin {
        // A tarball may contain somebody else's repository, whose configuration git would follow.
        case .tarball(let place, let digits):
            let uri = place.contains("://") ? RemoteURL.withoutCredentials(place) : "file:\(place)"
            return Provenance.Dependency(uri: uri, digest: digits.map { ["sha256": $0] })
        case .archived(let path, let digits): return Provenance.Dependency(uri: path, digest: ["sha256": digits])
        case .package(let name, let version):
            return Provenance.Dependency(uri: PackageURL.source(name, version: version, distro: distro))
        case .description(let place): return Provenance.Dependency(uri: RemoteURL.withoutCredentials(place))
        case .git(let place, _): return GitCommit(of: source).map { $0.dependency(from: place) }
        case .directory(let path):
            return GitCommit(of: source).map { $0.dependency(from: $0.remote ?? "file:\(path)") }
        }
    }
}

/// What is checked out in a directory.
private struct GitCommit {
    let remote: String?
    private let commit: String
    /// There are uncommitted changes.
    private let isChanged: Bool

    /// nil where `directory` is no work tree of git's, or there is no git.
    init?(of directory: FilePath) {
        // With commands that compare no contents: for those git executes filters from the repository's configuration.
        func git(_ arguments: String...) -> String? {
            guard let program = ChildProcess.find("git"),
                let child = try? ChildProcess.run(
                    program, ["-c", "core.fsmonitor=false", "-C", directory.string] + arguments,
                    environment: [
                        "LC_ALL=C", "PATH=/usr/bin:/bin", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1",
                        "GIT_OPTIONAL_LOCKS=0",
                    ]),
                child.succeeded
            else { return nil }
            return child.outputText.split(separator: "\n").first.map(String.init) ?? ""
        }
        guard let commit = git("rev-parse", "HEAD"), !commit.isEmpty else { return nil }
        self.commit = commit
        let options = ["--raw", "--ignore-submodules=all"]
        isChanged =
            git("diff-files", options[0], options[1]) != ""
            || git("diff-index", options[0], options[1], "--cached", "HEAD") != ""
        remote = git("config", "--get", "remote.origin.url")
    }

    func dependency(from place: String) -> Provenance.Dependency {
        // Do not claim a digest that is not what was built.
        let uri = "git+\(RemoteURL.withoutCredentials(place))@\(commit)" + (isChanged ? "+changes" : "")
        return Provenance.Dependency(uri: uri, digest: isChanged ? nil : ["gitCommit": commit])
    }
}
