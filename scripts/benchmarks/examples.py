# SPDX-License-Identifier: Apache-2.0
"""The examples, built from an empty cache and again: by phase, how long a build takes to begin, and what their programs say."""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from runner import CommandFailed
from trials import Trials


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench examples", description="Builds the examples, each from an empty cache and once more, and executes what they make.")
    parser.add_argument("examples", nargs="*", metavar="EXAMPLE", help="all where none is given")
    parser.add_argument("--without-acceleration", action="store_true", help="emulate everything in the second build")
    parser.add_argument("--caches", action="store_true", help="build twice more with --ccache and --configure-cache")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    return parser.parse_args(arguments)


class Examples:
    def __init__(self, bench, options):
        self.bench, self.options = bench, options
        self.directory = Path(__file__).resolve().parents[2] / "examples"
        self.scratch = Path(tempfile.mkdtemp(prefix="examples-", dir=bench.cache))
        self.trials = Trials(bench, self.scratch)

    def names(self):
        known = sorted(path.name for path in self.directory.iterdir() if path.is_dir())
        for name in self.options.examples:
            if name not in known:
                raise CommandFailed(f"no example {name}; there are: {' '.join(known)}")
        return self.options.examples or known

    def build(self, name, home, *options):
        """Seconds in all, seconds until the first step began, and the manifests."""
        output = self.scratch / f"{name}-out"
        begin, first, said = time.monotonic(), None, []
        process = subprocess.Popen(
            [self.bench.program, "build", "--output", output, "--format", "json", *options, self.directory / name],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.scratch), "MANGROVE_HOME": str(home)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        for line in process.stdout:
            said.append(line)
            if first is None and line.startswith("==> "):
                first = time.monotonic() - begin
        if process.wait() != 0:
            raise CommandFailed(f"{name}: status {process.returncode}\n{''.join(said[-30:])}")
        text = "".join(said)
        return time.monotonic() - begin, first, json.loads(text[re.search(r"^\[$", text, re.MULTILINE).start():])

    def measure(self, name):
        home = self.scratch / f"{name}-home"
        options = ["--no-accelerate"] if self.options.without_acceleration else []
        try:
            seconds, first, _ = self.build(name, home)
            again, begun, manifests = self.build(name, home, *options)
            said = [
                words for build in manifests
                for words in self.trials.perform(name, Path(build["path"]), build["architecture"])]
            caches = {}
            if self.options.caches:
                # The first one makes the layer with ccache, and what is native with it.
                cached = ["--ccache", "--configure-cache"]
                for title in ("making", "cold", "warm"):
                    if title == "cold":
                        for kind in ("ccache", "configure"):
                            shutil.rmtree(home / "cache" / kind, ignore_errors=True)
                    caches[title] = self.steps(self.build(name, home, *cached)[2])
        finally:
            subprocess.run(
                [self.bench.program, "cache", "prune"], env={"MANGROVE_HOME": str(home), "PATH": "/usr/bin:/bin"},
                stdout=subprocess.DEVNULL, check=False)
            shutil.rmtree(home, ignore_errors=True)
        return {
            "name": name, "seconds": seconds, "layer": first, "again": again, "begun": begun,
            "steps": self.steps(manifests), "says": said, "caches": caches}

    @staticmethod
    def steps(manifests):
        return {step["name"]: step["seconds"] for build in manifests for step in build["steps"]}


def markdown(results):
    lines = ["| example | from an empty cache | of it before the first step | again | before the first step | steps | executed |",
             "|---|--:|--:|--:|--:|---|---|"]
    for result in results:
        steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result["steps"].items())
        lines.append(
            f"| {result['name']} | {result['seconds']:.1f} s | {result['layer']:.1f} s | {result['again']:.1f} s "
            f"| {result['begun']:.2f} s | {steps} "
            f"| {'; '.join(result['says'])} |")
    if any(result["caches"] for result in results):
        lines += ["", "| with ccache and configure's cache | cold | warm |", "|---|---|---|"]
        for result in results:
            cold, warm = ([f"{name} {seconds:.1f} s" for name, seconds in result["caches"][title].items()] for title in ("cold", "warm"))
            lines.append(f"| {result['name']} | {', '.join(cold)} | {', '.join(warm)} |")
    return "\n".join(lines)


def main(bench, host, options):
    examples = Examples(bench, options)
    results, failed = [], False
    try:
        for name in examples.names():
            print(f"{name}: building", file=sys.stderr)
            try:
                results.append(examples.measure(name))
            except CommandFailed as error:
                print(error, file=sys.stderr)
                failed = True
    finally:
        examples.trials.close()
        shutil.rmtree(examples.scratch, ignore_errors=True)
    print(json.dumps({"version": 1, "host": host(bench), "examples": results}, indent=2) if options.json else markdown(results))
    return 1 if failed else 0
