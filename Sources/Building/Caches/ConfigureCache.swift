// SPDX-License-Identifier: Apache-2.0

internal import Acceleration
internal import Filesystem
internal import Glibc
internal import Provisioning
internal import Sandbox
internal import SystemPackage

/// The results of a source's configure scripts in an earlier build, in the same root, with the same environment and
/// arguments (Autoconf's manual, "Cache Files" and "Site Defaults").
///
/// A build uses a copy; its additions are kept only if the whole build succeeds.
struct ConfigureCache {
    private let memory: Cache.Memory
    private let copy: FilePath

    private static let place: FilePath = "/run/mangrove-configure"
    private static let siteName: FilePath.Component = "site"
    /// In bytes; the largest projects' have some 100 KB.
    private static let limit = 4 << 20
    /// All of them together; beyond that the cache starts over.
    private static let most = 256

    /// A configure script reads it. The key includes everything that its results may depend on.
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
        for source: String, _ steps: [Recipe.Step], in root: RootRecord, _ installed: InstalledPackages?,
        _ cache: Cache, copy: FilePath
    ) throws(ProvisioningError) {
        let packages = installed.map { installed in
            installed.names.compactMap { installed[$0] }.map { "\($0.name)=\($0.version)" }
        }
        let subject = [source, root.name.description, root.created] + steps.map(\.script) + (packages ?? [])
        memory = try cache.memory(.configure, "\(root.architecture)-\(try CacheKey.make(subject))", mode: 0o700)
        self.copy = copy
        let memory = memory.path
        try below { () throws(FilesystemError) in
            try copy.makeDirectories(mode: 0o755)
            // The build's user may not be root.
            try copy.setPermissions(0o777)
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

    /// Keeps the build's results.
    func keep() throws(ProvisioningError) {
        let (memory, copy) = (memory.path, copy)
        try below { () throws(FilesystemError) in
            if try Self.names(in: memory).count > Self.most {
                let directory = try Directory.open(memory)
                for name in try Self.names(in: memory) { try directory.unlink(name) }
            }
            for name in try Self.names(in: copy).prefix(Self.most) { try Self.copy(name, from: copy, to: memory) }
        }
    }

    /// The names of cache files.
    private static func names(in directory: FilePath) throws(FilesystemError) -> [FilePath.Component] {
        try Directory.open(directory).names().filter { name in
            name.string.utf8.count == 64 && name.string.allSatisfy(\.isHexDigit)
        }
    }

    /// Only regular files: a build may have put anything there.
    private static func copy(
        _ name: FilePath.Component, from source: FilePath, to target: FilePath
    ) throws(FilesystemError) {
        let directory = try Directory.open(source)
        guard try directory.status(of: name)?.kind == .regular else { return }
        let bytes = try directory.openFile(name, flags: O_RDONLY).read(
            upTo: limit + 1, of: source.appending(name))
        guard bytes.count <= limit else { return }
        let answers = bytes.split(separator: UInt8(ascii: "\n")).filter(isAnswer).joined(separator: [UInt8(ascii: "\n")]
        )
        // The next build's scripts write to it as well, as any user.
        try AtomicFile.write(
            answers + [UInt8(ascii: "\n")], to: target.appending(name), permissions: FilePermissions(rawValue: 0o666))
    }

    /// `NAME=${NAME=VALUE}`, as Autoconf writes it. Scripts execute the file, so a line that could do more than set a
    /// variable is rejected, whoever wrote it.
    static func isAnswer(_ line: some Collection<UInt8>) -> Bool {
        let line = Array(line)
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let name = line[..<equals]
        let isName = name.allSatisfy { byte in
            let character = Character(Unicode.Scalar(byte))
            return character == "_" || character.isASCII && (character.isLetter || character.isNumber)
        }
        let opening = Array("${".utf8) + name + Array("=".utf8)
        let rest = line[(equals + 1)...]
        guard isName, String(decoding: name, as: UTF8.self).contains("_cv_"), rest.starts(with: opening),
            rest.last == UInt8(ascii: "}")
        else { return false }
        return rest.dropFirst(opening.count).dropLast().allSatisfy { !"`$}".utf8.contains($0) && $0 >= 0x20 }
    }
}
