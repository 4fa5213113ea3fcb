# SPDX-License-Identifier: Apache-2.0
"""The cases about container images, beside podman: how long it takes from a registry to the first command's end, for an image of
this machine's own architecture, so that nothing is emulated by either; and a configure script in an arm64 image, where podman
has qemu registered."""

import socket
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import CPU, Case, Contender
from projects import PROJECTS


PODMAN_RUN = ("run", "--rm", "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")


class Images:
    """A registry on loopback with an image of Debian, and what both contenders need to use it."""

    def __init__(self, bench):
        self.bench = bench
        self.directory = bench.scratch / "images"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.host = f"127.0.0.1:{probe.getsockname()[1]}"
        settings = self.directory / "home" / ".config" / "containers"
        settings.mkdir(parents=True)
        (settings / "registries.conf").write_text(f'[[registry]]\nlocation = "{self.host}"\ninsecure = true\n')
        (settings / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        configuration = self.directory / "registry.yml"
        configuration.write_text(
            f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {self.directory}/registry}}}}\n"
            f'http: {{addr: "{self.host}"}}\n')
        self.registry = subprocess.Popen(
            ["docker-registry", "serve", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # podman allows its directories no longer paths.
        self.store = Path(tempfile.mkdtemp(prefix="podman-"))
        bench.at_end.append(self.close)
        time.sleep(1)
        self.machine = subprocess.run(
            ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
        bench.native_root
        self.name = f"{self.host}/debian:12"
        self.mangrove("export", "bench-native", f"oci:{self.name}", home=bench.scratch / "home")

    def close(self):
        self.registry.terminate()
        self.registry.wait()
        shutil.rmtree(self.store)

    def mangrove(self, *arguments, home):
        return self.bench.host.run(
            self.bench.program, *arguments, MANGROVE_HOME=str(home), HOME=str(self.directory / "home"))

    def run(self):
        return self.mangrove(
            "run", "--arch", self.machine, f"oci:{self.name}", "--", "true", home=self.directory / "mangrove")

    def podman(self, *arguments, runner=None):
        store = self.store
        return (runner or self.bench.host).run(
            "podman", "--root", store / "root", "--runroot", store / "run", "--tmpdir", store / "tmp", "--storage-driver",
            "overlay", "--cgroup-manager", "cgroupfs", "--runtime", "runc", *arguments, HOME=str(self.directory / "home"))

    def peer(self):
        return self.podman(*PODMAN_RUN, self.name, "true")

    def forget(self):
        self.mangrove("cache", "prune", home=self.directory / "mangrove")

    def forget_peer(self):
        self.podman("rmi", "--force", self.name)


def images(bench):
    return bench.once("images", lambda: Images(bench))


def first(bench):
    shared = images(bench)
    return Case("from a registry to the end of the first command", "ms", 5, [
        Contender("mangrove run IMAGE", shared.run, shared.forget),
        Contender("podman run", shared.peer, shared.forget_peer),
    ])


def again(bench):
    shared = images(bench)
    shared.run()
    shared.peer()
    return Case("the next command in an image", "ms", 10, [
        Contender("mangrove run IMAGE", shared.run),
        Contender("podman run", shared.peer),
    ])


class Configure:
    """An arm64 image with a compiler, and grep's configure script in it."""

    script = "mkdir /tmp/build && cd /tmp/build && /source/configure"

    def __init__(self, bench):
        self.shared = images(bench)
        self.home = self.shared.directory / "mangrove"
        self.name = f"{self.shared.host}/build:arm64"
        print("making an arm64 root with a compiler", file=sys.stderr)
        self.shared.mangrove(
            "create", "build", "debian:12", "--arch", "arm64", "--accelerate", "--package", "build-essential",
            home=self.home)
        self.shared.mangrove("export", "build", f"oci:{self.name}", home=self.home)
        bench.at_end.insert(0, self.close)
        grep = PROJECTS["grep"]
        self.source = bench.scratch / "grep"
        grep.unpack(grep.fetch(bench.mirror[0], bench.cache / "sources"), self.source)
        # Both have the image then, and the compilers have been compared.
        self.shared.mangrove(*self.command("--accelerate", "true"), home=self.home)
        self.shared.podman("pull", "--arch", "arm64", self.name, runner=bench.namespace)

    def command(self, option, *command):
        return ("run", option, "--bind", f"{self.source}:/source:ro", f"oci:{self.name}", "--", *command)

    def run(self):
        return self.shared.mangrove(*self.command("--accelerate", "sh", "-c", self.script), home=self.home)

    def peer(self):
        variables = [word for name, value in CPU.items() for word in ("--env", f"{name}={value}")]
        return self.shared.podman(
            *PODMAN_RUN, *variables, "--volume", f"{self.source}:/source:ro", self.name, "sh", "-c", self.script,
            runner=self.shared.bench.namespace)

    def close(self):
        # Files may have subordinate owners, which root of the namespace has, too. podman leaves its storage mounted there.
        script = 'umount "$2/overlay"; rm -rf --one-file-system "$1" "$2"'
        self.shared.bench.namespace.run("sh", "-c", script, "sh", self.home, self.shared.store / "root")


def configure(bench):
    shared = Configure(bench)
    return Case("grep's configure in an arm64 image", "s", 3, [
        Contender("mangrove run IMAGE", shared.run),
        Contender("podman run, with qemu", shared.peer),
    ])


CASES = {"image-first": first, "image-again": again, "image-configure": configure}
