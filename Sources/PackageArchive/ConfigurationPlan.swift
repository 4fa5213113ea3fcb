// SPDX-License-Identifier: Apache-2.0

internal import Failures
internal import SystemPackage

/// The remaining steps in a root whose packages are unpacked: commands, in order, for the sandbox to execute.
///
/// The files are written before and deleted afterwards, even on failure.
package struct ConfigurationPlan: Codable, Equatable, Sendable {
    package struct File: Codable, Equatable, Sendable {
        /// Absolute, as seen in the root.
        package let path: String
        package let contents: String
        package let permissions: UInt32
    }

    package struct Step: Codable, Equatable, Sendable {
        /// What is being done, for progress: "Configuring 96 packages".
        package let title: String
        package let command: [String]
    }

    /// Nothing else: what a maintainer script sees must not depend on who provisions.
    package let environment: [String: String]
    package let temporaryFiles: [File]
    /// Each must end with 0.
    package let steps: [Step]
    /// Absolute paths of files that are of no use afterwards.
    package let leftovers: [String]

    /// dpkg unpacks package by package and executes scripts in between; here everything is unpacked first, by native
    /// code. Scripts that would have run before unpacking run afterwards, before anything is configured:
    ///
    /// 1. The `preinst` scripts that do something in an empty root, each package's after those it depends on;
    ///    base-passwd's among the first makes the users that all others count on.
    /// 2. Packages that divert files of others are unpacked by dpkg itself.
    /// 3. base-passwd, where it is so old that its `postinst` makes the users.
    /// 4. Those whose `postinst` makes /etc/nsswitch.conf: what looks up names is emulated in a command in the midst of which
    ///    that is made, and all scripts of perl's look some up.
    /// 5. `dpkg --configure -a`, which finds the order of the rest.
    init(
        _ plan: BootstrapPlan, preinsts: [(package: BootstrapPlan.Package, script: [UInt8])],
        postponed: [BootstrapPlan.Package]
    ) {
        environment = Self.environment
        temporaryFiles = [
            Self.policy,
            File(path: "/usr/share/dpkg/dpkg-maintscript-helper", contents: Self.helper, permissions: 0o755),
        ]
        var steps: [Step] = []
        if !preinsts.isEmpty {
            let script = Self.script(
                preinsts.map(\.package), version: plan.packages.first { $0.name == "dpkg" }?.version)
            steps.append(
                Step(
                    title: "preparing \(counted(preinsts.count, "package"))", command: ["/bin/sh", "-e", "-c", script]))
        }
        if !postponed.isEmpty {
            let files = postponed.map { "/var/cache/apt/archives/\(Self.archiveName($0).string)" }
            steps.append(
                Step(
                    title: "Unpacking \(postponed.map(\.name).joined(separator: ", "))",
                    command: ["dpkg", "--force-depends", "--force-unsafe-io", "--unpack"] + files))
            leftovers = files
        } else {
            leftovers = []
        }
        if plan.packages.contains(where: { $0.name == "base-passwd" }),
            !preinsts.contains(where: { $0.package.name == "base-passwd" })
        {
            steps.append(
                Step(title: "Making users", command: ["dpkg", "--force-depends", "--configure", "base-passwd"]))
        }
        let first = Self.makersOfNames.filter { name in plan.packages.contains { $0.name == name } }
        if !first.isEmpty {
            steps.append(
                Step(
                    title: "configuring \(first.joined(separator: ", "))",
                    command: ["dpkg", "--force-depends", "--configure"] + first))
        }
        steps.append(
            Step(
                title: "configuring \(counted(plan.packages.count, "package"))",
                command: ["dpkg", "--configure", "--pending"]))
        self.steps = steps
    }

    static let environment = [
        "PATH": "/usr/share/dpkg:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive", "DEBCONF_NONINTERACTIVE_SEEN": "true", "TERM": "dumb",
    ]

    /// invoke-rc.d(8): 101 forbids whatever a package wants started.
    static let policy = File(path: "/usr/sbin/policy-rc.d", contents: "#!/bin/sh\nexit 101\n", permissions: 0o755)

    /// Until Debian 12, and from then on.
    private static let makersOfNames = ["base-files", "libc-bin"]

    /// Stands before dpkg-maintscript-helper(1) in PATH, in a directory of dpkg without programs. Where no version was there before, that has nothing to do, and
    /// executes dpkg several times to find out: the sixty calls of a small root are a tenth of its configuration.
    private static let helper = """
        #!/bin/sh
        case $1 in
        rm_conffile|mv_conffile|symlink_to_dir|dir_to_symlink)
            action= old=
            for word do
                case $action in
                '') [ "$word" != -- ] || action=next ;;
                next) action=$word ;;
                *) old=$word; break ;;
                esac
            done
            [ "$action" != configure ] || [ -n "$old" ] || exit 0
            ;;
        esac
        exec /usr/bin/dpkg-maintscript-helper "$@"

        """

    /// As apt names it in its cache.
    static func archiveName(_ package: BootstrapPlan.Package) -> FilePath.Component {
        let version = package.version.replacing(":", with: "%3a")
        return FilePath.Component("\(package.name)_\(version)_\(package.architecture).deb") ?? "package.deb"
    }

    /// Executes the scripts as dpkg does (deb-preinst(5), dpkg(1) on its environment). debconf would look for the name of
    /// the package, which owns its answers, where dpkg unpacks it.
    private static func script(_ packages: [BootstrapPlan.Package], version: String?) -> String {
        let lines = packages.map { package in
            let title = package.isSameForArchitectures ? "\(package.name):\(package.architecture)" : package.name
            return """
                DPKG_MAINTSCRIPT_PACKAGE=\(package.name) DPKG_MAINTSCRIPT_ARCH=\(package.architecture) \
                DEBCONF_PACKAGE=\(package.name) \
                /var/lib/dpkg/info/\(title).preinst install \
                || { echo 'dpkg: error processing package \(title) (--unpack):'; exit 1; }
                """
        }
        return """
            export DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT= DPKG_MAINTSCRIPT_NAME=preinst
            export DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_MAINTSCRIPT_DEBUG=0 DPKG_RUNNING_VERSION=\(version ?? "1.20")
            cd /

            """ + lines.joined(separator: "\n") + "\n"
    }

    /// The first package that dpkg says it failed on, from what a step wrote, and the lines around that. Those that it
    /// fails on later mostly want this one.
    package static func firstFailure(inLog log: String) -> (package: String, words: [String])? {
        let lines = log.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
        let mark = "error processing package "
        guard let index = lines.firstIndex(where: { $0.contains(mark) }),
            let start = lines[index].firstRange(of: mark)?.upperBound
        else { return nil }
        let said = lines[..<index].suffix(3).reversed().prefix { !$0.hasPrefix("Setting up ") }.reversed()
        return (
            String(lines[index][start...].prefix { !$0.isWhitespace }),
            (said + lines[(index + 1)...].prefix(1)).map { String($0.drop(while: \.isWhitespace)) }
        )
    }
}
