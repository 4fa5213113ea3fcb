# SPDX-License-Identifier: Apache-2.0
"""Executes every eligible program emulated and accelerated, and lists where words or status differ."""

import argparse
import difflib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from runner import CommandFailed
from sweep_cases import sweep_cases
from sweep_memory import Memory, record
from sweep_runs import Batch, Roots, say
from sweep_uses import DATA, STREAMS, Table, explain, installed, matches, reasons

RELEASES = ("debian:12", "debian:13")
LINES = 12  # that are shown of a difference


@dataclass
class Difference:
    use: object
    emulated: object
    accelerated: object
    reasons: list | None = None  # None: there is none

    def json(self):
        sides = {
            name: {stream: getattr(side, stream).decode(errors="replace") for stream in STREAMS}
            for name, side in (("emulated", self.emulated), ("accelerated", self.accelerated))}
        return {"program": self.use.program, "command": self.use.command, "reasons": self.reasons or [], **sides}

    def lines(self):
        for stream in STREAMS:
            sides = [
                getattr(side, stream).decode(errors="backslashreplace").split("\n")
                for side in (self.emulated, self.accelerated)]
            found = difflib.unified_diff(*sides, n=0, lineterm="")
            shown = [line for line in list(found)[2:] if not line.startswith("@@")]
            for line in shown[:LINES]:
                yield f"      {stream} {line[:200]}"
            if len(shown) > LINES:
                yield f"      {stream} … {len(shown) - LINES} lines more"


@dataclass
class Sweep:
    release: str
    architecture: str
    programs: int = 0
    uses: int = 0
    seconds: dict = field(default_factory=dict)
    differences: list = field(default_factory=list)
    unused: list = field(default_factory=list)  # programs without a use of their own
    emulated: list = field(default_factory=list)  # programs that were never started natively
    slow: list = field(default_factory=list)  # the uses that take longest

    @property
    def unexplained(self):
        return [one for one in self.differences if one.reasons is None]

    def json(self):
        return {
            "release": self.release, "architecture": self.architecture, "programs": self.programs, "uses": self.uses,
            "seconds": {way: round(taken, 1) for way, taken in self.seconds.items()}, "withoutUse": self.unused,
            "neverNative": self.emulated, "slowest": self.slow, "unexplained": len(self.unexplained),
            "differences": [one.json() for one in self.differences],
        }

    def show(self):
        taken = ", ".join(f"{way} {seconds:.0f} s" for way, seconds in self.seconds.items())
        explained = len(self.differences) - len(self.unexplained)
        print(f"{self.release} {self.architecture}: {self.programs} programs, {self.uses} uses; {taken}")
        print(f"  differences without a reason: {len(self.unexplained)}; with one: {explained}")
        for one in self.unexplained:
            print(f"  DIFFERS  {one.use.program}: {one.use.command[:300]}", *one.lines(), sep="\n")
        for one in self.differences:
            if one.reasons is not None:
                print(f"  explained  {one.use.program}: {one.use.command[:100]}")
                print(*(f"      {why}" for why in one.reasons), sep="\n")
        if self.unused:
            print(f"  without a use of their own: {' '.join(self.unused)}")
        if self.emulated:
            print(f"  never started natively: {' '.join(self.emulated)}")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/sweep", description="Executes every program that is accelerated with --version, with --help and in a "
        "few small uses, emulated and accelerated, and lists where the two differ. The status is 1 if a difference has no "
        f"reason in {DATA.parent.name}/sweep/explained.json.")
    parser.add_argument(
        "--release", action="append", metavar="DISTRO:RELEASE",
        help=f"repeatable; default: {', '.join(RELEASES)}, and alpine:3.20 where there is a mirror for it")
    parser.add_argument("--arch", default="arm64", help="the roots' architecture (default: arm64)")
    parser.add_argument("--short", action="store_true", help="the first release only, with fewer packages, questions and uses")
    parser.add_argument(
        "--cases", metavar="DIRECTORY", help="execute its *.sh instead, each in a root as its '# root:' line asks")
    parser.add_argument("--only", action="append", metavar="NAME", help="only uses of this program, or the case; repeatable")
    parser.add_argument(
        "--mirror", action="append", default=[], metavar="DISTRO=PLACE",
        help="for distros that publish tarballs: a URL, or a directory to be served (default for alpine: "
        "$MANGROVE_MIRROR_alpine)")
    parser.add_argument(
        "--skip-suite", action="append", default=[], metavar="ARCH=SUITE", help="what create leaves out for that architecture")
    parser.add_argument("--timeout", type=int, default=120, metavar="SECONDS", help="for a use (default: 120)")
    parser.add_argument(
        "--fresh", action="store_true", help="emulate all anew, also what an earlier sweep has emulated in the root")
    parser.add_argument("--in", dest="given", metavar="HOME/NAME", help="in this root, which is of the first release")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(arguments)


def sweep(roots, release, options):
    packages = installed(release, options.short)
    root = roots.root(release, options.arch, packages)
    programs = roots.programs(root)
    found = Sweep(release, options.arch, len(programs))
    table = Table.read()
    uses, found.unused = table.of(programs, options.short)
    # What is of BusyBox knows --help only, and takes the other for an argument.
    asked = ["--help"] if "/bin/busybox" in programs else ["--version", "--help"]
    uses = table.questions(programs, asked[:1] if options.short else asked) + uses
    if options.only:
        uses = [use for use in uses if any(matches(use.program, name) for name in options.only)]
    found.uses = len(uses)
    say(f"{release} {options.arch}: {len(programs)} programs, {len(uses)} uses")
    memory = None
    if not options.fresh and not options.given:
        memory = Memory(roots.cache / "emulated", root, record(roots.home, root), roots.interpreter())
    batch = Batch(roots, root, options.timeout, memory)
    results, found.seconds = batch.both(uses)
    differing = [Difference(use, *both) for use, both in zip(uses, results) if both[0] != both[1]]
    known = reasons()
    for one in differing:
        one.reasons = explain(one.use, one.emulated, one.accelerated, known, release, options.arch)
    # What is without a reason has a second try, for it may have been chance.
    again = [one for one in differing if one.reasons is None]
    if again:
        second, _ = Batch(roots, root, options.timeout).both([one.use for one in again])
        for one, (emulated, accelerated) in zip(again, second):
            if emulated == accelerated or explain(one.use, emulated, accelerated, known, release, options.arch) is not None:
                one.reasons = ["not so in a second run, of both"]
    found.differences = differing
    found.slow = sorted(
        (
            {"command": use.command, **{way: round(taken, 2) for way, taken in times.items()}}
            for use, times in batch.taken.items()),
        key=lambda one: -one.get("accelerated", 0))[:10]
    if not options.only:
        found.emulated = sorted(path for path in programs if path not in batch.native)
    return found


def mirrors(options):
    found = {"alpine": os.environ.get("MANGROVE_MIRROR_alpine", "")}
    found.update(entry.split("=", 1) for entry in options.mirror)
    return {distro: place for distro, place in found.items() if place}


def main():
    options = parse(sys.argv[1:])
    places = mirrors(options)
    skipped = {}
    for entry in options.skip_suite:
        architecture, suite = entry.split("=", 1)
        skipped.setdefault(architecture, []).append(suite)
    releases = options.release or list(RELEASES) + ["alpine:3.20"] * ("alpine" in places)
    roots = Roots(Path(__file__).resolve().parents[2], os.environ["MANGROVE"], places, skipped, options.given)
    try:
        if options.cases:
            return sweep_cases(roots, Path(options.cases), options)
        found = [sweep(roots, release, options) for release in (releases[:1] if options.short or options.given else releases)]
    except CommandFailed as error:
        print(f"sweep: {error}", file=sys.stderr)
        return 1
    finally:
        roots.close()
    if options.json:
        print(json.dumps({"version": 1, "sweeps": [one.json() for one in found]}, indent=2))
    else:
        for one in found:
            one.show()
    return 1 if any(one.unexplained for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
