# SPDX-License-Identifier: Apache-2.0
"""What is executed both ways, and the reasons there are for differences: read from the files in sweep/."""

import json
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

DATA = Path(__file__).resolve().parent / "sweep"
STREAMS = ("out", "err", "status")


@dataclass(frozen=True)
class Use:
    """A line of shell, executed in an empty directory."""

    program: str  # the one that it is about
    command: str
    short: bool = True  # of the short form, too


@dataclass(frozen=True)
class Result:
    out: bytes
    err: bytes
    status: bytes


@dataclass
class Reason:
    """Why something may differ: what `pattern` matches on one side or the other, or all that the use writes."""

    reason: str
    pattern: str | None = None
    programs: list = field(default_factory=lambda: ["*"])
    uses: list = field(default_factory=list)  # parts of their text; none: all
    releases: list = field(default_factory=lambda: ["*"])
    architectures: list = field(default_factory=lambda: ["*"])

    def covers(self, use, release, architecture):
        return (
            any(fnmatchcase(part, name) for part in use.program.split() for name in self.programs)
            and (not self.uses or any(part in use.command for part in self.uses))
            and any(fnmatchcase(release, name) for name in self.releases)
            and any(fnmatchcase(architecture, name) for name in self.architectures))

    def without(self, result):
        """The result without what may differ."""
        if self.pattern is None:
            return Result(b"", b"", b"")
        pattern = re.compile(self.pattern.encode(), re.MULTILINE)
        return Result(*(pattern.sub(b"", getattr(result, stream)) for stream in STREAMS))


@dataclass
class Table:
    """uses.txt: `== PROGRAM…` and, below it, a use a line; `=== PROGRAM…` for what the short form leaves out, `!= PROGRAM…`
    for what is not asked for its version."""

    uses: list
    silent: list

    @classmethod
    def read(cls, path=DATA / "uses.txt"):
        uses, silent, program, short = [], [], None, True
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("!= "):
                silent.append(line[3:])
            elif line.startswith("=="):
                mark, _, program = line.partition(" ")
                short = mark == "=="
            elif line and not line.startswith("#"):
                if program is None:
                    raise ValueError(f"{path}:{number}: a use before the first program")
                uses.append(Use(program, line, short))
        return cls(uses, silent)

    def of(self, programs, short):
        """The uses of these programs (paths)."""
        names = {Path(path).name for path in programs}
        used = {line: {name for name in names if matches(line, name)} for line in {use.program for use in self.uses}}
        chosen = [use for use in self.uses if used[use.program] and (use.short or not short)]
        return chosen, sorted(names - set().union(*used.values()))

    def questions(self, programs, options):
        """What every program is asked."""
        return [
            Use(Path(path).name, "; ".join(f"{path} {option}; echo; echo $?" for option in options)) for path in programs
            if not any(matches(line, Path(path).name) for line in self.silent)]


def matches(line, name):
    """Whether a program is one of those of a line of the table."""
    return any(pattern == name or fnmatchcase(name, pattern) for pattern in line.split())


def reasons(path=DATA / "explained.json"):
    return [Reason(**entry) for entry in json.loads(path.read_text())["explained"]]


def installed(release, short, path=DATA / "packages.json"):
    """What roots of a release have."""
    found = []
    for name, packages in json.loads(path.read_text())["short" if short else "packages"].items():
        if fnmatchcase(release, name):
            found += packages
    return sorted(found)


def explain(use, emulated, accelerated, known, release, architecture):
    """The reasons with which the two are the same, or None."""
    used = []
    for reason in known:
        if not reason.covers(use, release, architecture):
            continue
        left, right = reason.without(emulated), reason.without(accelerated)
        if (left, right) != (emulated, accelerated):
            emulated, accelerated = left, right
            used.append(reason.reason)
        if emulated == accelerated:
            return used
    return None
