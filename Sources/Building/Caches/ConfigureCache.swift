// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import Glibc
internal import Integrity
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// What the configure scripts of a source have found out in an earlier build, in the same root, with the same
/// environment and arguments (Autoconf's manual, "Cache Files" and "Site Defaults").
///
/// A build has a copy; what it adds becomes the memory only if all of it succeeds.
struct ConfigureCache {
    private let memory: Cache.Memory
    private let copy: FilePath

    private static let place: FilePath = "/run/mangrove-configure"
    private static let siteName: FilePath.Component = "site"
    /// In bytes; the largest projects' have some 100 KB.
    private static let limit = 4 << 20

    /// A configure script reads it. What is remembered goes by all that its answers may depend on.
    private static let site = """
        case $cache_file in
        '' | /dev/null | \(place)/*)
            mangrove_key=`{
                cat "$0"
                pwd
                echo "$ac_configure_args"
                env | grep -Ev '^(PWD|OLDPWD|SHLVL|_)=' | LC_ALL=C sort
            } 2>/dev/null | sha256sum 2>/dev/null | cut -c 1-64`
            test -z "$mangrove_key" || cache_file=\(place)/$mangrove_key
            ;;
        esac

        """

    /// `source`: which one is built.
    init(
        for source: String, in root: RootRecord, _ installed: InstalledPackages?, _ cache: Cache, copy: FilePath
    ) throws(ProvisioningError) {
        let packages = installed.map { installed in
            installed.names.compactMap { installed[$0] }.map { "\($0.name)=\($0.version)" }
        }
        let subject = ([source, root.name.description, root.created] + (packages ?? [])).joined(separator: "\0")
        let digest = try below { () throws(IntegrityError) in try Digest.of(Array(subject.utf8)) }
        memory = try cache.memory(.configure, "\(root.architecture)-\(digest.hex.prefix(12))", mode: 0o700)
        self.copy = copy
        let memory = memory.path
        try below { () throws(FilesystemError) in
            try copy.makeDirectories(mode: 0o755)
            // Who builds inside may be another than root.
            guard unsafe chmod(copy.string, 0o777) == 0 else { throw FilesystemError("set the mode of", copy, .last) }
            for name in try Self.names(in: memory) { try Self.copy(name, from: memory, to: copy) }
            try AtomicFile.write(Array(Self.site.utf8), to: copy.appending(Self.siteName))
        }
    }

    func add(to request: inout RunRequest) {
        request.binds.append(BindOption(source: copy, target: Self.place))
        if request.environment["CONFIG_SITE"] == nil {
            request.environment["CONFIG_SITE"] = Self.place.appending(Self.siteName).string
        }
    }

    /// Remembers what the build has found out.
    func keep() throws(ProvisioningError) {
        let (memory, copy) = (memory.path, copy)
        try below { () throws(FilesystemError) in
            for name in try Self.names(in: copy) { try Self.copy(name, from: copy, to: memory) }
        }
    }

    /// Those of caches.
    private static func names(in directory: FilePath) throws(FilesystemError) -> [FilePath.Component] {
        try Directory.open(directory).names().filter { name in
            name.string.utf8.count == 64 && name.string.allSatisfy(\.isHexDigit)
        }
    }

    /// Only files: a build may have put anything there.
    private static func copy(
        _ name: FilePath.Component, from source: FilePath, to target: FilePath
    ) throws(FilesystemError) {
        let directory = try Directory.open(source)
        guard try directory.status(of: name)?.kind == .regular else { return }
        let bytes = try directory.openFile(name, flags: O_RDONLY).read(
            upTo: limit + 1, of: source.appending(name))
        guard bytes.count <= limit else { return }
        // The next build's scripts write to it, too, whoever they are.
        try AtomicFile.write(bytes, to: target.appending(name), permissions: FilePermissions(rawValue: 0o666))
    }
}
