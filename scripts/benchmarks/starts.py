# SPDX-License-Identifier: Apache-2.0
"""What the start of an emulated program costs, by kind of program and by what the emulator and the loader can be told."""

import argparse
import json
import os
import statistics
import time

from language_projects import PACKAGES, RELEASE
from roots import ACCELERATED, Roots
from runner import CommandFailed

SOURCES = {
    "exit.s": ".globl _start\n_start: mov x0, #0\n mov x8, #94\n svc #0\n",
    "hello.c": '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n',
}
BUILD = "gcc -nostdlib -static -o exit exit.s && gcc -O2 -static -o static hello.c && gcc -O2 -o dynamic hello.c"

# What is measured: a title, the program, options of qemu, and variables.
VARIANTS = (
    ("qemu alone: `--version`", None, ["--version"], {}),
    ("a program of three instructions", "exit", [], {}),
    ("a static program", "static", [], {}),
    ("a dynamic program", "dynamic", [], {}),
    ("… with the CPU of a Cortex-A57", "dynamic", ["-cpu", "cortex-a57"], {}),
    ("… without pointer authentication", "dynamic", ["-cpu", "max,pauth=off"], {}),
    ("… with 4 GiB of addresses (`-R`)", "dynamic", ["-R", "0x100000000"], {}),
    ("… at a fixed base (`-B`)", "dynamic", ["-B", "0x200000000"], {}),
    ("… without hwcaps", "dynamic", [], {"GLIBC_TUNABLES": "glibc.cpu.hwcap_mask=0"}),
    ("… bound at once", "dynamic", [], {"LD_BIND_NOW": "1"}),
)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench starts", description="Measures the start of emulated programs.")
    parser.add_argument("--runs", type=int, default=200, help="of each (default: 200)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    return parser.parse_args(arguments)


def once(arguments, environment, output):
    """Milliseconds, elapsed and of processors."""
    begin = time.monotonic()
    process = os.posix_spawn(
        arguments[0], arguments, environment, file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)])
    _, status, usage = os.wait4(process, 0)
    elapsed = time.monotonic() - begin
    if status != 0:
        raise CommandFailed(f"{' '.join(arguments)}: status {status}")
    return elapsed * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def main(bench, host, options):
    # Those in which other languages are measured: they have a compiler.
    roots = Roots(bench, "languages", RELEASE, PACKAGES)
    roots.prepare()
    place = roots.directory / "starts"
    place.mkdir(exist_ok=True)
    for name, text in SOURCES.items():
        (place / name).write_text(text)
    roots.run(ACCELERATED, "--bind", f"{place}:/build", "--workdir", "/build", ["sh", "-ec", BUILD])
    tree = roots.home / "roots" / "arm64" / "rootfs"
    found = {title: [] for title, *_ in VARIANTS}
    output = os.open(os.devnull, os.O_WRONLY)
    for _ in range(options.runs):
        for title, program, arguments, variables in VARIANTS:
            command = [bench.interpreter, "-L", str(tree), *arguments] + ([str(place / program)] if program else [])
            found[title].append(once(command, variables, output))
    os.close(output)
    medians = {
        title: {"elapsed": statistics.median(one[0] for one in all), "processors": statistics.median(one[1] for one in all)}
        for title, all in found.items()}
    if options.json:
        print(json.dumps({"version": 1, "host": host(bench), "runs": options.runs, "starts": medians}, indent=2))
        return 0
    description = host(bench)
    print(f"{description['cpu']}, {description['cores']} cores, Linux {description['kernel']}; {description['programs'][1]}; {options.runs} runs\n")
    print("| start of | ms | of processors |\n|---|--:|--:|")
    for title, median in medians.items():
        print(f"| {title} | {median['elapsed']:.1f} | {median['processors']:.1f} |")
    return 0
