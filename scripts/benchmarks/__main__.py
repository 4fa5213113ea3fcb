# SPDX-License-Identifier: Apache-2.0
"""Runs the cases that are asked for: the contenders of a case take turns, so that what disturbs one disturbs all."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

import acceleration
import examples
import hosts
import languages
import packages
import starts
from bench import Bench
from cases import CASES, compare
from runner import CommandFailed

END = "\r\x1b[K" if sys.stderr.isatty() else ""  # of the line of progress, on a terminal


def main():
    if sys.argv[1:2] == ["acceleration"]:
        return measure_acceleration(acceleration, sys.argv[2:])
    if sys.argv[1:2] == ["packages"]:
        return measure_acceleration(packages, sys.argv[2:])
    if sys.argv[1:2] == ["languages"]:
        return measure_acceleration(languages, sys.argv[2:])
    if sys.argv[1:2] == ["starts"]:
        return measure_acceleration(starts, sys.argv[2:])
    if sys.argv[1:2] == ["hosts"]:
        return measure_acceleration(hosts, sys.argv[2:])
    if sys.argv[1:2] in (["examples"], ["--examples"]):
        return measure_acceleration(examples, sys.argv[2:])
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures mangrove beside its peers.",
        epilog="scripts/bench acceleration --help: builds, native, accelerated and emulated. "
            "scripts/bench packages --help: Debian's packages. scripts/bench examples --help: the examples. "
            "scripts/bench --plot: the README's picture. scripts/bench languages --help: Java, Go, Python, clang. scripts/bench starts --help: emulated programs. scripts/bench hosts --help: several machines.")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"all where none is given: {' '.join(CASES)}")
    parser.add_argument("--runs", type=int, help="how often each contender runs, instead of the case's own number")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    parser.add_argument(
        "--compare", nargs=2, metavar=("RELEASE", "ARCHITECTURE"),
        help="instead of measuring, list in what a minbase of that release of Debian differs from mmdebstrap's")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"no case {unknown[0]}; there are: {' '.join(CASES)}")

    bench = Bench(Path(__file__).resolve().parents[2], os.environ["MANGROVE"])
    results, failed = [], False
    if options.compare:
        return show_difference(bench, options)
    try:
        for name in options.cases or CASES:
            try:
                results.append(measure(CASES[name](bench), options.runs))
            except CommandFailed as error:
                print(f"{name}: {error}", file=sys.stderr)
                failed = True
    finally:
        bench.close()
    if options.json:
        print(json.dumps({"version": 1, "host": host(bench), "cases": results}, indent=2))
    else:
        print(markdown(host(bench), results))
    return 1 if failed else 0


def measure_acceleration(what, arguments):
    options = what.parse(arguments)
    bench = Bench(Path(__file__).resolve().parents[2], os.environ["MANGROVE"])
    try:
        return what.main(bench, host, options)
    except CommandFailed as error:
        print(f"{what.__name__}: {error}", file=sys.stderr)
        return 1
    finally:
        bench.close()


def show_difference(bench, options):
    try:
        explained, unexplained = compare(bench, *options.compare)
    finally:
        bench.close()
    if options.json:
        print(json.dumps({"version": 1, "explained": explained, "unexplained": unexplained}, indent=2))
    else:
        for why, names in explained.items():
            print(f"{why}: {len(names)}", *names[:12], sep="\n  ")
        print(f"not explained: {len(unexplained)}", *unexplained, sep="\n  ")
    return 1 if unexplained else 0


def measure(case, runs):
    runs = runs or case.runs
    values = {contender.name: [] for contender in case.contenders}
    # The first round warms the caches and does not count, but where there is but one.
    for round in range(runs + 1 if runs > 1 else 1):
        for contender in case.contenders:
            os.sync()
            if sys.stderr.isatty():
                print(f"{END}{case.name}: {contender.name}, {round} of {runs}", end="", file=sys.stderr)
            try:
                measurement = contender.run()
            finally:
                contender.clean()
            if round > 0 or runs == 1:
                values[contender.name].append(
                    {"ms": measurement.seconds * 1000, "s": measurement.seconds, "MiB": measurement.peak_kib / 1024}[
                        case.unit])
    print(f"{END}{case.name}: done", file=sys.stderr)
    ours = statistics.median(values[case.contenders[0].name])
    return {
        "name": case.name, "unit": case.unit, "runs": runs,
        "contenders": [
            {
                "name": name, "median": statistics.median(found), "min": min(found), "max": max(found),
                "ratio": ours / statistics.median(found),
            }
            for name, found in values.items()
        ],
    }


def host(bench):
    def first_line(*command):
        try:
            found = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError:
            return None
        return (found.stdout or found.stderr).strip().split("\n")[0]

    model = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().split("\n") if "model name" in line]
    return {
        "cpu": model[0] if model else platform.machine(), "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(), "user": "root" if os.geteuid() == 0 else "unprivileged",
        "programs": [
            line for line in (
                first_line(bench.program, "--version"), first_line(bench.interpreter, "--version"),
                first_line("bwrap", "--version"), first_line("bsdtar", "--version"), first_line("curl", "--version"),
                first_line("mmdebstrap", "--version"), first_line("debootstrap", "--version"))
            if line
        ],
    }


def markdown(host, results):
    lines = [
        f"{host['cpu']}, {host['cores']} cores, Linux {host['kernel']}, {host['user']}; " + "; ".join(host["programs"]),
        "", "| case | | median | range | runs | mangrove's / its |", "|---|---|--:|--:|--:|--:|",
    ]
    for case in results:
        for index, contender in enumerate(case["contenders"]):
            median, low, high = (f"{contender[key]:.{2 if case['unit'] == 's' else 1}f}" for key in ("median", "min", "max"))
            ratio = "" if index == 0 else f"{contender['ratio']:.2f}"
            lines.append(
                f"| {case['name'] if index == 0 else ''} | {contender['name']} | {median} {case['unit']} "
                f"| {low}–{high} | {case['runs']} | {ratio} |")
    return "\n".join(lines)


sys.exit(main())
