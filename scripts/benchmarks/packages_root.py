# SPDX-License-Identifier: Apache-2.0
"""Roots in which source packages are built: one for each set of build dependencies, as the archive's builders have them."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from contextlib import contextmanager

from packages_source import Source, published
from runner import CommandFailed

USER = "builder"
# The machine has packages of the build's own, and no translations of descriptions.
CONFIGURATION = r"""
set -e
echo 'Acquire::Languages "none";' >/etc/apt/apt.conf.d/00languages
for file in /etc/apt/sources.list.d/*.sources; do [ ! -e "$file" ] || sed -i 's/^Types: deb$/Types: deb deb-src/' "$file"; done
[ ! -e /etc/apt/sources.list ] || sed -i -E 's/^deb (.*)/&\ndeb-src \1/' /etc/apt/sources.list
apt-get -q update
useradd --no-create-home --home-dir /nonexistent --shell /bin/sh --uid 1000 builder
mkdir -p /build
"""


@contextmanager
def locked(path):
    """Against other processes of this script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Roots:
    def __init__(self, bench, release, architecture):
        self.bench, self.release, self.architecture = bench, release, architecture
        self.cache = bench.cache / "packages"
        self.home = self.cache / "home"
        self.name = f"{release.replace(':', '-')}-{architecture}"
        self.directory = self.cache / self.name
        self.base = f"base-{self.name}"

    def mangrove(self, *arguments):
        return self.bench.mangrove(*arguments, home=self.home)

    def output(self, *arguments, root=None):
        """What a command writes to standard output, in the root with the build dependencies of nothing."""
        found = subprocess.run(
            [self.bench.program, "run", root or self.base, "--", *map(str, arguments)],
            env={**os.environ, "MANGROVE_HOME": str(self.home)}, cwd=self.directory,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
        if found.returncode != 0:
            raise CommandFailed(f"{' '.join(map(str, arguments))}: status {found.returncode}\n{found.stderr[-2000:]}")
        return found.stdout

    def prepare(self, say):
        self.directory.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        archive = self.directory / "base.tar"
        with locked(self.directory / "lock"):
            if archive.exists():
                return
            say(f"making the root {self.base}, once")
            self.mangrove(
                "create", self.base, self.release, "--arch", self.architecture, "--variant", "buildd", "--replace",
                "--package", "debhelper", "--package", "fakeroot")
            self.mangrove("run", self.base, "--", "sh", "-c", CONFIGURATION)
            # Where the distribution's cross compiler generates different code than the root's own.
            self.mangrove("tools", "build", self.base)
            part = archive.with_name("part.tar")
            self.mangrove("export", self.base, part)
            part.rename(archive)

    def source(self, name):
        return Source(name, self.output)

    def published(self, names):
        return published(names, self.output)

    def of(self, source, say):
        """The name of the root that has the build dependencies of a source package, which is made where there is none."""
        key = hashlib.sha256(source.build_dependencies.encode()).hexdigest()[:12]
        name = f"{self.name}-{key}"
        mark = self.directory / "roots" / f"{key}.json"
        with locked(mark.with_suffix(".lock")):
            if mark.exists() and (self.home / "roots" / name).is_dir():
                return name
            say(f"{source.name}: making a root with its build dependencies")
            if (self.home / "roots" / name).is_dir():
                self.mangrove("remove", name)
            self.mangrove("create", name, "--from", self.directory / "base.tar", "--arch", self.architecture)
            archives = self.directory / "archives"
            (archives / "partial").mkdir(parents=True, exist_ok=True)
            # One at a time: apt locks the directory of packages.
            with locked(self.directory / "archives.lock"):
                self.mangrove(
                    "run", "--env", "DEBIAN_FRONTEND=noninteractive", "--bind", f"{self.sources}:/sources:ro",
                    "--bind", f"{archives}:/var/cache/apt/archives", name, "--", "apt-get", "-q", "-y", "-o", "APT::Sandbox::User=root",
                    "-o", "APT::Keep-Downloaded-Packages=true",
                    "--no-install-recommends", "-P", "nocheck", "build-dep", f"/sources/{source.description}")
            # A quarter of the root, and of no more use.
            self.mangrove("run", name, "--", "sh", "-c", "rm -rf /var/lib/apt/lists/*_* /var/cache/apt/*.bin")
            # What each package in it was made, by the time of its newest change.
            ages = self.output("sh", "-c", """
                cd /usr/share/doc
                for package in *; do
                    for file in $package/changelog.Debian.gz $package/changelog.gz $package/changelog.Debian; do
                        [ ! -f "$file" ] || { echo "$package $(date -r "$file" +%s)"; break; }
                    done
                done""", root=name)
            versions = self.output("dpkg-query", "-W", "-f", "${Package} ${Version}\n", root=name)
            mark.write_text(json.dumps({
                "packages": dict(line.split(" ", 1) for line in versions.splitlines()),
                "times": {words[0]: int(words[1]) for words in map(str.split, ages.splitlines()) if len(words) == 2}}))
        return name

    def described(self, name):
        """The versions of the packages of a root, and when each was made."""
        return json.loads((self.directory / "roots" / f"{name.rpartition('-')[2]}.json").read_text())

    @property
    def sources(self):
        return self.directory / "sources"

    def remove(self, name):
        self.mangrove("remove", name)

    def clean(self, directory):
        """Builds belong to a user of the root: they are removed as the root's own."""
        if directory.exists():
            self.mangrove("run", "--bind", f"{directory}:/build", self.base, "--", "find", "/build", "-mindepth", "1", "-delete")
            shutil.rmtree(directory)
