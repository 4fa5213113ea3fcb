# SPDX-License-Identifier: Apache-2.0
"""Runs commands and measures them, as they are or where arm64 programs run by a binfmt_misc of their own."""

import ctypes
import json
import os
import pwd
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

NEW_NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000  # CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID
MS_REC_PRIVATE = 0x4000 | 0x40000
# An ELF file for AArch64, of 64 bits, executable or position-independent (binfmt_misc's own escapes).
RULE = (
    r":qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:{}:FP"
)

libc = ctypes.CDLL(None, use_errno=True)


class CommandFailed(Exception):
    pass


@dataclass
class Measurement:
    seconds: float
    peak_kib: int
    cpu_seconds: float = 0  # of all processors


def execute(arguments, environment):
    """Runs a command to its end; wait4's usage is the largest of it and of what it waited for."""
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = os.posix_spawnp(
            arguments[0], arguments, {**os.environ, **environment},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
            ])
        _, status, usage = os.wait4(process, 0)
        taken = time.perf_counter() - begin
        output.seek(0, os.SEEK_END)
        output.seek(max(0, output.tell() - 2000))
        return {
            "seconds": taken, "peak_kib": usage.ru_maxrss,
            "cpu": usage.ru_utime + usage.ru_stime, "status": os.waitstatus_to_exitcode(status),
            "output": output.read().decode(errors="replace"),
        }


def checked(arguments, result):
    if result["status"] != 0:
        raise CommandFailed(f"{' '.join(arguments)}: status {result['status']}\n{result['output']}")
    return Measurement(result["seconds"], result["peak_kib"], result["cpu"])


class Host:
    """Runs commands as they are."""

    def run(self, *arguments, **environment):
        arguments = [str(argument) for argument in arguments]
        return checked(arguments, execute(arguments, environment))

    def close(self):
        pass


class Namespace:
    """Runs commands as root of a user namespace in which a static qemu is registered for arm64.

    Nothing of the host changes. Needs Linux 6.7, and subordinate ids unless it is root.
    """

    def __init__(self, interpreter):
        self.here, there = socket.socketpair()
        self.child = os.fork()
        if self.child == 0:
            try:
                self.here.close()
                enter(there, interpreter)
            except BaseException as error:  # the parent is told, whatever it is
                there.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
            finally:
                os._exit(1)
        there.close()
        self.lines = self.here.makefile("r")
        self.expect("unshared")
        write_maps(self.child)
        self.here.sendall(b"mapped\n")
        self.expect("ready")

    def expect(self, word):
        line = self.lines.readline()
        if word not in line:
            raise CommandFailed(f"no namespace with a binfmt_misc of its own: {line.strip() or 'it ended'}")

    def run(self, *arguments, **environment):
        arguments = [str(argument) for argument in arguments]
        self.here.sendall(json.dumps([arguments, environment]).encode() + b"\n")
        return checked(arguments, json.loads(self.lines.readline()))

    def close(self):
        self.here.shutdown(socket.SHUT_RDWR)
        os.waitpid(self.child, 0)


def enter(connection, interpreter):
    """The child's side of a Namespace: never returns."""
    lines = connection.makefile("r")
    check(libc.unshare(NEW_NAMESPACES), "unshare")
    connection.sendall(b"unshared\n")
    lines.readline()
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    first = os.fork()
    if first:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)
    libc.prctl(1, signal.SIGKILL)
    check(libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None), "mount /")
    check(libc.mount(b"proc", b"/proc", b"proc", 0, None), "mount /proc")
    registry = b"/proc/sys/fs/binfmt_misc"
    check(libc.mount(b"binfmt_misc", registry, b"binfmt_misc", 0, None), "mount binfmt_misc (Linux 6.7 is needed)")
    Path(os.fsdecode(registry), "register").write_text(RULE.format(interpreter))
    connection.sendall(b"ready\n")
    for line in lines:
        arguments, environment = json.loads(line)
        try:
            answer = execute(arguments, environment)
        except OSError as error:
            answer = {"status": 127, "output": str(error)}
        connection.sendall(json.dumps(answer).encode() + b"\n")
        while reaped():
            pass
    os._exit(0)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def reaped():
    try:
        return os.waitpid(-1, os.WNOHANG)[0] > 0
    except ChildProcessError:
        return False


def write_maps(process):
    if os.geteuid() == 0:
        # All but one: runc takes a map of all for that of the host's own namespace.
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{process}/{name}").write_text("0 0 4294967294\n")
        return
    user = pwd.getpwuid(os.geteuid()).pw_name
    for tool, ranges, own in (("newuidmap", "/etc/subuid", os.geteuid()), ("newgidmap", "/etc/subgid", os.getegid())):
        given = [line.split(":")[1:] for line in Path(ranges).read_text().split() if line.startswith(f"{user}:")]
        if not given:
            raise CommandFailed(f"{user} has no range in {ranges}")
        subprocess.run([tool, str(process), "0", str(own), "1", "1", *given[0]], check=True)
