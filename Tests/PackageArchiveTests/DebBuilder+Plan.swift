// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Integrity
import PackageArchive
import SystemPackage

extension DebBuilder {
    /// Writes it into `directory` and says what a plan says of it.
    func write(
        to directory: FilePath, isSameForArchitectures: Bool = false, replaces: [String] = []
    ) throws -> BootstrapPlan.Package {
        let bytes = bytes
        let path = directory.appending("\(name).deb")
        try AtomicFile.write(bytes, to: path)
        return BootstrapPlan.Package(
            name: name, version: version, architecture: "arm64", size: Int64(bytes.count),
            sha256: try Digest.of(bytes).hex, file: path.string, isSameForArchitectures: isSameForArchitectures,
            replaces: replaces)
    }
}
