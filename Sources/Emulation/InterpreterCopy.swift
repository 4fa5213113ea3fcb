// SPDX-License-Identifier: Apache-2.0

package import Filesystem
package import SystemPackage

extension Interpreter {
    /// Copies it into the tree `root`, at `/usr/bin/qemu-NAME-static`, for `chroot` with a registration that has no
    /// flag `F`. Replaces what is there, a link itself and not its target; leaves the tree through no link.
    /// Returns the path inside the tree.
    @discardableResult
    package func copy(into root: borrowing Directory) throws(EmulationError) -> FilePath {
        let path = FilePath("/usr/bin/qemu-\(architecture.qemuName)-static")
        do throws(FilesystemError) {
            guard let name = path.lastComponent else { throw FilesystemError("write", path, .invalidArgument) }
            let programs = try root.openDirectory("usr").openDirectory("bin")
            try programs.replaceFile(
                name, with: try self.path.readFile(), permissions: FilePermissions(rawValue: 0o755))
            return path
        } catch {
            throw EmulationError(error)
        }
    }
}
