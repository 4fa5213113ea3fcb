// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Architectures
internal import Emulation
internal import Filesystem
package import Sandbox
package import SystemPackage

extension SandboxPlan {
    /// The plan of `request` in the tree `tree`.
    ///
    /// Reads the tree's passwd and group files and what this host can emulate; changes nothing.
    package init(
        _ request: RunRequest, tree path: FilePath, hostname: String, caller: Caller, emulation: EmulationChoice
    ) throws(ProvisioningError) {
        let account = try Account.find(request.user ?? "root", in: path, changes: request.changes)
        let command = request.command.isEmpty ? [account.shell, "-l"] : request.command
        self.init(
            root: request.root(path), identity: caller.identity, command: command)
        isolatesNetwork = request.isolatesNetwork
        trustsSetuid = request.trustsSetuid
        limits = request.limits
        rules = emulation.rules
        steps = RootLayout.steps(identity: caller.identity, hasRules: !emulation.rules.isEmpty)
        var given: [String: String] = emulation.environment
        if caller.identity.isSingle {
            // With one id apt cannot become _apt (apt.conf(5), APT_CONFIG).
            steps.append(
                .file(target: "/run/mangrove-apt.conf", contents: "APT::Sandbox::User \"root\";\n"))
            given["APT_CONFIG"] = "/run/mangrove-apt.conf"
        }
        let current = caller.currentDirectory
        let sharing = request.sharing(with: caller, in: path)
        if sharing == .byItself {
            steps.append(.bind(source: current, target: current, readOnly: false, optional: false))
        }
        if let toolchain = request.toolchain {
            steps.append(
                .bind(source: toolchain.directory, target: Toolchain.place, readOnly: true, optional: false))
        }
        steps += request.binds.map(\.step) + request.layered.flatMap(\.steps)
        steps += request.hidden.map { .tmpfs(target: $0, mode: 0o755) }
        workingDirectory = request.workingDirectory ?? (sharing == .none ? request.defaultDirectory : current)
        self.hostname = request.hostname ?? hostname
        personality = emulation.personality
        user = account.user
        umask = caller.umask
        usesTerminal = request.usesTerminal
        environment = RunEnvironment.make(
            account: account, caller: caller.environment, root: request.defaultEnvironment, emulation: given,
            asked: request.environment, searchedFirst: request.searchPath)
    }
}

extension RunRequest {
    fileprivate func root(_ tree: FilePath) -> SandboxPlan.Root {
        if let changes { return .layered(tree, changes: changes) }
        return isThrowaway ? .throwaway(tree) : .tree(tree)
    }

    /// Why a run sees the caller's current directory at the same path.
    enum Sharing {
        case none, byItself, byBind
    }

    func sharing(with caller: Caller, in tree: FilePath) -> Sharing {
        let current = caller.currentDirectory
        if binds.contains(where: { $0.source == $0.target && current.starts(with: $0.target) }) { return .byBind }
        guard !caller.isDirectoryPrivate, RootLayout.maySharePath(current), !current.starts(with: tree) else {
            return .none
        }
        return .byItself
    }
}

extension Account {
    /// Of the first tree that has the file in its `etc`.
    private static func bytes(
        of name: FilePath.Component, in trees: [FilePath?]
    ) throws(FilesystemError) -> [UInt8]? {
        for case let path? in trees {
            guard let tree = try? Directory.open(path), try tree.status(of: "etc")?.kind == .directory else { continue }
            if let found = try tree.openDirectory("etc").readFile(name) { return found }
        }
        return nil
    }

    /// Looks up an account in a tree's own files, or in the versions that earlier runs changed. Links at `etc` or the
    /// files are not followed, because they would be resolved outside the root.
    static func find(
        _ asked: String, in path: FilePath, changes: FilePath?
    ) throws(ProvisioningError) -> Account {
        let upper = changes?.appending("upper")
        let (passwd, group) = try below { () throws(FilesystemError) in
            (
                try bytes(of: "passwd", in: [upper, path]) ?? [],
                try bytes(of: "group", in: [upper, path]) ?? []
            )
        }
        do throws(SandboxError) {
            return try Account(
                asked, passwd: String(decoding: passwd, as: UTF8.self), group: String(decoding: group, as: UTF8.self),
                root: path.string)
        } catch {
            throw ProvisioningError(error)
        }
    }
}
