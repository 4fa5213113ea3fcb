# SPDX-License-Identifier: Apache-2.0
"""How a make of many files scales with the machines that compile: each a network namespace with an SSH server and a quota of the processors."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from proxy import Proxy
from runner import CommandFailed

COMMAND = "cc -O2 -c"


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench hosts",
        description="Makes a project on one machine, on several, and on several of which one dies. As root.")
    parser.add_argument("--files", type=int, default=500, help="that are compiled (default: 500)")
    parser.add_argument("--hosts", type=int, default=2, help="besides this one (default: 2)")
    parser.add_argument("--cpus", type=float, default=0.6, help="that each machine has, this one included (default: 0.6)")
    parser.add_argument("--jobs", type=int, default=4, help="at once on each of the others (default: 4, as distcc's)")
    parser.add_argument("--directory", type=Path, help="keep what is made there, for the next time")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    return parser.parse_args(arguments)


class Quota:
    """A control group of so many processors: of version 2, or the older one."""

    def __init__(self, name, cpus):
        older = Path("/sys/fs/cgroup/cpu")
        unified = Path("/sys/fs/cgroup/cgroup.controllers")
        base = Path("/sys/fs/cgroup") if unified.exists() else older
        name = f"mangrove-bench-{os.getpid()}-{name}"
        self.path = base / name
        self.path.mkdir()
        self.paths = [self.path]
        if base == older:
            (self.path / "cpu.cfs_period_us").write_text("100000")
            (self.path / "cpu.cfs_quota_us").write_text(str(int(cpus * 100000)))
            # Often the same directory, by another name.
            accounting = Path("/sys/fs/cgroup/cpuacct") / name
            if not accounting.exists():
                accounting.mkdir()
                self.paths.append(accounting)
            self.usage = accounting / "cpuacct.usage"
        else:
            (self.path / "cpu.max").write_text(f"{int(cpus * 100000)} 100000")
            self.usage = self.path / "cpu.stat"

    def enter(self):
        for path in self.paths:
            (path / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self):
        """Of processors, since it exists."""
        text = self.usage.read_text()
        return int(text) / 1e9 if text.strip().isdigit() else int(text.split()[1]) / 1e6

    def close(self):
        for path in self.paths:
            for _ in range(50):
                try:
                    path.rmdir()
                    break
                except OSError:
                    time.sleep(0.1)


class Machine:
    """A network namespace with a server in it."""

    def __init__(self, number, place, cpus, proxy):
        self.name, self.place = f"mangrove-{os.getpid()}-{number}", place / f"host{number}"
        self.address = f"10.213.{number}.2"
        self.place.mkdir(exist_ok=True)
        (self.place / "key").unlink(missing_ok=True)
        link = f"mg{os.getpid()}-{number}"
        for command in (
            f"ip netns add {self.name}",
            f"ip link add {link} type veth peer name eth0 netns {self.name}",
            f"ip addr add 10.213.{number}.1/24 dev {link}", f"ip link set {link} up",
            f"ip -n {self.name} addr add {self.address}/24 dev eth0", f"ip -n {self.name} link set eth0 up",
            f"ip -n {self.name} link set lo up", f"ip -n {self.name} route add default via 10.213.{number}.1",
        ):
            subprocess.run(command.split(), check=True)
        self.link = link
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.place / "key"], check=True)
        (self.place / "sshd_config").write_text(
            f"ListenAddress {self.address}\nHostKey {self.place}/key\nAuthorizedKeysFile {place}/user.pub\nStrictModes no\n"
            f"UsePAM no\nPermitRootLogin yes\nPidFile none\nMaxStartups 100\n"
            f"SetEnv PATH={place}/bin:/usr/bin:/bin MANGROVE_HOME={self.place}/home {proxy.settings(f'10.213.{number}.1')}\n")
        self.quota = Quota(str(number), cpus)
        os.makedirs("/run/sshd", exist_ok=True)
        self.server = subprocess.Popen(
            ["ip", "netns", "exec", self.name, "/usr/sbin/sshd", "-D", "-f", self.place / "sshd_config"],
            preexec_fn=self.quota.enter, stderr=subprocess.DEVNULL)

    def die(self):
        """All that runs in it ends at once."""
        while processes := (self.quota.path / "cgroup.procs").read_text().split():
            for process in processes:
                try:
                    os.kill(int(process), 9)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
            if all(Path(f"/proc/{process}/status").read_text().find("State:\tZ") > 0
                   for process in processes if Path(f"/proc/{process}").exists()):
                break

    def close(self):
        self.die()
        self.server.wait()
        self.quota.close()
        subprocess.run(["ip", "link", "del", self.link], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "netns", "del", self.name], check=False)


def write_project(directory, count):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for number in range(count):
        lines = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>"]
        for index in range(30):
            lines.append(
                f"int f{number}_{index}(int *v, int n, const char *s) {{ int i, t = {index}; for (i = 0; i < n; i++) "
                f"{{ if (v[i] % {index + 2} == 0) t += v[i] * {index + 3}; else if (v[i] > t) t ^= v[i] << {index % 7}; "
                f"switch (v[i] & 7) {{ case 1: t += strlen(s); break; case 3: t -= abs(v[i]); break; case 5: "
                f"printf(\"%d %s\\n\", t, s); break; default: t = t * 31 + i; }} }} return t; }}")
        (directory / f"f{number}.c").write_text("\n".join(lines) + "\n")
    (directory / "Makefile").write_text(
        f"OBJECTS = $(patsubst %.c,%.o,$(wildcard *.c))\nall: $(OBJECTS)\n\t@echo $(words $(OBJECTS)) >count\n"
        f"%.o: %.c\n\t@{COMMAND} $<\n")
    (directory / "mangrove.json").write_text(
        "{version: 1, base: 'debian:12', packages: ['gcc', 'libc6-dev', 'make'],\n"
        " steps: [{name: 'make', run: 'make -j$MANGROVE_JOBS'}], artifacts: ['*.o', 'count']}\n")


def main(bench, host, options):
    if os.geteuid() != 0:
        raise CommandFailed("network namespaces and quotas are root's to make: sudo scripts/bench hosts")
    for tool in ("/usr/sbin/sshd", "/usr/bin/ssh"):
        if not os.path.exists(tool):
            raise CommandFailed(f"{tool} is missing: install openssh-server")
    # What is made of the machine's is taken away, however this ends.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    place = options.directory and options.directory.resolve() or Path(tempfile.mkdtemp(prefix="hosts-", dir=bench.cache))
    place.mkdir(exist_ok=True)
    machines, own, proxy = [], None, Proxy("10.213.")
    try:
        (place / "user").unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / "user"], check=True)
        project, program = place / "project", Path(bench.program)
        write_project(project, 1)
        # By the name that the others look for.
        shutil.rmtree(place / "bin", ignore_errors=True)
        (place / "bin").mkdir()
        os.symlink(program.resolve(), place / "bin/mangrove")
        own = Quota("own", options.cpus)
        for number in range(options.hosts):
            machines.append(Machine(number, place, options.cpus, proxy))
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(place), "MANGROVE_HOME": str(place / "home"),
            "MANGROVE_SSH": f"ssh -i {place}/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
        }
        names = ",".join(f"root@{machine.address}/{options.jobs}" for machine in machines)
        # What is made once is made once: the roots of the others by their own, whose archives are those of this one.
        build(bench, project, environment, None, [], place / "out")
        for machine in machines:
            if (machine.place / "home").exists():
                continue
            (machine.place / "home").mkdir()
            shutil.copytree(place / "home" / "cache" / "archives", machine.place / "home" / "cache" / "archives", symlinks=True)
        build(bench, project, environment, None, ["--hosts", names], place / "out")
        # Only now all of it.
        write_project(project, options.files)
        results, used = {}, {}
        quotas = [own] + [machine.quota for machine in machines]

        def measure(name, *arguments):
            before = [quota.seconds() for quota in quotas]
            results[name] = build(bench, project, environment, own, *arguments)
            used[name] = [quota.seconds() - start for quota, start in zip(quotas, before)]

        measure("this machine alone", [], place / "alone")
        measure(f"and {options.hosts} more", ["--hosts", names], place / "more")
        same = all(
            (place / "alone/arm64" / f"f{number}.o").read_bytes() == (place / "more/arm64" / f"f{number}.o").read_bytes()
            for number in range(options.files))
        after = results[f"and {options.hosts} more"] / 3
        measure("one of which dies", ["--hosts", names], place / "dies", lambda: (time.sleep(after), machines[-1].die()))
        count = (place / "dies/arm64/count").read_text().strip()
        alone, more = list(results.values())[:2]
        scaling = alone / more / (1 + options.hosts)
        if options.json:
            print(json.dumps({"version": 1, "host": host(bench), "files": options.files, "cpus": options.cpus,
                              "seconds": results, "processors": used, "efficiency": scaling, "same": same}, indent=2))
        else:
            print(f"{options.files} files, machines of {options.cpus} processors each: `{COMMAND}` in an arm64 root\n")
            print("| make | seconds | of all their processors | processor seconds of each, this one first |\n|---|--:|--:|---|")
            for name, seconds in results.items():
                part = "" if name.startswith(("this", "one")) else f"{scaling:.2f}"
                print(f"| {name} | {seconds:.1f} | {part} | {', '.join(f'{spent:.1f}' for spent in used[name])} |")
            print(f"\nThe same objects: {'yes' if same else 'no'}. Where one dies, {count} of {options.files} are made.")
        return 0 if same and count == str(options.files) else 1
    finally:
        proxy.close()
        for machine in machines:
            machine.close()
        if own:
            own.close()
        if not options.directory:
            subprocess.run(
                [bench.program, "cache", "prune"], env={"MANGROVE_HOME": str(place / "home"), "PATH": "/usr/bin:/bin"},
                stdout=subprocess.DEVNULL, check=False)
            shutil.rmtree(place, ignore_errors=True)


def build(bench, project, environment, quota, options, output, meanwhile=None):
    """Seconds that the make took."""
    process = subprocess.Popen(
        [bench.program, "build", "--format", "json", "--output", output, *options, project], env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=quota.enter if quota else None)
    try:
        if meanwhile:
            meanwhile()
        said, errors = process.communicate()
    except BaseException:
        # Else its control group could not be removed.
        process.terminate()
        process.wait()
        raise
    print(errors[-600:], file=sys.stderr)
    if process.returncode != 0:
        raise CommandFailed(f"build: status {process.returncode}\n{errors[-3000:]}")
    return json.loads(said)[0]["steps"][-1]["seconds"]
