# SPDX-License-Identifier: Apache-2.0
"""A root of the host's architecture and one to emulate, with the same packages, which stay for the next time."""

import hashlib
import sys

NATIVE, ACCELERATED, EMULATED = "native", "accelerated", "emulated"
OPTIONS = {NATIVE: [], ACCELERATED: ["--accelerate"], EMULATED: ["--no-accelerate"]}


class Roots:
    def __init__(self, bench, kind, release, packages, arch="arm64"):
        """`kind`: what is measured in them, a directory of the cache."""
        self.bench, self.release, self.packages, self.arch = bench, release, packages, arch
        key = hashlib.sha256(" ".join((release, *packages)).encode()).hexdigest()[:12]
        self.directory = bench.cache / kind / key  # of all that depends on them
        self.home = self.directory / "home"
        self.names = {NATIVE: "amd64", ACCELERATED: arch, EMULATED: arch}

    def mangrove(self, *arguments):
        return self.bench.mangrove(*arguments, home=self.home)

    def run(self, way, *arguments):
        """`arguments` without the root's name: options, and the command as one list at the end."""
        *options, command = arguments
        return self.mangrove("run", *OPTIONS[way], *options, self.names[way], "--", *command)

    def prepare(self):
        self.home.mkdir(parents=True, exist_ok=True)
        packages = [word for package in self.packages for word in ("--package", package)]
        for root, choice in (("amd64", []), (self.arch, ["--accelerate"])):
            if not (self.home / "roots" / root).is_dir():
                print(f"making the root {root}, once", file=sys.stderr)
                self.mangrove("create", root, self.release, "--arch", root, *choice, *packages)
        # The tools tree, and the table of this root, are made before anything is measured.
        self.run(ACCELERATED, ["true"])
