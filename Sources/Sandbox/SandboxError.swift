// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
internal import Emulation
package import Failures
internal import Glibc
package import SystemPackage

/// A run failed before its command was executed.
package struct SandboxError: Failure, Equatable {
    package enum Code: Hashable, Sendable {
        /// The kernel or its security policy gives this user no namespaces.
        case namespacesDenied
        /// Only root can run without a user namespace.
        case isolationNeeded
        /// A subordinate range exists, the program that maps it does not.
        case mapperMissing(program: String)
        /// It exists and failed; its message.
        case mapperFailed(program: String, message: String)
        /// Limits were requested that this machine cannot enforce.
        case limitsUnavailable(why: String, remedy: String)
        case setup(step: String)
        /// A file system does not show its files with other ids (mount_setattr(2)).
        case unshiftable
        case noSuchUser(String)
        case noSuchGroup(String)
        /// The user namespace does not have those ids.
        case unmappedUser(SandboxPlan.User)
        case invalidBind(String)
        case commandNotFound
        case commandNotExecutable
        /// The command's file is there; the program it is interpreted by (`#!`, ELF) is not.
        case interpreterMissing
        /// The kernel has nothing registered for this format.
        case unknownFormat
    }

    package let code: Code
    /// The root, path or command it is about.
    package let subject: String
    package let errno: Errno?

    package init(_ code: Code, _ subject: String, _ errno: Errno? = nil) {
        self.code = code
        self.subject = subject
        self.errno = errno
    }

    package var problem: String {
        switch code {
        case .namespacesDenied: "cannot create a user namespace"
        case .isolationNeeded: "--isolation none requires root"
        case .mapperMissing(let program): "cannot map subordinate ids: \(program) is not installed"
        case .mapperFailed(let program, _): "cannot map subordinate ids: \(program) failed"
        case .limitsUnavailable: "cannot enforce --memory, --cpus or --pids"
        case .setup(let step): "cannot \(step)\(subject.isEmpty ? "" : " \(subject)")"
        case .unshiftable: "cannot shift the ids of \(subject)"
        case .noSuchUser(let user): "no user \(user) in \(subject)"
        case .noSuchGroup(let group): "no group \(group) in \(subject)"
        case .unmappedUser(let user): "cannot become user \(user.user), group \(user.group)"
        case .invalidBind(let why): "cannot mount \(subject): \(why)"
        case .commandNotFound: "\(subject): command not found in the root"
        case .commandNotExecutable, .interpreterMissing, .unknownFormat: "cannot execute \(subject) in the root"
        }
    }

    package var cause: String? {
        switch code {
        case .mapperFailed(_, let message): message
        case .limitsUnavailable(let why, _): why
        case .interpreterMissing: "the file exists, but its interpreter (#! line or ELF loader) does not"
        case .unknownFormat: "no interpreter is registered for its format"
        case .commandNotFound: nil
        case .isolationNeeded: nil
        case .unmappedUser: "this user has too few subordinate ids, or none"
        default: errno?.description
        }
    }

    package var remedy: String? {
        switch code {
        case .namespacesDenied:
            "run `mangrove doctor` to find the setting that denies it"
                + (geteuid() == 0 ? "; or, in a container that provides isolation: --isolation none" : "")
        case .isolationNeeded: "omit --isolation"
        case .mapperMissing: "install it: `sudo apt-get install uidmap` (Fedora: shadow-utils, Alpine: shadow-subids)"
        case .limitsUnavailable(_, let remedy): remedy
        case .mapperFailed: "check this user's lines in /etc/subuid and /etc/subgid"
        case .unknownFormat: "run `mangrove doctor` to check that architecture"
        case .unmappedUser: "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER"
        case .noSuchUser: "give a number, or a name from the root's /etc/passwd"
        case .noSuchGroup: "give a number, or a name from the root's /etc/group"
        default: nil
        }
    }

    package var status: ExitStatus {
        switch code {
        case .commandNotFound: .notFound
        case .commandNotExecutable, .interpreterMissing, .unknownFormat: .notExecutable
        case .namespacesDenied, .isolationNeeded, .limitsUnavailable: .notPermitted
        case .mapperMissing, .mapperFailed, .unmappedUser: .badConfiguration
        case .noSuchUser, .noSuchGroup, .invalidBind: .usage
        case .setup, .unshiftable: errno == .notPermitted || errno == .permissionDenied ? .notPermitted : .sandboxFailed
        }
    }
}

extension SandboxError {
    /// Whether another tree has taken the root's name since the run was planned.
    package var isOfReplacedRoot: Bool { errno == Errno(rawValue: ESTALE) && code == .setup(step: Self.entering) }

    static let entering = "enter the root"

    /// Whether a file system does not support idmapped mounts, or is one already.
    var isOfFileSystemsIds: Bool { code == .unshiftable && (errno == .invalidArgument || errno == .notPermitted) }

    /// Translates a child's report, for `plan`.
    init(_ report: mg_report, plan: SandboxPlan) {
        let errno = Errno(rawValue: report.error)
        let index = Int(report.index)
        let operation = plan.steps.indices.contains(index) ? plan.steps[index].description : ""
        let step = mg_step(UInt32(report.step))
        switch step {
        case mg_step_clone where errno == .noMemory || !plan.identity.usesNamespace:
            self.init(.setup(step: "start a process"), "", errno)
        case mg_step_clone: self.init(.namespacesDenied, "", errno)
        case mg_step_shift:
            let subject = operation.isEmpty ? plan.rootPath?.string ?? "" : operation
            self.init(.unshiftable, subject, errno)
        case mg_step_devices:
            self.init(.setup(step: "make"), operation.isEmpty ? "device nodes" : operation, errno)
        case mg_step_inside: self.init(.setup(step: "create the command's namespaces"), "", errno)
        case mg_step_rights: self.init(.setup(step: "drop the command's privileges and keys"), "", errno)
        case mg_step_lock: self.init(.setup(step: "lock the mounts"), "", errno)
        case mg_step_descriptors: self.init(.setup(step: "arrange descriptors"), "", errno)
        case mg_step_identity: self.init(.setup(step: "become root of the user namespace"), "", errno)
        case mg_step_propagation: self.init(.setup(step: "detach the host's mounts"), "", errno)
        case mg_step_binfmt: self.init(.setup(step: "mount a private binfmt_misc"), "", errno)
        case mg_step_register:
            let rule = plan.rules.indices.contains(index) ? plan.rules[index].name : ""
            self.init(.setup(step: "register the interpreter"), rule, errno)
        case mg_step_changes: self.init(.setup(step: "set up an overlay on"), plan.rootPath?.string ?? "", errno)
        case mg_step_root: self.init(.setup(step: Self.entering), plan.rootPath?.string ?? "", errno)
        case mg_step_prepare, mg_step_attach: self.init(.setup(step: "mount"), operation, errno)
        case mg_step_hostname: self.init(.setup(step: "set the host name"), plan.hostname ?? "", errno)
        case mg_step_network: self.init(.setup(step: "bring up loopback"), "", errno)
        case mg_step_terminal: self.init(.setup(step: "open a pseudo-terminal"), "", errno)
        case mg_step_user where errno == .invalidArgument: self.init(.unmappedUser(plan.user), "", errno)
        case mg_step_user: self.init(.setup(step: "become user \(plan.user.user)"), "", errno)
        case mg_step_workdir:
            self.init(.setup(step: "change to directory"), plan.workingDirectory?.string ?? "", errno)
        case mg_step_exec:
            let found = plan.candidates.indices.contains(index) ? plan.candidates[index] : plan.command.first ?? ""
            switch errno {
            case .noSuchFileOrDirectory where index < 0: self.init(.commandNotFound, plan.command.first ?? "", errno)
            case .noSuchFileOrDirectory: self.init(.interpreterMissing, found, errno)
            case Errno(rawValue: ENOEXEC): self.init(.unknownFormat, found, errno)
            default: self.init(.commandNotExecutable, found, errno)
            }
        default: self.init(.setup(step: "start a process"), "", errno)
        }
    }
}

extension SandboxPlan {
    /// The tree that becomes `/`.
    package var rootPath: FilePath? {
        switch root {
        case .host: nil
        case .tree(let path), .throwaway(let path), .layered(let path, _): path
        }
    }
}
