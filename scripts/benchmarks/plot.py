# SPDX-License-Identifier: Apache-2.0
"""Draws the README's picture from the committed figures: python3 scripts/benchmarks/plot.py [--check]."""

import argparse
import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FIGURES = REPOSITORY / "docs/acceleration-figures.md"
README = REPOSITORY / "README.md"
PICTURE = REPOSITORY / "docs/builds.svg"

# Of each build: the way, its name in the picture, and the class that colours it.
WAYS = (("native", "native", "native"), ("accelerated", "mangrove", "ours"), ("emulated", "qemu", "qemu"))

# In pixels.
WIDTH, LEFT, RIGHT, TOP, BAR, GAP, BETWEEN = 760, 96, 96, 44, 14, 3, 18

STYLE = """  <style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .figure { fill: #59636e }
    .native { fill: #8c959f } .ours { fill: #1a7f37 } .qemu { fill: #d1242f }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc } .figure { fill: #9198a1 }
      .native { fill: #656c76 } .ours { fill: #3fb950 } .qemu { fill: #f85149 }
    }
  </style>"""


def rows(text, *titles):
    """Cells by title, of each row of the first table whose titles begin so."""
    header = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if header is None:
            header = cells if cells[:len(titles)] == list(titles) else None
        elif len(cells) != len(header):
            return
        elif not cells[0].startswith("--"):
            yield dict(zip(header, cells))


def number(cell):
    return re.match(r"[0-9.]+", cell).group()


def builds(text):
    """Seconds of configuring and making, by project and way, as the table has them."""
    found, project = {}, None
    for row in rows(text, "project", "step"):
        project = row["project"] or project
        if row["step"] == "both":
            found[project] = {way: number(row[way]) for way, _, _ in WAYS}
    return found


def readme(text):
    """The same from the README's table, by the project's first word that matters."""
    return {
        row["project"].removeprefix("GNU ").split()[0].lower(): {way: number(row[title]) for way, title, _ in WAYS}
        for row in rows(text, "project", "native")}


def picture(found):
    most = max(float(ways["emulated"]) for ways in found.values())
    height = TOP + len(found) * (len(WAYS) * (BAR + GAP) + BETWEEN)
    described = "; ".join(
        f"{project}: " + ", ".join(f"{name} {ways[way]} s" for way, name, _ in WAYS) for project, ways in found.items())
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">',
        "  <title>Seconds to configure and build</title>", f"  <desc>{described}</desc>", STYLE,
        '  <text x="0" y="18">Seconds to configure and build</text>',
    ]
    place = WIDTH - 250
    for _, name, kind in WAYS:
        lines.append(f'  <rect class="{kind}" x="{place}" y="8" width="12" height="12" rx="2"/>')
        lines.append(f'  <text x="{place + 17}" y="18">{name}</text>')
        place += 90
    y = TOP
    for project, ways in found.items():
        middle = y + len(WAYS) * (BAR + GAP) / 2 + 3
        lines.append(f'  <text x="0" y="{middle:.0f}">{project}</text>')
        for way, _, kind in WAYS:
            length = max(1.5, float(ways[way]) / most * (WIDTH - LEFT - RIGHT))
            lines.append(f'  <rect class="{kind}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>')
            lines.append(f'  <text class="figure" x="{LEFT + length + 6:.1f}" y="{y + BAR - 2}">{ways[way]} s</text>')
            y += BAR + GAP
        y += BETWEEN
    return "\n".join([*lines, "</svg>", ""])


def disagreements(found):
    """What of the README and of the picture is not what the figures say."""
    own = readme(README.read_text())
    if not own:
        yield f"{README.name}: found no table of builds"
    for project, ways in own.items():
        for way, name, _ in WAYS:
            expected = found.get(project, {}).get(way)
            if expected != ways[way]:
                yield f"{README.name}: {project}, {name}: expected {expected} s as in {FIGURES.name}, found {ways[way]} s"
    if not PICTURE.exists() or PICTURE.read_text() != picture(found):
        yield f"{PICTURE.name}: not made from {FIGURES.name}; run scripts/bench --plot"


def main(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench --plot", description="Draws the README's picture from the committed figures.")
    parser.add_argument("--check", action="store_true", help="report where README, picture and figures disagree, and change nothing")
    options = parser.parse_args(arguments)
    found = builds(FIGURES.read_text())
    if options.check:
        wrong = list(disagreements(found))
        print("\n".join(wrong), end="\n" if wrong else "")
        return 1 if wrong else 0
    PICTURE.write_text(picture(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
