// SPDX-License-Identifier: Apache-2.0

/// The environment of a command: little of the caller's, so that a run is the same for every caller.
package enum RunEnvironment {
    /// What passes from the caller: its terminal, its proxies, and what makes a build reproducible.
    package static let passed: [String] = [
        "COLORTERM", "NO_COLOR", "SOURCE_DATE_EPOCH", "TERM", "TZ",
        "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY",
    ]

    /// The directories to search for commands.
    package static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// `KEY=VALUE`, sorted; a later source overrides an earlier one: the account's, what passes from `caller`, what the
    /// `root` says (an image's `Env`), `emulation` (`QEMU_CPU`), then `asked` (`--env`). Directories of
    /// `searchedFirst` come before those of that PATH.
    package static func make(
        account: Account, caller: [String: String], root: [String: String] = [:],
        emulation: [String: String], asked: [String: String], searchedFirst: [String] = []
    ) -> [String] {
        var values = [
            "HOME": account.home,
            "LANG": "C.UTF-8",
            "LOGNAME": account.name,
            "PATH": path,
            "SHELL": account.shell,
            "USER": account.name,
            // systemd and many scripts use it to detect a container.
            "container": "mangrove",
        ]
        for name in passed { values[name] = caller[name] ?? values[name] }
        values.merge(root) { $1 }
        values.merge(emulation) { $1 }
        values.merge(asked) { $1 }
        values["PATH"] = (searchedFirst + [values["PATH"] ?? ""]).filter { !$0.isEmpty }.joined(separator: ":")
        return values.map { "\($0.key)=\($0.value)" }.sorted()
    }
}
