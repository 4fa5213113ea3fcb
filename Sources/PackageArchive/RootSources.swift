// SPDX-License-Identifier: Apache-2.0

internal import Filesystem
internal import SystemPackage

/// Where apt inside the root is to get packages from (sources.list(5)).
struct RootSources {
    private let plan: BootstrapPlan

    init(_ plan: BootstrapPlan) {
        self.plan = plan
    }

    /// Since 2.7 apt prefers deb822 and later asks for it.
    private var isDeb822: Bool {
        plan.packages.contains { $0.name == "apt" && PackageVersion($0.version) >= PackageVersion("2.7") }
    }

    /// The distribution's own keyring, where the root has it.
    private func keyring(_ root: borrowing Directory) -> String? {
        let known = ["debian-archive-keyring", "ubuntu-archive-keyring"].flatMap { name in
            ["gpg", "pgp"].map { "/usr/share/keyrings/\(name).\($0)" }
        }
        for path in known where (try? root.openInRoot(path)) != nil { return path }
        return nil
    }

    func write(to root: borrowing Directory) throws(FilesystemError) {
        let apt = try root.makeDirectories(["etc", "apt"])
        guard isDeb822, let keyring = keyring(root) else {
            return try apt.createFile("sources.list", holding: Array(oneLine.utf8))
        }
        let name: FilePath.Component = keyring.contains("ubuntu") ? "ubuntu.sources" : "debian.sources"
        try apt.makeDirectories(["sources.list.d"]).createFile(name, holding: Array(deb822(keyring).utf8))
    }

    var oneLine: String {
        let components = plan.components.joined(separator: " ")
        let options = plan.isSnapshot ? "[check-valid-until=no] " : ""
        return plan.sources.map { "deb \(options)\($0.uri) \($0.suite) \(components)\n" }.joined()
    }

    func deb822(_ keyring: String) -> String {
        var archives: [(uri: String, suites: [String])] = []
        for source in plan.sources {
            if let index = archives.firstIndex(where: { $0.uri == source.uri }) {
                archives[index].suites.append(source.suite)
            } else {
                archives.append((source.uri, [source.suite]))
            }
        }
        return archives.map { archive in
            """
            Types: deb
            URIs: \(archive.uri)
            Suites: \(archive.suites.joined(separator: " "))
            Components: \(plan.components.joined(separator: " "))
            Signed-By: \(keyring)\(plan.isSnapshot ? "\nCheck-Valid-Until: no" : "")

            """
        }.joined(separator: "\n")
    }
}
