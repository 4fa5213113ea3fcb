// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import FoundationEssentials
internal import PackageArchive
internal import SystemPackage

/// A package of which a root has a newer version than its tools tree, or which its tools tree is to have and has not.
package struct OutdatedTool: Hashable, Sendable, CustomStringConvertible {
    /// As the tools tree calls it.
    package let name: String
    /// The root's.
    package let wanted: String

    /// nil where the root's is not newer. `native`: nil where there is none.
    init?(_ name: String, of root: String, and native: String?) {
        if let native, PackageVersion(native) >= PackageVersion(root) { return nil }
        (self.name, wanted) = (name, root)
    }

    /// Of what `description` is.
    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        (name, wanted) = (String(parts[0]), String(parts[1]))
    }

    package var description: String { "\(name)=\(wanted)" }
}

extension TreeAcceleration.Record {
    /// What is emulated because the tools tree's is older.
    package var outdated: [OutdatedTool] {
        let found = fallbacks.compactMap { fallback in
            fallback.versions.flatMap { OutdatedTool($0.nativeName, of: $0.own, and: $0.native) }
        }
        return Set(found).sorted { $0.description < $1.description }
    }
}

extension ToolsTrees {
    private static let addedFile: FilePath.Component = "added"

    /// Packages that the newest was given because users wanted them, besides those that are known to be eligible; the
    /// one that takes its place has them, too.
    func added(_ subject: Subject) throws(ProvisioningError) -> Set<String> {
        guard let name = try newest(of: subject),
            let bytes = try? store.path(of: name).appending(Self.addedFile).readFile()
        else { return [] }
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    static func write(added: Set<String>, to directory: FilePath) throws(FilesystemError) {
        guard !added.isEmpty else { return }
        let text = added.sorted().joined(separator: "\n")
        try AtomicFile.write(Array(text.utf8), to: directory.appending(addedFile))
    }

    /// What a tools tree has older than `versions`, a root's by the packages' names, or does not have
    /// although a user has added it; of another packaging of the same version nothing depends.
    func outdated(
        _ subject: Subject, adding added: [String], _ versions: [String: String]
    ) throws(ProvisioningError) -> [OutdatedTool] {
        guard let offered = try packages(subject) else { return [] }
        let eligible = try below { () throws(AccelerationError) in
            try Eligibility.builtIn()[offered.manager].expanded(for: versions.keys)
        }
        let added = EligibilityChanges(add: added).wanted(of: eligible)
        return Set(eligible.packages.keys).union(added).sorted().compactMap { name in
            guard let own = versions[name],
                eligible.packages[name]?.isReviewed(own, for: subject.architecture) != false
            else { return nil }
            guard let native = offered[name] else {
                return added.contains(name) ? OutdatedTool(name, of: own, and: nil) : nil
            }
            return native.isOfOther(own) ? OutdatedTool(name, of: own, and: native.version) : nil
        }
    }

    /// What the newest consists of; nil where there is none that is whole.
    func packages(_ subject: Subject) throws(ProvisioningError) -> InstalledPackages? {
        guard let held = try find(subject) else { return nil }
        return try held.packages()
    }

    private func stamp(_ subject: Subject) throws(ProvisioningError) -> FilePath {
        store.directory.appending(".\(try subject.name).refreshed")
    }

    /// What was tried to be had within the last day.
    private func tried(_ subject: Subject) -> Set<String> {
        guard let file = try? stamp(subject), let opened = try? OwnedDescriptor.open(file, .readOnly),
            let status = try? opened.status(of: file),
            Double(status.modified) / 1e9 > Date.now.timeIntervalSince1970 - 86_400,
            let bytes = try? opened.readToEnd(of: file)
        else { return [] }
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    /// Whether the archive is to be asked for newer versions: of none of `outdated` that was done today.
    package func isRefreshDue(_ subject: Subject, _ outdated: [OutdatedTool]) -> Bool {
        guard !outdated.isEmpty else { return false }
        return !tried(subject).isSuperset(of: outdated.map(\.description))
    }

    /// Remembers for a day that it was asked.
    func noteRefresh(_ subject: Subject, _ outdated: [OutdatedTool]) {
        guard let file = try? stamp(subject) else { return }
        let lines = tried(subject).union(outdated.map(\.description)).sorted()
        try? AtomicFile.write(Array(lines.joined(separator: "\n").utf8), to: file)
    }
}

extension ToolsTrees.ToolsTree {
    func packages() throws(ProvisioningError) -> InstalledPackages? {
        try below { () throws(AccelerationError) in
            guard let tree = try? Directory.open(FilePath(record.path)) else { return nil }
            return try InstalledPackages(of: tree)
        }
    }
}

extension [OutdatedTool] {
    /// Whether one of them is newer as `version` has it than in the packages that there are: another version, or another
    /// packaging that is as new as the one that is wanted.
    func areNewer(_ version: (String) -> String?, than installed: InstalledPackages) -> Bool {
        contains { tool in
            guard let offered = version(tool.name) else { return false }
            guard let native = installed[tool.name] else { return true }
            guard PackageVersion(native.version) < PackageVersion(offered) else { return false }
            return native.isOfOther(offered) || PackageVersion(tool.wanted) <= PackageVersion(offered)
        }
    }
}

extension InstalledPackages.Package {
    /// Whether `version` is not another packaging of what this is one of.
    fileprivate func isOfOther(_ version: String) -> Bool {
        InstalledPackages.Package(name: name, version: version, architecture: architecture).upstreamVersion
            != upstreamVersion
    }
}
