// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

@testable import Commands

/// `docs/mangrove.1`, in the man macros (man(7)).
enum ManualPage {
    static func render(_ groups: [(name: String, commands: [CommandDescription])]) -> String {
        let commands = groups.flatMap(\.commands).flatMap(\.leaves)
        var text = """
            .\\" SPDX-License-Identifier: Apache-2.0
            .\\" Generated from the commands by scripts/document.
            .TH MANGROVE 1 "" "mangrove \(version)" "User Commands"
            .SH NAME
            mangrove \\- \(escaped(abstract))
            .SH SYNOPSIS

            """
        for command in commands { text += synopsis(command) }
        text += description + ".SH COMMANDS\n"
        for command in commands { text += section(command) }
        return text + closing
    }

    private static var abstract: String {
        let text = Mangrove.configuration.abstract
        return text.prefix(1).lowercased() + text.dropFirst().drop { $0 == "." }.prefix { $0 != "." }
    }

    private static func synopsis(_ command: CommandDescription) -> String {
        let words = command.synopsis.dropFirst(command.path.count)
        return ".B \(escaped(command.path))\n\(escaped(words.trimmingPrefix(" ").description))\n.br\n"
    }

    private static func section(_ command: CommandDescription) -> String {
        var text = ".SS \(escaped(command.path))\n.B \(escaped(command.synopsis))\n.PP\n"
        text += escaped(command.abstract ?? "") + "\n"
        if let discussion = command.discussion { text += escaped(discussion) + "\n" }
        for argument in command.positionals + command.options {
            text += ".TP\n.B \(escaped(argument.written))\n\(escaped(argument.explanation))\n"
        }
        return text
    }

    /// Text in which nothing is a macro or an escape.
    private static func escaped(_ text: String) -> String {
        let safe = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("'", with: "\\(aq")
        return safe.hasPrefix(".") ? "\\&" + safe : safe
    }

    private static let description = """
        .SH DESCRIPTION
        .B mangrove
        provisions root filesystems for arm64 and other architectures, and runs commands in them.
        Programs run under qemu or, where possible, natively.
        It works as an ordinary user, in user namespaces, and as root.
        Requested output goes to standard output, everything else to standard error.

        """

    private static let closing = """
        .SH "EXIT STATUS"
        .B run
        and
        .B shell
        exit with the status of the command, or 128+N if signal N ended it.
        125 means that mangrove failed, 126 that the command cannot be executed, 127 that it was not found.
        The other commands exit with 0, or as defined in
        .BR sysexits (3head):
        64 usage error, 65 bad checksum, signature or archive, 66 no such root, 69 unreachable,
        70 internal error, 73 cannot create, 74 input or output failed,
        75 in use, try again, 77 not permitted, 78 invalid configuration or something missing.
        .SH ENVIRONMENT
        .TP
        .B MANGROVE_HOME
        Holds the roots and the cache, instead of the directories below.
        .TP
        .B MANGROVE_DISTROS
        A file that is merged into the built-in distributions.
        .TP
        .B MANGROVE_SYSTEM_CONFIG
        A directory to use instead of
        .IR /etc/mangrove .
        .TP
        .BR QEMU_CPU
        The emulated CPU, if none is chosen with
        .BR \\-\\-cpu .
        .TP
        .BR https_proxy ", " http_proxy ", " all_proxy ", " no_proxy
        Proxies, as for
        .BR curl (1).
        .TP
        .BR CURL_CA_BUNDLE ", " SSL_CERT_FILE
        The certificates to trust.
        .SH FILES
        .TP
        .I /var/lib/mangrove/roots, /var/cache/mangrove
        Roots and cache of root.
        .TP
        .I $XDG_DATA_HOME/mangrove/roots, $XDG_CACHE_HOME/mangrove
        Roots and cache of other users.
        .TP
        .I $XDG_CONFIG_HOME/mangrove/config.json
        Configuration.
        .TP
        .I /etc/mangrove/distros.json
        Adds to the distributions that are built in, for all users; the user's own file is laid over it.
        .SH "SEE ALSO"
        .BR qemu\\-user (1),
        .BR newuidmap (1),
        .BR gpgv (1),
        .BR chroot (1),
        .BR user_namespaces (7)

        """
}
