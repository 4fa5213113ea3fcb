// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Terminal

extension Creation {
    /// Gives the root its name, and says who else can get at it.
    func publish(_ staging: borrowing Staging, _ record: RootRecord) throws(ProvisioningError) {
        progress.begin("writing to the disk")
        try staging.publish(record, using: workers)
        progress.end()
        guard staging.outside != nil, geteuid() == 0,
            let above = try? PathAbove(of: staging.destination.removingLastComponent()), above.isOpenToAll
        else { return }
        progress.warn(
            "every user of this host can execute the setuid programs in \(staging.destination); "
                + "a directory of mode 0700 above it would keep them out")
    }
}
