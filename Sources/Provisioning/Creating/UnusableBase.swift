// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import Filesystem
internal import SystemPackage

/// A base or source that is not what it has to be, before anything of it is unpacked.
enum UnusableBase: Failure {
    case missing(FilePath)
    case unreadable(FilePath)
    /// Something else than a file; what to do if it is a directory.
    case noTarball(FilePath, FileStatus.Kind, insteadOfDirectory: String?)
    /// A container image where a tree is expected; what `create` calls it, if it takes that kind.
    case image(String, reference: String?)

    var problem: String {
        switch self {
        case .missing(let path): "no such file or directory: \(path)"
        case .unreadable(let path): "cannot open \(path)"
        case .noTarball(let path, _, _): "cannot unpack \(path)"
        case .image(let name, _): "\(name) cannot become a root"
        }
    }

    var cause: String? {
        switch self {
        case .missing: nil
        case .unreadable: Errno.permissionDenied.description
        case .noTarball(_, let kind, _): "expected a tarball, found \(kind)"
        case .image: "expected the files of a system, found a container image"
        }
    }

    var remedy: String? {
        switch self {
        case .missing(let path):
            path.lastComponent?.string.contains(":") == true ? "for a distro or an image, omit --from" : nil
        case .unreadable: "run as root, or use a copy that you can read"
        case .noTarball(_, .directory, let use): use
        case .noTarball(_, .blockDevice, _): "mount it, and name the directory: --from DIRECTORY"
        case .noTarball(_, .fifo, _): "write its contents to a file first"
        case .noTarball: "name a file, a directory or a URL"
        case .image(_, let reference?): "name it without --from: mangrove create NAME \(reference)"
        case .image(_, nil): "unpack it, and name the directory: mangrove create NAME oci-layout:DIRECTORY"
        }
    }

    var status: ExitStatus {
        switch self {
        case .missing: .noInput
        case .unreadable: .notPermitted
        case .noTarball, .image: .badData
        }
    }
}
