# SPDX-License-Identifier: Apache-2.0
"""Roots with what is eligible in them, and runs of many uses at once, emulated and accelerated."""

import functools
import hashlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner import CommandFailed
from sweep_uses import DATA, Result

WAYS = ("emulated", "accelerated")
OPTIONS = {"emulated": "--no-accelerate", "accelerated": "--accelerate"}
PLACE = "/sweep"  # where a run's files are in the root


def say(text):
    print(text, file=sys.stderr, flush=True)


class Roots:
    """The roots of a sweep, kept in the repository's cache."""

    def __init__(self, repository, program, mirrors, skipped, given=None):
        """`given`: a root that is there, HOME/NAME, in the place of those that are made."""
        self.cache = repository / ".cache" / "sweep"
        self.home, self.given = self.cache / "home", None
        if given:
            home, self.given = given.rsplit("/", 1)
            self.home = Path(home).resolve()
            # What is kept meanwhile goes there, too.
            self.cache = self.home / "sweep"
            self.cache.mkdir(exist_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        # One and the same to the end, whatever is built meanwhile.
        self.program = str(self.cache / f"mangrove-{os.getpid()}")
        shutil.copy(program, self.program)
        self.skipped = skipped
        self.mirrors = mirrors
        self.servers = []
        self.running = set()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.stop)
        self.environment = {"MANGROVE_HOME": str(self.home)}
        if mirrors:
            # For tools trees, too.
            distros = self.cache / "distros.json"
            distros.write_text(json.dumps({"version": 1, "distros": {
                distro: {"tarball": {"mirrors": [self.address(mirror)]}} for distro, mirror in mirrors.items()}}))
            self.environment["MANGROVE_DISTROS"] = str(distros)

    def execute(self, *arguments):
        process = subprocess.Popen(
            [self.program, *map(str, arguments)], cwd=self.cache, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **self.environment})
        self.running.add(process)
        output, errors = process.communicate()
        self.running.discard(process)
        if process.returncode != 0:
            raise CommandFailed(
                f"mangrove {' '.join(map(str, arguments))}: status {process.returncode}\n{errors.decode(errors='replace')[-2000:]}")
        return output, errors

    def stop(self, number, _):
        """A signal: ends what runs, and this process."""
        for process in list(self.running):
            process.terminate()
        sys.exit(128 + number)

    def exists(self, name):
        return (self.home / "roots" / name / "root.json").exists()

    def make(self, name, release, architecture, packages):
        """A root that has these packages, if there is none of that name."""
        if self.exists(name):
            return name
        options = [word for package in packages for word in ("--package", package)]
        for suite in self.skipped.get(architecture, []):
            options += ["--skip-suite", suite]
        if release.partition(":")[0] in self.mirrors:
            # One that was asked for is trusted; not every one has the signatures.
            options.append("--allow-unsigned")
        say(f"making the root {name}, once")
        self.execute("create", name, release, "--arch", architecture, *options)
        return name

    def root(self, release, architecture, packages):
        if self.given:
            return self.given
        digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
        prefix = f"{release.replace(':', '-')}-{architecture}"
        return self.make(f"{prefix}-{digest}", release, architecture, packages)

    def address(self, mirror):
        """A directory is served on the loopback interface."""
        if "://" in mirror:
            return mirror
        handler = functools.partial(QuietHandler, directory=mirror)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/{'alpine' if (Path(mirror) / 'alpine').is_dir() else ''}"

    def interpreter(self):
        """What the emulated results depend on beside the root."""
        paths = [f"/usr/bin/qemu-{name}{end}" for name in ("aarch64", "arm") for end in ("", "-static")]
        return b" ".join(
            subprocess.run([path, "--version"], capture_output=True, check=False).stdout
            for path in paths if os.path.exists(path))

    def close(self):
        os.unlink(self.program)
        if self.given:
            shutil.rmtree(self.cache)
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def programs(self, root):
        """What runs natively in it, with all that has to be made for that."""
        self.execute("run", "--accelerate", root, "--", "/bin/true")
        found = json.loads(self.execute("inspect", root, "--format", "json")[0])
        paths = set((found.get("accelerated") or {}).get("programs", []))
        # One program under many names: all of them are asked.
        tree = Path(found["path"])
        if "/bin/busybox" in paths:
            for directory in ("bin", "usr/bin"):
                paths |= {
                    f"/{directory}/{name.name}" for name in (tree / directory).iterdir()
                    if name.is_symlink() and os.readlink(name) == "/bin/busybox"}
        return sorted(paths)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Batch:
    """Uses that are executed in one root, in a few runs at once; each run's changes to the root are dropped."""

    def __init__(self, roots, root, seconds, memory=None):
        self.roots, self.root, self.seconds, self.memory = roots, root, seconds, memory
        self.lanes = min(2, os.cpu_count() or 1)
        self.native = {}
        self.taken = {}

    def both(self, uses):
        """For each use, what came of it emulated and accelerated."""
        results, times = [], {}
        for way in WAYS:
            begin = time.perf_counter()
            results.append(self.remembered(uses) if way == "emulated" and self.memory else self.run(way, uses))
            times[way] = time.perf_counter() - begin
        return list(zip(*results)), times

    def remembered(self, uses):
        """As run(), but only for what is not known from an earlier sweep."""
        missing = [use for use in uses if self.memory.result(use) is None]
        self.memory.keep(missing, self.run("emulated", missing))
        return [self.memory.result(use) for use in uses]

    def run(self, way, uses):
        lanes = [uses[number :: self.lanes] for number in range(self.lanes)]
        with ThreadPoolExecutor(self.lanes) as pool:
            found = list(pool.map(functools.partial(self.lane, way), range(self.lanes), lanes))
        return [found[index % self.lanes][index // self.lanes] for index in range(len(uses))]

    def lane(self, way, number, uses):
        if not uses:
            return []
        place = self.roots.cache / f"lane-{os.getpid()}-{number}"
        try:
            for directory in ("uses", "results"):
                (place / directory).mkdir(parents=True)
            shutil.copy(DATA / "driver.sh", place / "driver")
            for index, use in enumerate(uses):
                (place / "uses" / f"{index:05}").write_bytes(os.fsencode(use.command) + b"\n")
            arguments = ["run", OPTIONS[way], "--throwaway", "--no-network", "--bind", f"{place}:{PLACE}", "--workdir", PLACE]
            if way == "accelerated":
                arguments += ["--profile", "--format", "json"]
            _, errors = self.roots.execute(*arguments, self.root, "--", "/bin/sh", "driver", self.seconds)
            self.count(errors)
            self.time(way, place / "results", uses)
            return [self.result(place / "results" / f"{index:05}") for index in range(len(uses))]
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def time(self, way, results, uses):
        """How long each took: between the ends of two, which is when their status was written."""
        ends = [path.stat().st_mtime for path in sorted(results.glob("*.status"))]
        for use, begin, end in zip(uses[1:], ends, ends[1:]):
            self.taken.setdefault(use, {})[way] = end - begin

    @staticmethod
    def result(path):
        parts = []
        for stream in ("out", "err", "status"):
            try:
                parts.append(path.with_suffix(f".{stream}").read_bytes())
            except OSError:
                parts.append(b"(nothing was written)")
        return Result(*parts)

    def count(self, text):
        """Adds up how often each program was started natively."""
        start = text.find(b"[\n")
        try:
            found = json.loads(text[start:]) if start >= 0 else []
        except ValueError:
            return
        for program in found:
            executions = program["native"]["executions"]
            if executions:
                self.native[program["program"]] = self.native.get(program["program"], 0) + executions
