// SPDX-License-Identifier: Apache-2.0

internal import Failures

extension ConfigurationPlan {
    /// For newer versions of packages in a root that is complete, whose files, each named after its digest, are in
    /// `directory` of it. Configuration that was changed stays as it is. `hasPolicy`: the root has a policy-rc.d(8) of its
    /// own, which stays.
    package init(upgrading plan: BootstrapPlan, from directory: String, hasPolicy: Bool) {
        let files = plan.packages.map { "\(directory)/\($0.sha256).deb" }
        // By its path: busybox's shell has one of its own.
        let dpkg = "/usr/bin/dpkg --force-confdef --force-confold --force-unsafe-io"
        // What one has to have configured before it is unpacked may be among the others, which are there by then.
        let unpack = """
            \(dpkg) --unpack "$@" || { \(dpkg) --configure --pending && \(dpkg) --skip-same-version --unpack "$@"; }
            """
        environment = Self.environment
        temporaryFiles = hasPolicy ? [] : [Self.policy]
        steps = [
            Step(
                title: "unpacking \(counted(files.count, "package"))", command: ["/bin/sh", "-c", unpack, "sh"] + files),
            Step(
                title: "configuring \(counted(files.count, "package"))",
                command: ["dpkg", "--force-confdef", "--force-confold", "--configure", "--pending"]),
        ]
        leftovers = []
    }
}
