// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Catalogue

/// The identity of a root made from an archive, and its requirements.
struct ArchiveOrigin: Sendable {
    let distro: String
    let release: String
    let codename: String?
    let architecture: Architecture
    /// The moment of the archive, `20260901T000000Z`; nil: as it was at the time.
    let snapshot: String?
    /// Of the lock file that names its packages, `sha256:…`; nil: the archive's indices do.
    var lock: String?

    init(_ bootstrap: BootstrapRequest) {
        let selection = bootstrap.base.selection
        (distro, release, codename) = (selection.distro.name, selection.release.number, selection.release.codename)
        (architecture, snapshot) = (selection.architecture, bootstrap.base.snapshot?.text)
    }

    init(_ lock: LockFile, digest: String) {
        (distro, release, codename) = (lock.distro, lock.release, lock.codename)
        architecture = Architecture(rawValue: lock.architecture) ?? .host
        (snapshot, self.lock) = (lock.snapshot, digest)
    }
}
