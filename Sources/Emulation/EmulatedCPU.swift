// SPDX-License-Identifier: Apache-2.0

package import Architectures

/// The CPU that qemu emulates.
package enum EmulatedCPU {
    /// The value of `QEMU_CPU` for programs of `architecture`; nil if qemu's default is right.
    ///
    /// The user's word wins: `option` (`--cpu`, the configuration), then `environment` (their own `QEMU_CPU`).
    /// Otherwise aarch64 gets `max` without pointer authentication, which qemu emulates with a cipher at every call
    /// and return. The variable has to be set in the run besides the allow-list of environment variables, and not
    /// through it: the host's value must not get in by chance. A program that clears its environment runs on qemu's
    /// default CPU, slower and no less right. One value serves every interpreter of a run: it has to be right for
    /// each of them.
    package static func choose(
        _ architecture: Architecture, version: QemuVersion, option: String? = nil,
        environment: String? = Environment["QEMU_CPU"]
    ) -> String? {
        if let chosen = [option, environment].compactMap({ $0 }).first(where: { !$0.isEmpty }) { return chosen }
        return architecture == .arm64 && version.hasPointerAuthenticationProperty ? "max,pauth=off" : nil
    }
}
