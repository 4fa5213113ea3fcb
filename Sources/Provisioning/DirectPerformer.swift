// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

/// Performs requests in this process: for root, and for a worker that is in its namespace.
package struct DirectPerformer: NamespacePerforming {
    package init() {}

    package func perform(
        _ request: WorkerRequest, progress: @escaping @Sendable (Int64) -> Void
    ) throws(ProvisioningError) -> WorkerReply {
        try below { () throws(FilesystemError) in
            switch request {
            case .remove(let removal):
                try remove(removal)
                return .done
            case .measure(let path):
                return .measured(try DiskUsage(of: FilePath(path)))
            }
        }
    }

    private func remove(_ removal: WorkerRequest.Removal) throws(FilesystemError) {
        guard let name = FilePath.Component(removal.name), name.kind == .regular else {
            throw FilesystemError("delete", FilePath(removal.directory).appending(removal.name), .invalidArgument)
        }
        let directory = try Directory.open(FilePath(removal.directory))
        if let only = removal.only {
            guard let found = try directory.status(of: name), found.kind == .directory else { return }
            guard try directory.openDirectory(name).identity() == only else { return }
        }
        try directory.removeTree(name)
    }
}
