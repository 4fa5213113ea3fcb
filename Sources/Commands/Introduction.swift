// SPDX-License-Identifier: Apache-2.0

internal import Terminal

/// What `mangrove` alone shows.
enum Introduction {
    /// Commands in the order in which people need them, each with what it does and an example.
    static let commands = [
        ("create", "make a root filesystem", "mangrove create xen debian:13 --package gcc"),
        ("run", "run a command in it", "mangrove run xen -- make -j4"),
        ("shell", "look around in it", "mangrove shell xen"),
        ("build", "build a project", "mangrove build path/to/project"),
        ("refresh", "update all roots", "mangrove refresh --all"),
    ]

    static var text: StyledText {
        let lines = commands.map { name, purpose, example in
            StyledText("  \(padded(name, 9))", .heading) + StyledText("\(padded(purpose, 24))\(example)\n")
        }
        return StyledText(beginning) + lines.joined() + StyledText(end)
    }

    private static let beginning = """
        mangrove provisions root filesystems for arm64 and other architectures, and runs
        builds in them at about the speed of this machine.


        """

    private static let end = """

        all commands       mangrove --help
        one command        mangrove create --help
        what can be made   mangrove distros
        problems           mangrove doctor

        """

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: width - text.count)
    }
}
