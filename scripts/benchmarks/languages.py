# SPDX-License-Identifier: Apache-2.0
"""Builds projects in Java, Go, Python and, with clang, C++: natively, accelerated and emulated; times, and whether the results are the same."""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import sys

from language_projects import LANGUAGES, PACKAGES, RELEASE
from roots import ACCELERATED, EMULATED, NATIVE, Roots


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench languages",
        description="Builds generated projects in an accelerated root beside native and emulated ones, and compares the results.")
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=f"all where none is given: {' '.join(LANGUAGES)}")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is built; emulated ones once (default: 3)")
    parser.add_argument("--without-emulated", action="store_true", help="leave out plain emulation, and the comparison")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.languages if name not in LANGUAGES]
    if unknown:
        parser.error(f"no language {unknown[0]}; there are: {' '.join(LANGUAGES)}")
    return options


class Languages:
    def __init__(self, bench, options):
        self.options = options
        self.roots = Roots(bench, "languages", RELEASE, PACKAGES)
        self.builds = self.roots.directory / "builds"
        self.ways = [NATIVE, ACCELERATED] + [EMULATED] * (not options.without_emulated)

    def build(self, language, way):
        place = self.builds / way / language.name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        language.write(place / "src")
        print(f"{language.name}: {way}", file=sys.stderr)
        os.sync()
        return self.roots.run(
            way, "--bind", f"{place}:/build", "--workdir", "/build/src", "--env", "SOURCE_DATE_EPOCH=1700000000",
            ["sh", "-ec", language.script])

    def files(self, language, way):
        place = self.builds / way / language.name / "src" / "out"
        return {
            str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(place.rglob("*")) if path.is_file()}

    def measure(self, language):
        found = {way: [] for way in self.ways}
        for round in range(self.options.rounds):
            for way in self.ways:
                if round == 0 or way != EMULATED:
                    measured = self.build(language, way)
                    found[way].append({"seconds": measured.seconds, "cpu": measured.cpu_seconds})
        ways = {way: {unit: statistics.median(one[unit] for one in all) for unit in ("seconds", "cpu")} for way, all in found.items()}
        result = {"name": language.name, "about": language.about, "ways": ways, "files": None, "different": None}
        if EMULATED in ways:
            own, other = self.files(language, ACCELERATED), self.files(language, EMULATED)
            result["files"] = len(own)
            result["different"] = sorted(name for name in own.keys() | other.keys() if own.get(name) != other.get(name))
        return result


def markdown(host, found):
    yield f"{host['cpu']}, {host['cores']} cores, Linux {host['kernel']}, {host['user']}; {'; '.join(host['programs'][:2])}; {RELEASE}"
    yield ""
    yield "| project | native | accelerated | emulated | accelerated / native | emulated / accelerated | results the same |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for one in found:
        seconds = {way: measured["seconds"] for way, measured in one["ways"].items()}
        cells = [f"{seconds[way]:.1f} s" if way in seconds else "" for way in (NATIVE, ACCELERATED, EMULATED)]
        slower = f"{seconds[ACCELERATED] / seconds[NATIVE]:.2f}"
        faster = f"{seconds[EMULATED] / seconds[ACCELERATED]:.1f}" if EMULATED in seconds else ""
        same = "" if one["files"] is None else f"{one['files'] - len(one['different'])} of {one['files']}"
        yield f"| {one['name']} | {' | '.join(cells)} | {slower} | {faster} | {same} |"
    yield ""
    for one in found:
        yield f"- {one['name']}: {one['about']}."
        for name in one["different"] or []:
            yield f"  - differs: `{name}`"


def main(bench, host, options):
    languages = Languages(bench, options)
    languages.roots.prepare()
    found = [languages.measure(LANGUAGES[name]) for name in options.languages or LANGUAGES]
    if options.json:
        print(json.dumps({"version": 1, "host": host(bench), "languages": found}, indent=2))
    else:
        print("\n".join(markdown(host(bench), found)))
    return 1 if any(one["different"] for one in found) else 0
