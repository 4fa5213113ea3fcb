# SPDX-License-Identifier: Apache-2.0
"""Compares two trees of one project, built at the same path in two ways, file by file."""

import difflib
import os
import re
from collections import Counter

import elf

# What no two builds have alike: a log's times, process ids and random names.
CHANGING = (
    (rb"/tmp/cc[A-Za-z0-9]{6}", b"/tmp/cc"),
    (rb"conftest\.[a-z]+\d+|conf\d+[a-z.]*|cmTC_[0-9a-f]{5}|CMakeScratch/[\w-]+|(?<=/)tmp[a-z0-9_]{8}|c\w+/testfile", b"name"),
    (rb"(?m)^(It was created by|Build started at|uptime|/usr/bin/time).*$", b""),
    (rb"\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ][\d:.]+|\b\d+(\.\d+)?m?s\b", b"time"),
)
LOGS = re.compile(r"(^|/)(config\.log|CMakeOutput\.log|CMakeError\.log|CMakeConfigureLog\.yaml|meson-log\.txt)$")
# ninja's own, which hold times of files, and meson's, which hold random identifiers; nothing of the result.
NOT_COMPARED = re.compile(r"(^|/)(\.ninja_log|\.ninja_deps|meson-private/\w+\.dat|meson-info/intro-dependencies\.json)$")
RESULTS = re.compile(r"(^|/)(config\.h|config\.status|config\.cache|Makefile|CMakeCache\.txt|build\.ninja|[^/]+\.(pc|cmake|h|make))$")


def kind(path, data):
    if data[:4] == b"\x7fELF":
        return {1: "objects", 2: "programs", 3: "libraries and programs"}.get(data[16], "other ELF files")
    if data[:8] in (b"!<arch>\n", b"!<thin>\n"):
        return "archives"
    if LOGS.search(path):
        return "logs"
    if RESULTS.search(path):
        return "results of configuring"
    return "other files"


def files(tree):
    found = {}
    for directory, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.islink(path):
                found[os.path.relpath(path, tree)] = b"-> " + os.fsencode(os.readlink(path))
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, tree)] = file.read()
    return found


def without_changing(data):
    for pattern, replacement in CHANGING:
        data = re.sub(pattern, replacement, data)
    return data


def difference(path, one, other):
    """What remains different, in words, when what may differ is left out."""
    if one[:4] == other[:4] == b"\x7fELF":
        return elf.difference(one, other)
    if one[:8] == other[:8] == b"!<arch>\n":
        ours, theirs = elf.members(one), elf.members(other)
        if [member[:2] for member in ours] != [member[:2] for member in theirs]:
            return "its list of members"
        return ", ".join(
            f"{mine[0]}: {found}" for mine, its in zip(ours, theirs)
            if mine[2] != its[2] and (found := difference(mine[0], mine[2], its[2])))
    if one[:8] == other[:8] == b"!<thin>\n":
        # Members are files beside it, compared themselves; it has their sizes.
        one, other = (re.sub(rb" \d+ *(?=`\n)", b" ", data) for data in (one, other))
    if LOGS.search(path):
        one, other = without_changing(one), without_changing(other)
    if one == other:
        return ""
    lines = list(difflib.unified_diff(
        one.decode(errors="replace").splitlines(), other.decode(errors="replace").splitlines(), n=0, lineterm=""))[3:]
    changed = [line[:160] for line in lines if line[:1] in "-+"]
    return f"{len(changed)} lines: " + " | ".join(changed[:4])


def compare(one, other, source):
    """Counts by kind of file, and each difference; `source` are the paths that were there before the build."""
    ours, theirs = files(one), files(other)
    counts, differences = {}, []
    for path in sorted({**ours, **theirs}):
        mine, its = ours.get(path), theirs.get(path)
        if NOT_COMPARED.search(path) or path in source and mine == its:
            continue
        name = kind(path, its if mine is None else mine)
        count = counts.setdefault(name, Counter(files=0, bytes_equal=0, same=0))
        count["files"] += 1
        if mine is None or its is None:
            differences.append({"file": path, "what": "only in one of them", "kind": name})
            continue
        count["bytes_equal"] += mine == its
        found = "" if mine == its else difference(path, mine, its)
        count["same"] += not found
        if found:
            differences.append({"file": path, "what": found, "kind": name})
    return {"counts": counts, "differences": differences}
