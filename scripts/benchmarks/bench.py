# SPDX-License-Identifier: Apache-2.0
"""What the cases share: a scratch directory, roots, a base and the server that has it, and the programs to measure."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from runner import CommandFailed, Host, Namespace

# For all alike: qemu's default CPU ciphers every pointer authentication.
CPU = {"QEMU_CPU": "max,pauth=off"}


@dataclass
class Contender:
    name: str
    run: Callable[[], object]  # returns a Measurement
    clean: Callable[[], object] = lambda: None  # after each run, outside of its time


@dataclass
class Case:
    name: str
    unit: str  # "ms", "s" or "MiB"
    runs: int
    contenders: list[Contender] = field(default_factory=list)  # ours comes first


class Bench:
    """What the cases share; made when a case first asks for it."""

    def __init__(self, repository, program):
        self.program = program
        self.cache = repository / ".cache" / "bench"
        self.cache.mkdir(parents=True, exist_ok=True)
        # On the same file system as everything that is compared with it.
        self.scratch = Path(tempfile.mkdtemp(prefix="run-", dir=self.cache))
        self.host = Host()
        self.made = {}
        self.at_end = []

    def close(self):
        for each in self.at_end:
            each()
        if "accelerated" in self.made:
            self.mangrove("remove", "bench", home=self.accelerated)
            # A tools tree's files may have subordinate owners.
            self.namespace.run("rm", "-rf", "--one-file-system", self.accelerated)
        if "namespace" in self.made:
            self.made["namespace"].run("rm", "-rf", "--one-file-system", self.scratch / "peer")
            self.made["namespace"].close()
        for name in self.roots():
            self.mangrove("remove", name)
        if "server" in self.made:
            self.made["server"].terminate()
            self.made["server"].wait()
        shutil.rmtree(self.scratch)

    def once(self, what, make):
        if what not in self.made:
            self.made[what] = make()
        return self.made[what]

    def mangrove(self, *arguments, home=None):
        home = home or self.scratch / "home"
        return self.host.run(self.program, *arguments, MANGROVE_HOME=str(home))

    def roots(self):
        directory = self.scratch / "home" / "roots"
        return sorted(path.name for path in directory.glob("[a-z0-9]*")) if directory.is_dir() else []

    @property
    def interpreter(self):
        for path in ("/usr/bin/qemu-aarch64-static", "/usr/bin/qemu-aarch64"):
            if os.path.exists(path):
                return path
        raise CommandFailed("no qemu-aarch64-static on this host")

    @property
    def namespace(self):
        return self.once("namespace", lambda: Namespace(self.interpreter))

    @property
    def archives(self):
        """Where this host's apt has Debian and its security updates, else Debian's own."""
        lines = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI) $(CODENAME)", "Created-By: Packages"],
            capture_output=True, text=True, check=False).stdout.splitlines()
        found = [(words[1], words[2]) for words in map(str.split, lines) if words[0] == "Debian"]
        debian = next((uri for uri, codename in found if "-" not in codename), "http://ftp.debian.org/debian")
        security = next(
            (uri for uri, codename in found if codename.endswith("-security")), "http://security.debian.org/debian-security")
        return debian, security

    @property
    def mirror(self):
        """That of the release itself."""
        return [self.archives[0]]

    @property
    def base(self):
        """A Debian 12 arm64 base tarball of some 60 MB."""
        path = self.cache / "debian-12-minbase-arm64.tar.gz"
        if not path.exists():
            print(f"making {path}, once", file=sys.stderr)
            part = self.scratch / path.name
            script = 'mmdebstrap --quiet --mode=root --architectures=arm64 --variant=minbase bookworm - "$@" | gzip -9n'
            self.namespace.run("bash", "-o", "pipefail", "-c", f'{script} > "$0"', part, *self.mirror, **CPU)
            part.rename(path)
        return path

    @property
    def root(self):
        """A root for commands to run in."""
        def make():
            self.mangrove("create", "bench-run", "--from", self.base)
            return self.scratch / "home" / "roots" / "bench-run" / "rootfs"
        return self.once("root", make)

    @property
    def native_root(self):
        """One of the host's own architecture."""
        def make():
            machine = subprocess.run(
                ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
            self.mangrove("create", "bench-native", "debian:12", "--arch", machine)
            return self.scratch / "home" / "roots" / "bench-native" / "rootfs"
        return self.once("native root", make)

    @property
    def accelerated(self):
        """A home with the root "bench", whose programs a tools tree accelerates."""
        def make():
            home = self.scratch / "accelerated"
            print("making a root and its tools tree", file=sys.stderr)
            self.mangrove("create", "bench", "debian:12", "--accelerate", home=home)
            return home
        return self.once("accelerated", make)

    @property
    def site(self):
        """The directory that an nginx on the loopback interface serves, and its URL; the base is in it."""
        def start():
            directory = self.scratch / "site"
            directory.mkdir()
            os.symlink(self.base, directory / "base.tar.gz")
            process = directory / "pid"
            configuration = directory / "nginx.conf"
            user = "user root;" if os.geteuid() == 0 else ""
            temporary = " ".join(
                f"{kind}_temp_path {directory}/{kind};"
                for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            self.port = free_port()
            configuration.write_text(
                f"{user} daemon off; worker_processes 1; pid {process}; error_log stderr; events {{}}\n"
                f"http {{ access_log off; sendfile on; {temporary}\n"
                f"server {{ listen 127.0.0.1:{self.port}; root {directory}; }} }}\n")
            return subprocess.Popen(
                ["nginx", "-c", configuration, "-p", directory], env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.once("server", start)
        url = f"http://127.0.0.1:{self.port}"
        for _ in range(100):
            try:
                urllib.request.urlopen(urllib.request.Request(f"{url}/base.tar.gz", method="HEAD")).close()
                return self.scratch / "site", url
            except OSError:
                time.sleep(0.05)
        raise CommandFailed("nginx does not answer")

    @property
    def served(self):
        """The base's URL there."""
        return f"{self.site[1]}/base.tar.gz"

    @property
    def digest(self):
        return self.once("digest", lambda: hashlib.sha256(self.base.read_bytes()).hexdigest())

    def ours(self, *arguments):
        """Creates a root, and removes it again outside of the time."""
        def run():
            return self.mangrove("create", "bench", *arguments, home=self.scratch / "home")

        def clean():
            if "bench" in self.roots():
                self.mangrove("remove", "bench")
            shutil.rmtree(self.scratch / "home" / "cache", ignore_errors=True)
        return Contender("mangrove create", run, clean)

    def ours_accelerated(self, *arguments):
        """The same where the tools tree is there already; what was downloaded for the root is not."""
        home = self.accelerated

        def run():
            return self.mangrove("create", "bench-again", *arguments, "--accelerate", home=home)

        def clean():
            self.mangrove("remove", "bench-again", home=home)
            shutil.rmtree(home / "cache" / "archives", ignore_errors=True)
        shutil.rmtree(home / "cache" / "archives", ignore_errors=True)
        return Contender("mangrove create, accelerated", run, clean)

    def ours_first(self, *arguments):
        """A root and its release's tools tree, where neither is there and nothing is downloaded."""
        home = self.scratch / "first"

        def run():
            return self.mangrove("create", "bench-first", *arguments, "--accelerate", home=home)

        def clean():
            self.mangrove("remove", "bench-first", home=home)
            self.namespace.run("rm", "-rf", "--one-file-system", home)
        return Contender("mangrove create, with the tools tree", run, clean)

    def peer(self, name, *arguments, runner=None, **environment):
        """A command that makes its result in scratch/peer, an empty directory."""
        runner = runner or self.host
        place = self.scratch / "peer"
        place.mkdir(exist_ok=True)

        def clean():
            runner.run("find", place, "-xdev", "-mindepth", "1", "-delete")
        return Contender(name, lambda: runner.run(*arguments, **environment), clean)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
