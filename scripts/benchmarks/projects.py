# SPDX-License-Identifier: Apache-2.0
"""What is built to measure acceleration: sources of Debian 12's archive, by path in its pool and digest."""

import hashlib
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass

from runner import CommandFailed

RELEASE = "debian:12"
PACKAGES = (
    "bison", "build-essential", "cmake", "ed", "flex", "meson", "ninja-build", "pkg-config",
)


@dataclass(frozen=True)
class Project:
    name: str
    about: str
    source: str  # below pool/main
    sha256: str
    configure: str  # for a shell in the source's directory
    make: str  # {jobs} is the number of processors
    check: str = ""  # its own tests, where it has any

    @property
    def digest(self):
        """Of all that makes the result."""
        return hashlib.sha256("\n".join((self.sha256, self.configure, self.make)).encode()).hexdigest()

    def fetch(self, mirror, directory):
        """Its verified archive, which is fetched where it is not there yet."""
        path = directory / self.source.rpartition("/")[2]
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            url = f"{mirror.rstrip('/')}/pool/main/{self.source}"
            try:
                with urllib.request.urlopen(url) as answer:
                    content = answer.read()
            except (urllib.error.URLError, OSError) as error:
                raise CommandFailed(f"{url}: {error}") from error
            if hashlib.sha256(content).hexdigest() != self.sha256:
                raise CommandFailed(f"{url}: its SHA-256 is not {self.sha256}")
            directory.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            part.write_bytes(content)
            part.rename(path)
        return path

    def unpack(self, archive, directory):
        directory.mkdir(parents=True)
        subprocess.run(
            ["tar", "-xf", archive, "--strip-components=1", "--no-same-owner", "-C", directory], check=True)


PROJECTS = {
    project.name: project for project in (
        Project(
            "grep", "GNU grep 3.8: autotools, gnulib",
            "g/grep/grep_3.8.orig.tar.xz",
            "498d7cc1b4fb081904d87343febb73475cf771e424fb7e6141aff66013abc382",
            "./configure", "make -j{jobs}", "make -k check"),
        Project(
            "hello", "GNU hello 2.10: autotools",
            "h/hello/hello_2.10.orig.tar.gz",
            "31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b",
            "./configure", "make -j{jobs}", "make -k check"),
        Project(
            "xz", "XZ Utils 5.4.1: autotools, libtool",
            "x/xz-utils/xz-utils_5.4.1.orig.tar.xz",
            "5d9827aa1875b21c288f78864bb26d2650b436ea8d2cad364e4921eb6266a5a5",
            "./configure", "make -j{jobs}", "make -k check"),
        Project(
            "bc", "GNU bc 1.07.1: autotools, with flex, bison, and a program that is built and then run",
            "b/bc/bc_1.07.1.orig.tar.gz",
            "62adfca89b0a1c0164c2cdca59ca210c1d44c3ffc46daf9931cf4942664cb02a",
            # What flex and bison made comes with the source.
            "rm bc/bc.c bc/bc.h bc/scan.c && ./configure", "make MAKEINFO=: -j{jobs}"),
        Project(
            "tinyxml2", "tinyxml2 9.0.0: CMake, C++",
            "t/tinyxml2/tinyxml2_9.0.0+dfsg.orig.tar.xz",
            "96510f47a5db537f70dff3e83dd71fd2180cbba4aa76c589a549467e7f34bc9b",
            "cmake -S . -B build", "cmake --build build -j{jobs}", "ctest --test-dir build"),
        Project(
            "lz4", "lz4 1.9.4: meson and ninja, C",
            "l/lz4/lz4_1.9.4.orig.tar.gz",
            "0b0e3aa07c8c063ddf40b082bdf7e37a1562bda40a0ff5272957f3e987e0e54b",
            "meson setup build contrib/meson -Dprograms=true", "ninja -C build -j{jobs}"),
    )
}
