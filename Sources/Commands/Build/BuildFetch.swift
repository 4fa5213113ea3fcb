// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Building
internal import Failures
internal import Filesystem
internal import Processes
internal import Provisioning
internal import SystemPackage

/// Fetches the source of a build.
struct BuildFetch {
    let options: Build

    /// A source on disk.
    struct Source {
        /// The directory that is built, or that has the files of a source package.
        let directory: FilePath
        /// The path of its .dsc, where it is one that is not unpacked.
        var description: FilePath?
    }

    /// Fetches `origin` into `directory`, which is created. `base`, `architecture`: of the archive for source packages.
    /// Throws status 125 on failure, after the error has been reported.
    func obtain(_ origin: SourceOrigin, base: Recipe.Base, _ architecture: Architecture, in directory: FilePath) throws
        -> Source
    {
        if case .directory(let path) = origin { return Source(directory: path) }
        try directory.makeDirectories(mode: 0o755)
        var archive = ["--architecture", architecture.rawValue] + options.sourceWords
        if case .distro(let name) = base { archive += ["--base", name] }
        switch origin {
        case .directory: break
        case .tarball(let place, let digits):
            try fetch(.tarball, place, directory, digits.map { ["--sha256", $0] } ?? [])
            return Source(directory: try onlyDirectory(in: directory))
        case .archived(let path, let digits):
            try fetch(.archive, path, directory, archive + ["--sha256", digits])
            return Source(directory: try onlyDirectory(in: directory))
        case .description(let place): try fetch(.description, place, directory, [])
        case .package(let name, let version):
            try fetch(.package, name + (version.map { "=\($0)" } ?? ""), directory, archive)
        case .git(let place, let revision):
            let target = directory.appending("tree")
            try clone(place, revision, to: target)
            return Source(directory: target)
        }
        let names = try Directory.open(directory).names()
        return Source(directory: directory, description: names.first { $0.extension == "dsc" }.map(directory.appending))
    }

    private func fetch(_ kind: FetchSource.Kind, _ place: String, _ directory: FilePath, _ words: [String]) throws {
        try OwnProcess.require(
            [FetchSource._commandName] + words + ["--", kind.rawValue, place, directory.string])
    }

    /// The unpacked source: the only directory, by convention, or else the top.
    private func onlyDirectory(in directory: FilePath) throws -> FilePath {
        let opened = try Directory.open(directory)
        let names = try opened.names()
        guard names.count == 1, let only = names.first, try opened.status(of: only)?.kind == .directory else {
            return directory
        }
        return directory.appending(only)
    }

    private func clone(_ place: String, _ revision: String?, to target: FilePath) throws {
        guard let git = ChildProcess.find("git") else {
            throw RecipeError(
                "cannot fetch \(place)", cause: "git is not installed", remedy: "sudo apt-get install git",
                status: .badConfiguration)
        }
        // A repository must not choose a transport that executes commands.
        let safe = ["-c", "protocol.ext.allow=never", "-c", "advice.detachedHead=false"]
        try attend(git, safe + ["init", "--quiet", "--", target.string])
        let there = safe + ["-C", target.string]
        // One commit is enough, if the server offers it by this name.
        let shallow = try run(git, there + ["fetch", "--quiet", "--depth", "1", "--", place, revision ?? "HEAD"])
        if shallow {
            try attend(git, there + ["checkout", "--quiet", "--detach", "FETCH_HEAD"])
        } else {
            try attend(git, there + ["fetch", "--quiet", "--tags", "--", place, "+refs/heads/*:refs/remotes/origin/*"])
            let name = revision ?? "HEAD"
            let found = try ["\(name)^{commit}", "refs/remotes/origin/\(name)^{commit}"].first {
                try run(git, there + ["rev-parse", "--quiet", "--verify", "--end-of-options", $0])
            }
            guard let found else {
                throw RecipeError("\(place) has no revision \(name)", status: .badData)
            }
            try attend(git, there + ["checkout", "--quiet", "--detach", String(found.dropLast("^{commit}".count))])
        }
        if try Directory.open(target).status(of: ".gitmodules") != nil {
            try attend(git, there + ["submodule", "update", "--quiet", "--init", "--recursive", "--depth", "1"])
        }
    }

    private func attend(_ program: FilePath, _ arguments: [String]) throws {
        let end = try ChildProcess.attend(program, arguments, environment: Surroundings.variables)
        if end != .exited(0) { throw ExitCode(end.status) }
    }

    /// Whether it succeeded; its output is hidden.
    private func run(_ program: FilePath, _ arguments: [String]) throws -> Bool {
        try ChildProcess.run(program, arguments, environment: Surroundings.variables, timeout: .seconds(3600)).succeeded
    }
}
