// SPDX-License-Identifier: Apache-2.0

internal import Architectures
internal import Failures
internal import Filesystem
internal import SystemPackage

/// Why a tree cannot become a root: nothing could run in it, or something else is in place of required directories.
enum BaseObstacle {
    /// Directories that mangrove writes to, or mounts something of a run's own on.
    private static let own: [FilePath.Component] = ["etc", "dev", "proc", "sys"]
    /// Directories that may be links to others, such as `/var` to `/tmp`, and `/usr` if everything is in one directory.
    private static let others: [FilePath.Component] = ["usr", "var", "tmp", "run"]
    private static let shell = "/bin/sh"

    /// The first obstacle, as text for the user; nil if there is none.
    static func find(in tree: borrowing Directory, for architecture: Architecture, needsShell: Bool = true)
        throws(FilesystemError)
        -> String?
    {
        let permissions = try tree.status().permissions
        guard permissions & 0o500 == 0o500 else {
            return "its top directory is inaccessible to its owner (mode \(String(permissions, radix: 8)))"
        }
        for name in own + others {
            guard let kind = try tree.status(of: name)?.kind, kind != .directory else { continue }
            guard kind == .symbolicLink, others.contains(name) else {
                return "expected a directory at /\(name), found \(kind)"
            }
            guard (try? tree.openInRoot(name.string, onlyDirectory: true)) != nil else {
                return "expected a directory at /\(name), found a symbolic link that leads to none"
            }
        }
        // An image may consist of a single program.
        return needsShell ? shellObstacle(in: tree, architecture) : nil
    }

    /// Why its shell would not start. Links are followed as they are in it.
    private static func shellObstacle(in tree: borrowing Directory, _ architecture: Architecture) -> String? {
        let path = FilePath(shell)
        let file: OwnedDescriptor
        do throws(FilesystemError) {
            file = try tree.openInRoot(shell)
        } catch {
            return error.errno == .noSuchFileOrDirectory
                ? "nothing can run in it: no \(shell)"
                : "nothing can run in it: \(shell): \(error.cause ?? "cannot open it")"
        }
        guard let status = try? file.status(of: path), status.kind == .regular else {
            return "nothing can run in it: \(shell) is not a file"
        }
        guard status.permissions & 0o111 != 0 else {
            return "nothing can run in it: \(shell) is not executable "
                + "(mode \(String(status.permissions, radix: 8)))"
        }
        let beginning = (try? file.read(upTo: 64 << 10, of: path)) ?? []
        guard let elf = ELFIdentity(parsing: beginning) else {
            return "nothing can run in it: \(shell) is not a program"
        }
        guard elf == architecture.elf else {
            let other = Architecture.allCases.last { $0.elf == elf }
            return
                "expected \(shell) for \(architecture), found one for \(other?.description ?? "an unknown architecture")"
        }
        guard let loader = ELFHeaders(parsing: beginning)?.loader else { return nil }
        guard (try? tree.openInRoot(loader)) != nil else {
            return "nothing can run in it: \(shell) needs \(loader), which is missing"
        }
        return nil
    }
}

/// Calls `body`, which reads and writes in the tree of a base called `name`, and attributes faults of that tree to the
/// base.
func inBase<Value>(
    _ name: String, _ body: () throws(FilesystemError) -> Value
) throws(ProvisioningError) -> Value {
    do throws(FilesystemError) {
        return try body()
    } catch let error where [.inputOutput, .tryAgain].contains(error.status) || error.errno == .readOnlyFileSystem {
        throw ProvisioningError(error)
    } catch {
        throw ProvisioningError(
            .notASystem(name, reason: error.cause.map { "\(error.problem): \($0)" } ?? error.problem))
    }
}
