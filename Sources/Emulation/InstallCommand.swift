// SPDX-License-Identifier: Apache-2.0

package import Architectures
package import Filesystem

extension OSRelease {
    /// What installs the interpreter of `architecture` on this distribution.
    package func installCommand(for architecture: Architecture) -> String {
        for family in [id] + like {
            switch family {
            case "debian":
                // From Debian 13 on, and so in testing, qemu-user is static itself.
                let release = version.flatMap { Int($0) } ?? Int.max
                return "sudo apt install \(id != "debian" || release < 13 ? "qemu-user-static" : "qemu-user")"
            case "ubuntu": return "sudo apt install qemu-user-static"
            case "fedora", "rhel", "centos": return "sudo dnf install qemu-user-static"
            case "arch": return "sudo pacman -S qemu-user-static"
            case "alpine": return "sudo apk add qemu-\(architecture.qemuName)"
            case "suse", "opensuse": return "sudo zypper install qemu-linux-user"
            case "void": return "sudo xbps-install qemu-user-static"
            default: continue
            }
        }
        return "install qemu's statically linked user-mode emulator, qemu-\(architecture.qemuName)-static"
    }
}
