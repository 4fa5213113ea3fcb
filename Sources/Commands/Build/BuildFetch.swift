// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import ArgumentParser
internal import Building
internal import Failures
internal import Filesystem
internal import Processes
internal import Provisioning
internal import SystemPackage

/// Gets the source of a build that is not there yet.
struct BuildFetch {
    let options: Build
    /// Words of the command line that say where packages come from.
    let sourceWords: [String]

    /// Gets `origin` into `directory`, which is made. Returns the directory that is built, or the path of a `.dsc`. Throws
    /// status 125 where that fails; why was said then.
    func obtain(_ origin: SourceOrigin, base: String?, _ architecture: Architecture, in directory: FilePath) throws
        -> FilePath
    {
        try directory.makeDirectories(mode: 0o755)
        switch origin {
        case .directory(let path): return path
        case .tarball(let place, let digits):
            try fetch("tarball", place, directory, digits.map { ["--sha256", $0] } ?? [])
            let opened = try Directory.open(directory)
            let names = try opened.names()
            guard names.count == 1, let only = names.first, try opened.status(of: only)?.kind == .directory else {
                return directory
            }
            return directory.appending(only)
        case .description(let place):
            try fetch("description", place, directory, [])
            return try description(in: directory)
        case .package(let name, let version):
            let words = ["--architecture", architecture.rawValue] + (base.map { ["--base", $0] } ?? []) + sourceWords
            try fetch("package", name + (version.map { "=\($0)" } ?? ""), directory, words)
            return try description(in: directory)
        case .git(let place, let revision):
            let target = directory.appending("tree")
            try clone(place, revision, to: target)
            return target
        }
    }

    private func fetch(_ kind: String, _ place: String, _ directory: FilePath, _ words: [String]) throws {
        try attend("/proc/self/exe", [FetchSource._commandName] + words + ["--", kind, place, directory.string])
    }

    private func description(in directory: FilePath) throws -> FilePath {
        guard let name = try Directory.open(directory).names().first(where: { $0.extension == "dsc" }) else {
            throw RecipeError("there is no .dsc in \(directory)", status: .badData)
        }
        return directory.appending(name)
    }

    private func clone(_ place: String, _ revision: String?, to target: FilePath) throws {
        guard let git = ChildProcess.find("git") else {
            throw RecipeError(
                "cannot get \(place)", cause: "git is not installed", remedy: "sudo apt-get install git",
                status: .badConfiguration)
        }
        // What a repository's configuration could name as a transport is not executed.
        let safe = ["-c", "protocol.ext.allow=never", "-c", "advice.detachedHead=false"]
        try attend(git, safe + ["init", "--quiet", "--", target.string])
        let there = safe + ["-C", target.string]
        // One commit is enough, where the server gives it by this name.
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
        let end = try ChildProcess.attend(program, arguments, environment: Self.environment)
        guard end == .exited(0) else { throw ExitCode(125) }
    }

    /// Whether it went well; what it says is not shown.
    private func run(_ program: FilePath, _ arguments: [String]) throws -> Bool {
        try ChildProcess.run(program, arguments, environment: Self.environment, timeout: .seconds(3600)).succeeded
    }

    private static var environment: [String] { Surroundings.environment.map { "\($0.key)=\($0.value)" } }
}
