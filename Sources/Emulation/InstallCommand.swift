// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Filesystem

extension OSRelease {
    /// What installs the interpreter of `architecture` on this distribution.
    package func installCommand(for architecture: Architecture) -> String {
        guard let installer else {
            return "install qemu's statically linked user-mode emulator, qemu-\(architecture.qemuName)-static"
        }
        return "\(installer) \(qemuPackage(for: architecture))"
    }

    private func qemuPackage(for architecture: Architecture) -> String {
        let families = [id] + like
        if families.contains("ubuntu") { return "qemu-user-static" }
        if families.contains("debian") {
            // From Debian 13 on, and so in testing, qemu-user is static itself.
            let release = version.flatMap { Int($0) } ?? Int.max
            return id != "debian" || release < 13 ? "qemu-user-static" : "qemu-user"
        }
        if families.contains("alpine") { return "qemu-\(architecture.qemuName)" }
        return families.contains("suse") || families.contains("opensuse") ? "qemu-linux-user" : "qemu-user-static"
    }
}
