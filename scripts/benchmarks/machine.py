# SPDX-License-Identifier: Apache-2.0
"""What programs of a root say the machine is, which must not be that of the host."""

# In an arm64 root. In others it is what they say emulated.
EXPECTED = {
    "uname -m": "aarch64",
    "arch": "aarch64",
    "dpkg --print-architecture": "arm64",
    "dpkg-architecture -qDEB_HOST_MULTIARCH": "aarch64-linux-gnu",
    "gcc -dumpmachine": "aarch64-linux-gnu",
    "cc -print-multiarch": "aarch64-linux-gnu",
    "bash -c 'echo $HOSTTYPE $MACHTYPE'": "aarch64 aarch64-unknown-linux-gnu",
    "make -s -f /build/makefile": "aarch64-unknown-linux-gnu",
    "sh grep/build-aux/config.guess": "aarch64-unknown-linux-gnu",
    "python3 -c 'import platform; print(platform.machine())'": "aarch64",
    "python3 -c 'import sysconfig; print(sysconfig.get_platform())'": "linux-aarch64",
    "perl -MConfig -e 'print $Config{archname}'": "aarch64-linux-gnu-thread-multi",
    "getconf LONG_BIT; gcc -dM -E -x c /dev/null | grep -o __aarch64__": "64 __aarch64__",
    "cmake -S cmake -B $(mktemp -d) | grep -o 'host system.*'": "host system: Linux aarch64",
    "meson setup $(mktemp -d) meson | grep 'Host machine cpu family'": "Host machine cpu family: aarch64",
}
SCRIPT = "\n".join(f"echo '=='; {{ {command}; }} 2>&1 || true" for command in EXPECTED)


def write_projects(place):
    (place / "makefile").write_text("all:\n\t@bash -c 'echo $$MACHTYPE'\n")
    for name, file, text in (
        ("cmake", "CMakeLists.txt", (
            "cmake_minimum_required(VERSION 3.13)\nproject(machine C)\n"
            "message(STATUS \"host system: ${CMAKE_HOST_SYSTEM_NAME} ${CMAKE_HOST_SYSTEM_PROCESSOR}\")\n")),
        ("meson", "meson.build", "project('machine', 'c')\n"),
    ):
        (place / name).mkdir()
        (place / name / file).write_text(text)


def check(architecture, outputs):
    """`outputs`: by the way in which the commands were executed, the last one emulated. For each command what it says in each of the ways, and whether that is right in all of them."""
    said = {way: [" ".join(answer.split()) for answer in output.split("==\n")[1:]] for way, output in outputs.items()}
    found = []
    for index, (command, expected) in enumerate(EXPECTED.items()):
        answers = {way: answer[index] if index < len(answer) else "" for way, answer in said.items()}
        if architecture != "arm64":
            expected = list(answers.values())[-1]
        found.append({
            "command": command, "expected": expected, "said": answers,
            "right": all(answer == expected for answer in answers.values()),
        })
    return found
