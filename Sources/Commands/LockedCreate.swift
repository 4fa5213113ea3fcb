// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Catalogue
internal import Provisioning
internal import SystemPackage
internal import Terminal

/// `create --locked`.
extension Create {
    /// The lock file says all of what these say.
    func validateLocked() throws {
        let said: [(String, Bool)] = [
            ("a distro", distro != nil), ("--arch", arch != nil), ("--package", !packages.lists.isEmpty),
            ("--from", from != nil), ("--sha256", sha256 != nil), ("--from-archive", fromArchive),
            ("--variant", variant != nil), ("--skip-suite", !allowed.skipSuite.isEmpty),
            ("--allow-expired", allowed.allowExpired), ("--allow-unsigned", allowed.allowUnsigned),
            ("--keyring", sources.keyring != nil), ("--keep-credentials", keepCredentials),
        ]
        if let option = said.first(where: \.1)?.0 {
            throw ValidationError("--locked and \(option) cannot be combined: the lock file lists everything")
        }
        guard !sources.requireSignature else {
            throw ValidationError(
                "--require-signature and --locked cannot be combined: a lock file has digests, not signatures")
        }
    }

    /// What the lock file asks for, and what else is known of where it can be had.
    func lockedRequest(
        _ file: String, _ catalogue: Catalogue, _ creation: Creation, _ configuration: Configuration, _ report: Progress
    ) throws -> LockedRequest {
        let path = Surroundings.workingDirectory.pushing(FilePath(file))
        let lock = try LockFile(at: path)
        guard lock.kind == .archive || sources.mirror == nil else {
            throw ValidationError("--mirror requires a package archive; this lock file names the tarball's URLs")
        }
        // One of its own may be missing here: the lock file says enough.
        let selection = try? catalogue.select(
            "\(lock.distro):\(lock.release)", architecture: try Catalogue.architecture(lock.architecture))
        if let warning = selection?.endOfLifeWarning() { report.warn(warning) }
        let configured = configuration.mirror(of: lock.distro, isPinned: lock.snapshot != nil)
        return LockedRequest(lock, selection: selection, mirror: (sources.mirror ?? configured).map(creation.bare))
    }
}
