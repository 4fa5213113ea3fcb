# SPDX-License-Identifier: Apache-2.0
"""Builds projects natively, in an accelerated root and in an emulated one: times, and whether the code is the same."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

import checks
import machine
import same_code
from acceleration_table import markdown
from projects import PACKAGES, PROJECTS, RELEASE
from roots import ACCELERATED, EMULATED, NATIVE, OPTIONS, Roots
from runner import CommandFailed

PARTS = ("builds", "checks", "installation", "machine")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench acceleration",
        description="Measures builds in an accelerated root beside native and emulated ones, and compares their code.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"all where none is given: {' '.join(PARTS)}")
    parser.add_argument(
        "--project", action="append", choices=PROJECTS, help="build this one only; repeatable; all where none is given")
    parser.add_argument("--arch", default="arm64", help="of the emulated root (default: arm64)")
    parser.add_argument("--release", default=RELEASE, help=f"of the roots (default: {RELEASE})")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is built; emulated ones once (default: 1)")
    parser.add_argument("--without-emulated", action="store_true", help="leave out plain emulation, and what is compared with it")
    parser.add_argument(
        "--reuse-emulated", action="store_true",
        help="take earlier emulated builds of the same sources by the same commands, where there are any")
    parser.add_argument("--mirror", help="Debian's, for sources; else that of this host's apt")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    options = parser.parse_args(arguments)
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part {unknown[0]}; there are: {' '.join(PARTS)}")
    return options


class Acceleration(Roots):
    def __init__(self, bench, arguments):
        super().__init__(bench, "acceleration", arguments.release, PACKAGES, arguments.arch)
        self.arguments = arguments
        self.jobs = len(os.sched_getaffinity(0))
        self.cache = bench.cache / "acceleration"
        self.results = self.directory / arguments.arch  # of builds

    @property
    def ways(self):
        return [NATIVE, ACCELERATED] + [EMULATED] * (not self.arguments.without_emulated)

    def say(self, text):
        print(text, file=sys.stderr)

    def output(self, *arguments):
        """What mangrove writes to standard output."""
        found = subprocess.run(
            [self.bench.program, *arguments], env={**os.environ, "MANGROVE_HOME": str(self.home)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if found.returncode != 0:
            raise CommandFailed(f"{' '.join(map(str, arguments))}: status {found.returncode}\n{found.stderr[-2000:]}")
        return found.stdout

    def compilers(self):
        return {
            way: self.output("run", *OPTIONS[way], self.names[way], "--", "gcc", "--version").split("\n")[0] for way in self.ways}

    def in_root(self, way, place, directory, script):
        return self.mangrove(
            "run", *OPTIONS[way], "--bind", f"{place}:/build", "--workdir", directory, self.names[way], "--", "sh", "-ec", script)

    def build(self, project, way):
        """Builds at /build/<name>, and says how long each of the two steps took."""
        place = self.results / "builds" / way / project.name
        record = place.with_suffix(".json")
        if way == EMULATED and self.arguments.reuse_emulated and record.exists():
            found = json.loads(record.read_text())
            if found["digest"] == project.digest:
                return found
        record.unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        project.unpack(project.fetch(self.sources, self.cache / "sources"), place / project.name)
        found = {"digest": project.digest, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        for step, script in (("configure", project.configure), ("make", project.make)):
            self.say(f"{project.name}: {step}, {way}")
            os.sync()
            measured = self.in_root(way, place, f"/build/{project.name}", script.format(jobs=self.jobs))
            found[step] = {"seconds": measured.seconds, "cpu": measured.cpu_seconds}
        record.write_text(json.dumps(found))
        return found

    @property
    def sources(self):
        return self.arguments.mirror or self.bench.mirror[0]

    def measure(self, project):
        found = {way: [] for way in self.ways}
        for round in range(self.arguments.rounds):
            for way in self.ways:
                if round == 0 or way != EMULATED:
                    found[way].append(self.build(project, way))
        ways = {
            way: {
                step: {
                    unit: statistics.median(one[step][unit] for one in measured) for unit in ("seconds", "cpu")}
                for step in ("configure", "make")}
            for way, measured in found.items()
        }
        for measured in ways.values():
            measured["both"] = {unit: measured["configure"][unit] + measured["make"][unit] for unit in ("seconds", "cpu")}
        return {
            "name": project.name, "about": project.about, "rounds": self.arguments.rounds, "ways": ways,
            "ratios": {step: self.ratios(ways, step) for step in ("configure", "make", "both")},
            "code": self.compared(project) if EMULATED in ways else None,
        }

    def ratios(self, ways, step):
        def ratio(one, other, unit):
            return ways[one][step][unit] / ways[other][step][unit] if one in ways and other in ways else None
        return {
            "accelerated/native": {unit: ratio(ACCELERATED, NATIVE, unit) for unit in ("seconds", "cpu")},
            "emulated/accelerated": {unit: ratio(EMULATED, ACCELERATED, unit) for unit in ("seconds", "cpu")},
        }

    def compared(self, project):
        place = self.results / "source" / project.name
        shutil.rmtree(place, ignore_errors=True)
        project.unpack(project.fetch(self.sources, self.cache / "sources"), place)
        builds = self.results / "builds"
        return same_code.compare(
            builds / ACCELERATED / project.name / project.name, builds / EMULATED / project.name / project.name,
            set(same_code.files(place)))

    def check(self, project):
        """What its own tests say of copies of its builds for the emulated root, which are made where there are none."""
        outputs = {}
        for way in self.ways[1:]:
            place = self.results / "builds" / way / project.name
            if not place.with_suffix(".json").exists():
                self.build(project, way)
            copy = self.results / "checks" / way / project.name
            log = copy.with_suffix(f".{project.digest[:12]}.log")
            if not (way == EMULATED and self.arguments.reuse_emulated and log.exists()):
                shutil.rmtree(copy, ignore_errors=True)
                copy.parent.mkdir(parents=True, exist_ok=True)
                # With the times of its files, or everything is made again.
                subprocess.run(["cp", "-a", place, copy], check=True)
                self.say(f"{project.name}: its tests, {way}")
                self.in_root(way, copy, f"/build/{project.name}", f"{project.check} >/build/check.log 2>&1 || true")
                (copy / "check.log").rename(log)
            outputs[way] = log.read_text(errors="replace")
        return {"name": project.name, "command": project.check, **checks.compare(outputs)}

    def installation(self):
        """apt-get install build-essential in a fresh root, its packages downloaded beforehand."""
        found, states = {}, {}
        for way in (ACCELERATED, EMULATED)[:1 if self.arguments.without_emulated else 2]:
            values = []
            for _ in range(self.arguments.rounds if way == ACCELERATED else 1):
                self.say(f"apt-get install build-essential, {way}")
                self.mangrove(
                    "create", "fresh", self.arguments.release, "--arch", self.arguments.arch, "--replace", "--accelerate")
                environment = ["--env", "DEBIAN_FRONTEND=noninteractive"]
                self.mangrove(
                    "run", "--accelerate", *environment, "fresh", "--", "sh", "-ec",
                    "apt-get update && apt-get -y --download-only install build-essential")
                os.sync()
                measured = self.mangrove(
                    "run", *OPTIONS[way], *environment, "fresh", "--",
                    "apt-get", "-y", "--no-download", "install", "build-essential")
                values.append({"seconds": measured.seconds, "cpu": measured.cpu_seconds})
                states[way] = self.output("run", "--no-accelerate", "fresh", "--", "dpkg-query", "-W")
                self.mangrove("remove", "fresh")
            found[way] = {unit: statistics.median(value[unit] for value in values) for unit in ("seconds", "cpu")}
        return {
            "ways": found, "same packages": states[EMULATED] == states[ACCELERATED] if EMULATED in states else None,
            "ratio": {
                unit: found[EMULATED][unit] / found[ACCELERATED][unit] for unit in ("seconds", "cpu")
            } if EMULATED in found else None,
        }

    def machine(self):
        grep = PROJECTS["grep"]
        place = self.results / "machine"
        shutil.rmtree(place, ignore_errors=True)
        grep.unpack(grep.fetch(self.sources, self.cache / "sources"), place / "grep")
        machine.write_projects(place)
        return machine.check(self.arguments.arch, {
            way: self.output(
                "run", *OPTIONS[way], "--bind", f"{place}:/build", "--workdir", "/build", self.names[way], "--",
                "bash", "-ec", machine.SCRIPT)
            for way in self.ways if way != NATIVE})


def main(bench, host, arguments):
    parts = arguments.parts or PARTS
    acceleration = Acceleration(bench, arguments)
    acceleration.prepare()
    found, failed = {"release": arguments.release, "architecture": arguments.arch, "compilers": acceleration.compilers(), "jobs": acceleration.jobs}, False
    if "machine" in parts:
        found["machine"] = acceleration.machine()
    if "installation" in parts:
        found["installation"] = acceleration.installation()
    for part, key, examine in (
        ("builds", "projects", acceleration.measure), ("checks", "checks", acceleration.check)
    ):
        if part not in parts:
            continue
        found[key] = []
        for name in arguments.project or PROJECTS:
            if part == "checks" and not PROJECTS[name].check:
                continue
            try:
                found[key].append(examine(PROJECTS[name]))
            except CommandFailed as error:
                print(f"{name}: {error}", file=sys.stderr)
                failed = True
    host = host(bench)
    if arguments.json:
        print(json.dumps({"version": 1, "host": host, "acceleration": found}, indent=2))
    else:
        print(markdown(host, found))
    wrong = [line for line in found.get("machine", []) if not line["right"]]
    different = [
        one for project in found.get("projects", []) for one in (project["code"] or {}).get("differences", [])
        if one["kind"] != "logs"]
    unlike = [name for project in found.get("checks", []) for name in project["different"]]
    return 1 if failed or wrong or different or unlike else 0
