# SPDX-License-Identifier: Apache-2.0
"""What the examples have built, executed: programs in roots of their architecture, hypervisors by QEMU's whole machines."""

import re
import select
import shutil
import subprocess
import time

from runner import CommandFailed

USE_OF_LIBRARY = r"""
cat >/tmp/use.cc <<'END'
#include <cstdio>
#include <tinyxml2.h>
int main() {
    tinyxml2::XMLDocument document;
    document.Parse("<tree name='mangrove'/>");
    std::puts(document.RootElement()->Attribute("name"));
}
END
libraries=$(dirname usr/lib/*/libtinyxml2.so)
c++ -Iusr/include -o /tmp/use /tmp/use.cc -L"$libraries" -ltinyxml2
LD_LIBRARY_PATH=$libraries /tmp/use
"""

# As far as it gets where there is no hypervisor.
TOOLSTACK = ("LD_LIBRARY_PATH=usr/lib usr/local/sbin/xl info 2>&1 || true", r"libxl: error: .*cannot open libxc handle")

# What is executed where the artifacts are, and what of its output is looked for.
PROGRAMS = {
    "hello": ("./hello", r"Hello.*"),
    "grep": ("echo mangrove | usr/bin/grep --only-matching 'gro*ve'", r"^grove$"),
    "cmake": (USE_OF_LIBRARY, r"^mangrove$"),
    "meson": ("export LD_LIBRARY_PATH=usr/lib; echo mangrove | usr/bin/lz4 -c | usr/bin/lz4 -dc", r"^mangrove$"),
    "debian-package": ("dpkg --install ./*.deb >/dev/null && hello-machine", r"Hello.*"),
    "xen": TOOLSTACK,
    "xen-whole": TOOLSTACK,
}
# What these need of Debian's.
PACKAGES = ["g++", "libc6-dev", "libfdt1", "libyajl2"]
# Where the hypervisor is, and what boots it.
ARM64, ARM32 = ("qemu-system-aarch64", "cortex-a57"), ("qemu-system-arm", "cortex-a15")
HYPERVISORS = {
    "xen": ("boot/xen", *ARM64), "xen-whole": ("boot/xen", *ARM64), "xen-cross": ("xen", *ARM64), "xen-arm32": ("xen", *ARM32),
    "xen-arm32-cross": ("xen", *ARM32),
}
PATIENCE = 300  # seconds until a hypervisor says who it is


class Trials:
    def __init__(self, bench, scratch):
        self.bench, self.home, self.roots = bench, scratch / "trials-home", []

    def perform(self, name, artifacts, architecture):
        """What the example's programs said, in a few words."""
        said = []
        if name in HYPERVISORS:
            said.append(self.boot(name, artifacts))
        if name in PROGRAMS:
            script, expected = PROGRAMS[name]
            said.append(self.execute(name, script, expected, artifacts, architecture))
        if not said:
            raise CommandFailed(f"{name}: nothing is known of how its programs are executed (scripts/benchmarks/trials.py)")
        return said

    def mangrove(self, *arguments, directory=None):
        return subprocess.run(
            [self.bench.program, *arguments], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.home), "MANGROVE_HOME": str(self.home)})

    def root(self, architecture):
        name = f"trials-{architecture}"
        if name not in self.roots:
            words = [word for package in PACKAGES for word in ("--package", package)]
            made = self.mangrove("create", name, "debian:12", "--arch", architecture, *words)
            if made.returncode != 0:
                raise CommandFailed(f"cannot make a root to try programs in: {made.stderr}")
            self.roots.append(name)
        return name

    def execute(self, name, script, expected, artifacts, architecture):
        run = self.mangrove(
            "run", "--throwaway", "--no-network", self.root(architecture), "--", "sh", "-ec", script, directory=artifacts)
        found = re.search(expected, run.stdout, re.MULTILINE)
        if run.returncode != 0 or not found:
            raise CommandFailed(
                f"{name}: what was built does not work: status {run.returncode}, expected {expected}\n{run.stdout}{run.stderr}")
        return found[0]

    @staticmethod
    def boot(name, artifacts):
        """A hypervisor to where it would start its first guest, of which there is none."""
        path, emulator, cpu = HYPERVISORS[name]
        kernel = artifacts / path
        if not shutil.which(emulator):
            raise CommandFailed(f"{name}: there is no {emulator} to boot it with")
        process = subprocess.Popen(
            [emulator, "-machine", "virt,virtualization=true", "-cpu", cpu, "-m", "1024", "-nic", "none", "-display", "none",
             "-monitor", "none", "-serial", "stdio", "-no-reboot", "-kernel", kernel,
             "-append", "dtuart=/pl011@9000000 console=dtuart noreboot"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, end = b"", time.monotonic() + PATIENCE
        try:
            while b"LOADING DOMAIN 0" not in said and time.monotonic() < end:
                if select.select([process.stdout], [], [], 1)[0]:
                    read = process.stdout.read1(65536)
                    said += read
                    if not read:
                        break
        finally:
            process.kill()
            process.wait()
        text = said.decode(errors="replace")
        banner = re.search(r"Xen version \S+", text)
        if not banner or "LOADING DOMAIN 0" not in text:
            raise CommandFailed(f"{name}: {kernel.name} does not boot\n{text[-2000:]}")
        return f"boots on {cpu}: {banner[0]}"

    def close(self):
        for name in self.roots:
            self.mangrove("remove", name)
        self.mangrove("cache", "prune")
        shutil.rmtree(self.home, ignore_errors=True)
