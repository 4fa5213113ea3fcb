// SPDX-License-Identifier: Apache-2.0

import Filesystem
import Fixtures
import Foundation
import Glibc
import SystemPackage
import Testing

extension IntegrationTests {
    /// A refresh for which the disk has no room leaves the root as it was, and nothing else.
    @Suite struct RefreshDiskTests {
        /// Makes a root, and refreshes it for each of `rooms`: kilobytes that are left of the file system of its home, which
        /// only this command and its children see. What is refreshed with how much room is said on standard output.
        private func refresh(
            _ home: Home, distros: FilePath, options: String = "", rooms: [Int], publish: () throws -> Void
        ) throws -> [Substring] {
            let script = """
                mount -t tmpfs -o size=40m none "$MANGROVE_HOME" || exit
                "$0" create a toy --arch amd64 --distros "$1" \(options) >&2 || exit
                echo made
                read line
                for room in \(rooms.map(String.init).joined(separator: " ")) plenty; do
                    rm -rf "$MANGROVE_HOME"/cache/bases "$MANGROVE_HOME"/cache/archives/packages
                    free=$(($(stat -f -c '%a * %S' "$MANGROVE_HOME") / 1024))
                    [ $room = plenty ] || head -c $(((free - room) * 1024)) /dev/zero > "$MANGROVE_HOME/filler"
                    "$0" refresh a --distros "$1" >"$2" 2>&1
                    echo "$room: $? $(grep -o 'No space left on device' "$2" | sort -u)" \\
                        "$(grep -c 'free space on that file system' "$2")" $(ls -A "$MANGROVE_HOME/roots") \\
                        "$("$0" run a -- cat /etc/os-release /usr/voice 2>/dev/null | tr '\\n' ' ')"
                    rm -f "$MANGROVE_HOME/filler"
                done
                """
            let run = try Program(
                [
                    "/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, Installation.program.string, distros.string,
                    home.scratch.appending("said").string,
                ],
                environment: ["MANGROVE_HOME": home.directory.string, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"],
                directory: home.work, input: .pipe)
            try run.await("made")
            try publish()
            run.write("\n")
            let outcome = try run.wait(seconds: 120)
            #expect(outcome.status == 0, "\(outcome)")
            return outcome.output.split(separator: "\n").filter { $0 != "made" }
        }

        @Test func aBaseThatDoesNotFitLeavesTheOldOne() throws {
            try Home.withMirror(.root) { (home, mirror) throws in
                try mirror.publish(["1.2.9"])
                let distros = try mirror.catalogue()
                // Too little for the tarball, for what is in it, and for what is written down of it.
                let rooms = [0, 64, 1600, 2400]
                let said = try refresh(home, distros: distros, rooms: rooms) {
                    try mirror.publish(["1.2.9", "1.2.10"])
                }
                try #require(said.count == rooms.count + 1, "\(said)")
                for (room, line) in zip(rooms, said) {
                    #expect(
                        line.hasPrefix("\(room): 74 No space left on device 1 a ID=toy VERSION_ID=1.2.9"), "\(line)")
                }
                #expect(
                    said[rooms.count].hasPrefix("plenty: 0  0 .generation-1-a a ID=toy VERSION_ID=1.2.10"), "\(said)")
            }
        }

        @Test func aCopyThatDoesNotFitLeavesTheOldOne() throws {
            try Home.withPackages(.root) { (home, mirror) throws in
                func voice(_ version: String) -> DebBuilder {
                    var voice = PackageMirror.package("voice", version: version)
                    voice.data.add("./usr/", .directory, mode: 0o755)
                    voice.data.add("./usr/voice", content: "voice \(version)\n")
                    return voice
                }
                try mirror.publish("toad", PackageMirror.base() + [voice("1")])
                let distros = try mirror.catalogue()
                let rooms = [0, 200, 1000, 2000]
                let said = try refresh(home, distros: distros, options: "--package voice", rooms: rooms) {
                    try mirror.publish(
                        "toad", PackageMirror.base() + [voice("2")], date: "Sun, 22 Nov 2020 00:53:02 UTC")
                }
                try #require(said.count == rooms.count + 1, "\(said)")
                for (room, line) in zip(rooms, said) {
                    #expect(line.hasPrefix("\(room): 74 No space left on device 1 a "), "\(line)")
                    #expect(line.contains("voice 1"), "\(line)")
                }
                #expect(said[rooms.count].hasPrefix("plenty: 0  0 .generation-1-a a "), "\(said)")
                #expect(said[rooms.count].contains("voice 2"), "\(said)")
            }
        }
    }
}
