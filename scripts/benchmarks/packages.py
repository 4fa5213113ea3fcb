# SPDX-License-Identifier: Apache-2.0
"""Builds Debian source packages in accelerated and emulated roots, and compares what comes out with the archive's own packages."""

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

import packages_compare
import packages_list
from packages_root import USER, Roots
from packages_table import markdown
from runner import CommandFailed

ACCELERATED, EMULATED = "accelerated", "emulated"
OPTIONS = {ACCELERATED: ["--accelerate"], EMULATED: ["--no-accelerate"]}
# As on Debian's own machines (wiki.debian.org/ReproducibleBuilds), but for the tests.
PLACE = "/build/reproducible-path"
ENVIRONMENT = {
    "DEB_BUILD_OPTIONS": "nocheck parallel={jobs}", "HOME": "/nonexistent", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC",
}
UNPACK = f"""
umask 022
mkdir -p {PLACE}
cd {PLACE}
dpkg-source --no-check -x /sources/$1 >/build/unpack.log 2>&1
chown -R {USER} /build
"""
BUILD = "umask 022; dpkg-buildpackage -b -us -uc -Pnocheck >/build/build.log 2>&1"


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench packages",
        description="Builds Debian source packages in a root as Debian's machines do, and compares the packages with the archive's.")
    parser.add_argument("packages", nargs="*", metavar="SOURCE", help="all of the release's list where none is given")
    parser.add_argument(
        "--release", action="append", choices=packages_list.LISTS, help="repeatable (default: all that there are lists for)")
    parser.add_argument("--arch", default="arm64", help="of the roots (default: arm64)")
    parser.add_argument("--without-emulated", action="store_true", help="build emulated only what fails accelerated")
    parser.add_argument("--without-accelerated", action="store_true", help="build emulated only")
    parser.add_argument("--reuse-emulated", action="store_true", help="take earlier emulated builds, where there are any")
    parser.add_argument("--reuse", action="store_true", help="take earlier builds of both ways, where there are any")
    parser.add_argument("--remove-roots", action="store_true", help="remove each root that was made after its build (0.8 GB each)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="of each build (default: the processors)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    return parser.parse_args(arguments)


class Packages:
    def __init__(self, bench, release, arguments):
        self.arguments, self.release = arguments, release
        self.roots = Roots(bench, release, arguments.arch)

    def say(self, text):
        print(f"{time.strftime('%H:%M:%S')} {self.release}: {text}", file=sys.stderr, flush=True)

    def build(self, source, way, reuse):
        """Builds in one way: how long it took, and the digests of the packages."""
        place = self.roots.directory / "results" / source.name / way
        record = place.with_suffix(".json")
        if reuse and record.exists():
            found = json.loads(record.read_text())
            if found["version"] == source.version:
                return found
        record.unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        root = self.roots.of(source, self.say)
        build = self.roots.directory / "builds" / f"{source.name}-{way}"
        self.roots.clean(build)
        build.mkdir(parents=True)
        shared = ["--bind", f"{build}:/build", "--bind", f"{self.roots.sources}:/sources:ro", "--no-network"]
        environment = [
            word for name, value in ENVIRONMENT.items() for word in ("--env", f"{name}={value.format(jobs=self.arguments.jobs)}")]
        found = {"version": source.version, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "root": root}
        self.say(f"{source.name} {source.version}: {way}")
        try:
            self.roots.mangrove("run", *OPTIONS[way], *shared, root, "--", "sh", "-ec", UNPACK, "sh", source.description)
            os.sync()
            measured = self.roots.mangrove(
                "run", *OPTIONS[way], *shared, *environment, "--user", USER, "--workdir", f"{PLACE}/{source.directory}",
                root, "--", "sh", "-ec", BUILD)
            found |= {"failed": "", "seconds": measured.seconds, "cpu": measured.cpu_seconds}
        except CommandFailed as error:
            found["failed"] = str(error)
            self.say(f"{source.name}: {way}: FAILED")
        for path in [build / "build.log", build / "unpack.log", *sorted((build / PLACE.removeprefix("/build/")).glob("*.deb"))]:
            if path.exists():
                shutil.copyfile(path, place / path.name)
        if not found["failed"]:
            self.roots.clean(build)
        found["packages"] = {path.name: packages_compare.digest(path) for path in sorted(place.glob("*.deb"))}
        record.write_text(json.dumps(found, indent=1))
        return found

    def measure(self, name, kind):
        source = self.roots.source(name)
        source.fetch(self.roots.sources)
        found = {"name": name, "kind": kind, "version": source.version}
        if not self.arguments.without_accelerated:
            found[ACCELERATED] = self.build(source, ACCELERATED, self.arguments.reuse)
        failed = found.get(ACCELERATED, {}).get("failed")
        record = self.roots.directory / "results" / name / f"{EMULATED}.json"
        reuse = self.arguments.reuse or self.arguments.reuse_emulated
        if not self.arguments.without_emulated or failed or reuse and record.exists():
            found[EMULATED] = self.build(source, EMULATED, reuse)
        root = found.get(ACCELERATED, found.get(EMULATED))["root"]
        place = self.roots.directory / "results" / name
        found["compared"] = packages_compare.compare(self.roots, source, root, {
            way: place / way for way in (ACCELERATED, EMULATED) if way in found and not found[way]["failed"]})
        for way in (ACCELERATED, EMULATED):
            if found.get(way, {}).get("failed"):
                log = place / way / "build.log"
                found[way]["log"] = log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
        if self.arguments.remove_roots:
            self.roots.remove(root)
        return found


def main(bench, host, arguments):
    results, failed = [], False
    for release in arguments.release or packages_list.LISTS:
        packages = Packages(bench, release, arguments)
        packages.roots.prepare(packages.say)
        kinds = packages_list.kinds(release)
        found = []
        for name in [name for name in arguments.packages if name in kinds] or ([] if arguments.packages else kinds):
            try:
                found.append(packages.measure(name, kinds[name]))
            except CommandFailed as error:
                packages.say(f"{name}: {error}")
                failed = True
        results.append({"release": release, "architecture": arguments.arch, "jobs": arguments.jobs, "packages": found})
    host = host(bench)
    if arguments.json:
        print(json.dumps({"version": 1, "host": host, "packages": results}, indent=2))
    else:
        print(markdown(host, results))
    worse = [
        one for result in results for one in result["packages"]
        if one.get(ACCELERATED, {}).get("failed") and not one.get(EMULATED, {}).get("failed", True)]
    unlike = [
        file for result in results for one in result["packages"] for file in one["compared"]["packages"] if file.get("unlike")]
    return 1 if failed or worse or unlike else 0
