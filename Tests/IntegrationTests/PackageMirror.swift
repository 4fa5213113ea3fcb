// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Glibc
import Integrity
import Processes
import SystemPackage
import Testing

/// A signed archive of packages, laid out as Debian's and Ubuntu's are, on a server on loopback.
///
/// Its packages are the smallest that make a root: busybox for a shell, and for a dpkg a script that executes what a
/// package has to be configured with.
struct PackageMirror {
    let directory: FilePath
    let key: Fingerprint
    let signer: Signer
    let scratch: FilePath
    private(set) var server: StaticServer?
    /// Without a slash at the end; where the server is, or was.
    let url: String

    /// Publishes nothing yet.
    init(in scratch: FilePath, signer: Signer, bytesPerSecond: Int? = nil) throws {
        (self.scratch, self.signer) = (scratch, signer)
        directory = scratch.appending("mirror")
        try directory.makeDirectories()
        key = try signer.makeKey("archive")
        try AtomicFile.write(try signer.export([key]).bytes, to: directory.appending("key.gpg"))
        let server = try StaticServer(serving: directory, scratch: scratch, bytesPerSecond: bytesPerSecond)
        (self.server, url) = (server, server.url)
    }

    /// The network is gone.
    mutating func stop() { server = nil }

    /// And is back.
    mutating func start(port: Int) throws {
        server = try StaticServer(serving: directory, scratch: scratch, port: port)
    }

    func put(_ path: String, _ bytes: [UInt8]) throws {
        let path = directory.pushing(FilePath(path))
        try path.removingLastComponent().makeDirectories()
        try PublishedFile.write(bytes, to: path)
    }

    func remove(_ path: String) throws {
        let path = directory.pushing(FilePath(path))
        if let name = path.lastComponent { try Directory.open(path.removingLastComponent()).unlink(name) }
    }

    /// Writes a suite: its packages into the pool, the indices, and the Release file. `cutting`: of which packages only
    /// so many bytes are there, signed as they are.
    func publish(
        _ suite: String = "toad", _ packages: [DebBuilder] = Self.base(), components: [String: [DebBuilder]] = [:],
        architectures: String = "amd64", fields: String = "", key: Fingerprint? = nil, cutting: [String: Int] = [:],
        date: String = "Sat, 21 Nov 2020 00:53:02 UTC"
    ) throws {
        let all = try components.merging(["main": packages]) { $1 }.mapValues { packages in
            try packages.map { package in
                let bytes = Array(package.bytes.prefix(cutting[package.name] ?? .max))
                try put(Self.pool(package), bytes)
                return "\(package.paragraph)Filename: \(Self.pool(package))\nSize: \(bytes.count)\n"
                    + "SHA256: \(try Digest.of(bytes).hex)\n"
            }
        }
        try publish(suite, all, architectures: architectures, fields: fields, key: key ?? self.key, date: date)
    }

    /// The same of paragraphs of the indices, by component; the pool is the caller's matter.
    func publish(
        _ suite: String, _ paragraphs: [String: [String]], architectures: String = "amd64", fields: String = "",
        key: Fingerprint, date: String = "Sat, 21 Nov 2020 00:53:02 UTC"
    ) throws {
        var indices: [(path: String, bytes: [UInt8])] = []
        let others = architectures.split(separator: " ").filter { $0 != "amd64" }
        for (component, paragraphs) in paragraphs {
            for architecture in ["amd64"] + others {
                // For amd64 those of none of the others, too.
                let own = paragraphs.filter { paragraph in
                    let other = others.first { paragraph.contains("\nArchitecture: \($0)\n") }
                    return paragraph.contains("\nArchitecture: all\n") || (other ?? "amd64") == architecture
                }
                let bytes = Array(own.joined(separator: "\n").utf8)
                for (ending, compressed) in try [("", bytes), (".gz", gzip(bytes))] {
                    indices.append(("\(component)/binary-\(architecture)/Packages\(ending)", compressed))
                }
            }
        }
        for index in indices { try put("dists/\(suite)/\(index.path)", index.bytes) }
        let lines = try indices.map { " \(try Digest.of($0.bytes).hex) \($0.bytes.count) \($0.path)\n" }.joined()
        let text = """
            Origin: Toy
            Codename: \(suite)
            Date: \(date)
            Architectures: \(architectures)
            Components: \(paragraphs.keys.sorted().joined(separator: " "))
            \(fields)SHA256:
            \(lines)
            """
        try put("dists/\(suite)/InRelease", try signer.clearsigned(text, by: [key]))
    }

    static func pool(_ package: DebBuilder) -> String {
        "pool/\(package.name)_\(package.version)_\(package.architecture).deb"
    }

    func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let path = scratch.appending("plain")
        try AtomicFile.write(bytes, to: path)
        return try ChildProcess.run("/bin/gzip", ["-9nc", path.string], limit: 64 << 20).output
    }

    /// A distros file that describes it as the archive of `toy`, release 7, `toad`. `suites`: besides the first.
    /// `snapshot`: where it is as it was at a moment.
    func catalogue(
        codename: String = "toad", suites: [String] = [], enabled: [String] = ["main"], mirrors: [String]? = nil,
        snapshot: String? = nil
    ) throws -> FilePath {
        func list(_ texts: [String]) -> String { texts.map { "\"\($0)\"" }.joined(separator: ", ") }
        let text = """
            {"version": 1, "distros": {"toy": {
              "title": "Toy", "packageManager": "apt", "default": "7", "architectures": {"amd64": "amd64"},
              "archive": {
                "mirrors": [{"architectures": ["amd64"], "urls": [\(list(mirrors ?? ["\(url)"]))]}],
                "suites": [\((["{codename}"] + suites).map { "{\"name\": \"\($0)\"}" }.joined(separator: ", "))],
                \(snapshot.map { "\"snapshot\": \"\($0)\"," } ?? "")
                "components": ["main"], "enabledComponents": [\(list(enabled))],
                "keys": ["\(key.hex)"], "keyURLs": ["\(url)/key.gpg"]},
              "releases": {"7": {"codename": "\(codename)"}}}}}
            """
        let path = scratch.appending("distros.json")
        try AtomicFile.write(Array(text.utf8), to: path)
        return path
    }
}

extension PackageMirror {
    /// What a root is made of here; `extra` are essential, too.
    static func base(_ extra: [DebBuilder] = []) -> [DebBuilder] {
        [files, busybox, dpkg, apt()] + extra
    }

    static func package(_ name: String, _ fields: String = "", version: String = "1") -> DebBuilder {
        var deb = DebBuilder(name)
        (deb.version, deb.architecture, deb.fields) = (version, "amd64", fields)
        deb.data.add("./", .directory, mode: 0o755)
        return deb
    }

    /// An essential package whose .deb has some `size` bytes.
    static func ballast(_ name: String, size: Int) -> DebBuilder {
        var deb = package(name, "Essential: yes\n")
        deb.data.add("./usr/", .directory, mode: 0o755)
        deb.data.add("./usr/\(name)", content: String(repeating: "\(name)\n", count: size / (name.utf8.count + 1)))
        return deb
    }

    static func keyring(_ path: String) -> DebBuilder {
        var deb = package("archive-keyring", "Essential: yes\n")
        for name in ["usr", "usr/share", "usr/share/keyrings"] {
            deb.data.add("./\(name)/", .directory, mode: 0o755)
        }
        deb.data.add("./usr/share/keyrings/\(path)", content: "keys")
        return deb
    }

    private static var files: DebBuilder {
        var deb = package("base-files", "Essential: yes\n")
        for name in ["dev", "etc", "proc", "root", "run", "sys", "usr", "usr/bin", "var", "var/tmp"] {
            deb.data.add("./\(name)/", .directory, mode: 0o755)
        }
        deb.data.add("./tmp/", .directory, mode: 0o1777)
        deb.data.add("./etc/os-release", content: "ID=toy\nVERSION_ID=7\n")
        return deb
    }

    private static var busybox: DebBuilder {
        var deb = package("busybox", "Essential: yes\n")
        deb.data.add("./bin/", .directory, mode: 0o755)
        let program = (try? FilePath("/bin/busybox").readFile()) ?? []
        deb.data.add("./bin/busybox".utf8, content: program, target: [], mode: 0o755)
        for applet in [
            "ar", "awk", "cat", "chmod", "echo", "ls", "mv", "sed", "sh", "sleep", "stat", "tar", "true", "uname",
        ] {
            deb.data.add("./bin/\(applet)", .symbolicLink, target: "busybox")
        }
        return deb
    }

    private static var dpkg: DebBuilder {
        var deb = package("dpkg", "Essential: yes\nPre-Depends: busybox\n")
        for name in ["usr", "usr/bin", "usr/sbin", "usr/share", "usr/share/dpkg"] {
            deb.data.add("./\(name)/", .directory, mode: 0o755)
        }
        let script = #"""
            #!/bin/sh
            case " $* " in *" --version "*) exit 0 ;; *" --unpack "*)
                for file do
                    [ -f "$file" ] || continue
                    name=$(ar -p "$file" control.tar | tar -xO ./control | sed -n 's/^Package: //p')
                    awk -v name="$name" 'BEGIN { RS = ""; ORS = "\n\n" } $2 != name' /var/lib/dpkg/status > /status.new
                    ar -p "$file" control.tar | tar -xO ./control >> /status.new
                    echo 'Status: install ok unpacked' >> /status.new
                    mv /status.new /var/lib/dpkg/status
                    ar -p "$file" data.tar | tar -x -C /
                    script="/var/lib/dpkg/info/$name.postinst"
                    ar -p "$file" control.tar | tar -xO ./postinst > "$script" 2>/dev/null
                    chmod 755 "$script"
                    ar -p "$file" data.tar | tar -t | sed 's/^[.]//' > "/var/lib/dpkg/info/$name.list"
                done
                exit 0 ;;
            esac
            for script in /var/lib/dpkg/info/*.postinst; do
                [ -x "$script" ] || continue
                name=${script##*/}
                "$script" configure || {
                    echo "dpkg: error processing package ${name%.postinst} (--configure):"
                    echo " installed ${name%.postinst} package post-installation script returned an error"
                    exit 1
                }
            done
            sed -i 's/ok unpacked$/ok installed/' /var/lib/dpkg/status
            """#
        deb.data.add("./usr/bin/dpkg", content: script, mode: 0o755)
        return deb
    }

    /// Not more than its name: what a release's sources look like goes by its version.
    static func apt(_ version: String = "2.6") -> DebBuilder { package("apt", "Depends: dpkg\n", version: version) }
}

extension Home {
    /// A home, and a mirror of packages that its `bootstrap` knows.
    static func withPackages(
        _ who: Who, bytesPerSecond: Int? = nil, _ body: (Home, inout PackageMirror) throws -> Void
    ) throws {
        try Home.with(who) { (home) throws in
            try Signer.with { (signer) throws in
                var mirror = try PackageMirror(in: home.scratch, signer: signer, bytesPerSecond: bytesPerSecond)
                try body(home, &mirror)
            }
        }
    }

    /// `create NAME toy` for this machine's architecture.
    func bootstrap(_ name: String, _ options: String..., distros: FilePath) throws -> Program.Outcome {
        try startBootstrap(name, options, distros: distros).wait()
    }

    func startBootstrap(_ name: String, _ options: [String] = [], distros: FilePath) throws -> Program {
        try start(["create", name, "toy", "--arch", "amd64", "--distros", distros.string] + options)
    }

    /// A file of a root's, as the tests see it.
    func text(_ path: String, of name: String) throws -> String {
        String(decoding: try tree(name).pushing(FilePath(path)).readFile(), as: UTF8.self)
    }
}
