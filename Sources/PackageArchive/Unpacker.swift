// SPDX-License-Identifier: Apache-2.0

package import Extraction
package import Filesystem
internal import Glibc
internal import SystemPackage

/// Unpacks the packages of a plan into an empty directory, and writes dpkg's database as dpkg would have it after
/// unpacking them: each `install ok unpacked`, which `dpkg --configure -a` goes on from.
///
/// Executes nothing and needs no network: for a worker that has the ids of the root. Packages may come in any order;
/// what is made is the same. After an error the directory holds a part of a root; the caller deletes it.
package struct Unpacker: ~Copyable {
    private let plan: BootstrapPlan
    private let root: Directory
    private let policy: ExtractionPolicy
    private var database: PackageDatabase
    private var waiting: [Int] = []
    /// Being decompressed, and to be unpacked in this order.
    private var started: [(index: Int, package: StartedPackage)] = []
    private var isFounded: Bool
    private var preinsts: [Int: [UInt8]] = [:]
    private var postponed: [Int] = []
    private let foundation: Int?

    /// `owners`: what becomes of files whose owner cannot be represented here.
    package init(
        _ plan: BootstrapPlan, into root: consuming Directory,
        owners: ExtractionPolicy.UnmappedOwners = .refuse, ownership: ExtractionPolicy.Ownership = .archive
    ) throws(PackageArchiveError) {
        self.plan = plan
        self.root = root
        var policy = ExtractionPolicy.package
        (policy.unmappedOwners, policy.ownership, policy.leftOut) = (owners, ownership, plan.leftOut)
        self.policy = policy
        database = PackageDatabase(plan)
        foundation = plan.packages.firstIndex { $0.name == "base-files" }
        isFounded = foundation == nil
        let directory = self.root.rawValue
        try Self.layOut(plan, in: directory, path: self.root.path)
    }

    /// The links of a merged `/usr` exist before any package is unpacked: files in `/bin` go to `/usr/bin`.
    private static func layOut(
        _ plan: BootstrapPlan, in root: CInt, path: FilePath
    ) throws(PackageArchiveError) {
        for name in plan.mergedDirectories.isEmpty ? [] : ["usr"] + plan.mergedDirectories.map({ "usr/\($0)" }) {
            guard unsafe mkdirat(root, name, 0o755) == 0, unsafe fchmodat(root, name, 0o755, 0) == 0 else {
                throw PackageArchiveError(FilesystemError("create directory", path.appending(name), .last))
            }
        }
        for name in plan.mergedDirectories {
            guard unsafe symlinkat("usr/\(name)", root, name) == 0 else {
                throw PackageArchiveError(FilesystemError("create symbolic link", path.appending(name), .last))
            }
        }
    }

    /// The package with that index in the plan is available: unpacks it, now or in `finish`.
    ///
    /// base-files goes first, because it has the modes of the directories that all share; packages that take over files
    /// of others go last.
    package mutating func unpack(_ index: Int) throws(PackageArchiveError) {
        let isFoundation = index == foundation
        guard isFoundation || isFounded && plan.packages[index].replaces.isEmpty else {
            waiting.append(index)
            return
        }
        try unpackNow(index)
        guard isFoundation else { return }
        isFounded = true
        let ready = waiting.filter { plan.packages[$0].replaces.isEmpty }
        waiting.removeAll { plan.packages[$0].replaces.isEmpty }
        for index in ready { try unpackNow(index) }
    }

    /// Unpacks the postponed packages, writes the database, and returns the remaining steps inside the root.
    package mutating func finish() throws(PackageArchiveError) -> ConfigurationPlan {
        for index in waiting.sorted() { try unpackNow(index) }
        waiting = []
        try unpackStarted()
        do throws(FilesystemError) {
            try database.write(to: root)
            try RootSources(plan).write(to: root)
        } catch {
            throw PackageArchiveError(error)
        }
        return ConfigurationPlan(
            plan, preinsts: preinsts.sorted { $0.key < $1.key }.map { (plan.packages[$0.key], $0.value) },
            postponed: postponed.sorted().map { plan.packages[$0] })
    }

    /// How many are decompressed at once.
    private static let ahead = 2

    private mutating func unpackNow(_ index: Int) throws(PackageArchiveError) {
        try start(index)
        while started.count > Self.ahead { try unpackFirst() }
    }

    private mutating func unpackStarted() throws(PackageArchiveError) {
        while !started.isEmpty { try unpackFirst() }
    }

    private mutating func start(_ index: Int) throws(PackageArchiveError) {
        let package = plan.packages[index]
        let path = FilePath(package.file)
        let control = try PackageArchiveError.wrapping { () throws(FilesystemError) in
            try OwnedDescriptor.open(path, .readOnly)
        }
        let name = "\(package.name)_\(package.version)_\(package.architecture).deb"
        let members = try PackageArchiveError.wrapping { () throws(ExtractionError) in
            try DebianPackage.readControl(from: control, name: name)
        }
        let preinst = members.first { $0.name == "preinst" }?.bytes
        // It moves files of other packages away before its own are unpacked: only dpkg can do that in order.
        if let preinst, package.name != "dash", MaintainerScript(preinst).diverts {
            // In directories that base-files makes.
            try unpackStarted()
            try postpone(package, path)
            postponed.append(index)
            return
        }
        let file = try PackageArchiveError.wrapping { () throws(FilesystemError) in
            try OwnedDescriptor.open(path, .readOnly)
        }
        do throws(ExtractionError) {
            started.append((index, try StartedPackage(file, name: name)))
        } catch {
            throw PackageArchiveError(error)
        }
        if let preinst, MaintainerScript(preinst).matters { preinsts[index] = preinst }
    }

    private mutating func unpackFirst() throws(PackageArchiveError) {
        let (index, first) = started.removeFirst()
        let unpacked: DebianPackage
        do throws(ExtractionError) {
            unpacked = try DebianPackage.unpack(first, into: root, policy: policy)
        } catch {
            throw PackageArchiveError(error)
        }
        try database.add(plan.packages[index], unpacked, in: root)
    }

    /// Puts the .deb where apt would have, for dpkg inside the root.
    private borrowing func postpone(_ package: BootstrapPlan.Package, _ path: FilePath) throws(PackageArchiveError) {
        do throws(FilesystemError) {
            let archives = try root.makeDirectories(["var", "cache", "apt", "archives"])
            let bytes = try path.readFile(limit: 2 << 30)
            try archives.createFile(ConfigurationPlan.archiveName(package), holding: bytes)
        } catch {
            throw PackageArchiveError(error)
        }
    }
}
