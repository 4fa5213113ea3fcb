# SPDX-License-Identifier: Apache-2.0
"""Executes files of shell, each in a root as its `# root: DISTRO:RELEASE[/ARCH] PACKAGE…` line asks, both ways."""

import difflib
import hashlib
import json
import shutil
from pathlib import Path

from runner import CommandFailed
from sweep_runs import OPTIONS, PLACE, WAYS
from sweep_uses import Result, Use, explain, reasons



def sweep_cases(roots, directory, options):
    found, failed = [], False
    for path in sorted(directory.glob("*.sh")):
        if options.only and path.stem not in options.only:
            continue
        try:
            one = execute(roots, path, options)
        except CommandFailed as error:
            one = {"name": path.stem, "about": str(error), "same": False, "reasons": [], "lines": []}
        found.append(one)
        failed = failed or not (one["same"] or one["reasons"])
        if not options.json:
            show(one)
    if options.json:
        print(json.dumps({"version": 1, "cases": found}, indent=2))
    return 1 if failed else 0


def execute(roots, path, options):
    lines = path.read_text().splitlines()
    asked = next(line.removeprefix("# root: ").split() for line in lines if line.startswith("# root: "))
    release, _, architecture = asked[0].partition("/")
    architecture = architecture or "arm64"
    digest = hashlib.sha256(" ".join(asked).encode()).hexdigest()[:8]
    root = roots.make(f"case-{digest}", release, architecture, asked[1:])
    use = Use(path.stem, path.read_text())
    results = [run(roots, root, path, way) for way in WAYS]
    why = None
    if results[0] != results[1]:
        why = explain(use, *results, reasons(), release, architecture)
    sides = [side.out.decode(errors="backslashreplace").split("\n") for side in results]
    return {
        "name": path.stem, "about": lines[0].removeprefix("# "), "same": results[0] == results[1], "reasons": why or [],
        "lines": [line for line in difflib.unified_diff(*sides, *WAYS, n=1, lineterm="")],
    }


def run(roots, root, path, way):
    place = roots.cache / "case"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    try:
        shutil.copy(path, place / "case")
        script = 'sh ./case > ../output 2>&1 < /dev/null; echo "exit status $?" >> ../output'
        (place / "work").mkdir()
        shutil.move(place / "case", place / "work" / "case")
        roots.execute(
            "run", OPTIONS[way], "--throwaway", "--bind", f"{place}:{PLACE}", "--workdir", f"{PLACE}/work", root, "--",
            "/bin/sh", "-c", script)
        return Result((place / "output").read_bytes(), b"", b"")

    finally:
        shutil.rmtree(place, ignore_errors=True)


def show(one):
    if one["same"]:
        print(f"same       {one['name']}")
    elif one["reasons"]:
        print(f"explained  {one['name']}: {'; '.join(one['reasons'])}")
    else:
        print(f"DIFFERS    {one['name']} ({one['about']})", *(f"    {line}" for line in one["lines"][:20]), sep="\n")
