// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Provisioning
internal import SystemPackage

/// The output of a build's steps.
struct BuildLog: ~Copyable {
    private let file: OwnedDescriptor

    /// Creates a new file at `path`, replacing an older one.
    init(_ path: FilePath) throws(ProvisioningError) {
        file = try below { () throws(FilesystemError) in
            try OwnedDescriptor.open(path, .writeOnly, options: [.create, .truncate])
        }
    }

    var rawValue: CInt { file.rawValue }

    func write(_ bytes: [UInt8]) { Self.write(bytes, to: rawValue) }

    /// On a full disk the log is incomplete, but the build continues until it fails itself.
    static func write(_ bytes: [UInt8], to file: CInt) { _ = try? FileDescriptor(rawValue: file).writeAll(bytes) }
}
