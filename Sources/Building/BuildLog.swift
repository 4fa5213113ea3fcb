// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import Provisioning
internal import SystemPackage

/// All that the steps of a build write, as they write it.
struct BuildLog: ~Copyable {
    private let file: OwnedDescriptor

    /// A new file at `path`, in the place of an older one.
    init(_ path: FilePath) throws(ProvisioningError) {
        file = try below { () throws(FilesystemError) in
            try OwnedDescriptor.open(path, .writeOnly, options: [.create, .truncate])
        }
    }

    var rawValue: CInt { file.rawValue }

    func write(_ bytes: [UInt8]) { Self.write(bytes, to: rawValue) }

    /// A full disk costs the log and not the build, which has failures of its own then.
    static func write(_ bytes: [UInt8], to file: CInt) { _ = try? FileDescriptor(rawValue: file).writeAll(bytes) }
}
