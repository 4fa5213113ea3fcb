# SPDX-License-Identifier: Apache-2.0
"""The cases: for each, what mangrove does and what other programs do for the same result, with what is around it."""

import cases_images
import cases_refresh
import contents
from bench import CPU, Case, Contender
from runner import Measurement


def start_up(bench):
    return Case("start-up", "ms", 40, [
        Contender("mangrove --version", lambda: bench.mangrove("--version")),
        Contender("bwrap --version", lambda: bench.host.run("bwrap", "--version")),
    ])


def bwrap(bench, root):
    """The least that a peer does for a command in a root: of the root's architecture, with qemu registered for it."""
    command = ["bwrap", "--unshare-all", "--bind", root, "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"]
    namespace = bench.namespace
    return Contender("bwrap", lambda: namespace.run(*command, **CPU))


def run(bench):
    root = bench.root
    return Case("run /bin/true, emulated", "ms", 40, [
        Contender("mangrove run", lambda: bench.mangrove("run", "--no-accelerate", "bench-run", "--", "/bin/true")),
        bwrap(bench, root),
    ])


def run_accelerated(bench):
    home = bench.accelerated
    return Case("run /bin/true, accelerated", "ms", 40, [
        Contender(
            "mangrove run", lambda: bench.mangrove("run", "--accelerate", "bench", "--", "/bin/true", home=home)),
        bwrap(bench, home / "roots" / "bench" / "rootfs"),
    ])


def run_native(bench):
    root = bench.native_root
    return Case("run /bin/true in a root of the host's architecture", "ms", 40, [
        Contender("mangrove run", lambda: bench.mangrove("run", "bench-native", "--", "/bin/true")),
        bwrap(bench, root),
    ])


def dispatch(bench):
    """One fork and exec of true, from a native shell."""
    home = bench.accelerated

    def loop(program, count):
        # A copy is in nobody's table.
        script = f'cp /usr/bin/true /tmp/true && for i in $(seq {count}); do {program}; done'

        def run():
            found = bench.mangrove("run", "--accelerate", "bench", "--", "dash", "-c", script, home=home)
            return Measurement(found.seconds / count, found.peak_kib)
        return run
    return Case("fork and exec", "ms", 10, [
        Contender("of a native program, by the dispatcher", loop("/usr/bin/true", 2000)),
        Contender("of that program, directly", loop("/run/mangrove/tools/usr/bin/true", 2000)),
        Contender("emulated", loop("/tmp/true", 100)),
    ])


def unpack(bench):
    place = bench.scratch / "peer"
    return Case("unpack", "s", 7, [
        bench.ours("--from", bench.base),
        bench.peer("bsdtar -xpf", "bsdtar", "-xpf", bench.base, "-C", place),
    ])


def create(bench):
    place, url = bench.scratch / "peer", bench.served
    script = (
        f"curl -sSfo {place}/base.tar.gz {url} && echo {bench.digest} {place}/base.tar.gz | sha256sum -c && "
        f"mkdir {place}/root && bsdtar -xpf {place}/base.tar.gz -C {place}/root")
    return Case("create over HTTP", "s", 7, [
        bench.ours("--from", url, "--sha256", bench.digest),
        bench.peer("curl, sha256sum, bsdtar", "sh", "-c", script),
    ])


def memory(bench):
    place, url = bench.scratch / "peer", bench.served
    script = f"curl -sSf {url} | bsdtar -xpf - -C {place}"
    return Case("peak memory of a create", "MiB", 3, [
        bench.ours("--from", url, "--sha256", bench.digest),
        bench.peer("curl | bsdtar (the larger)", "sh", "-c", script),
    ])


def sources(bench, codename):
    """The three suites of a release that mangrove takes packages from, as lines of a sources.list."""
    debian, security = bench.archives
    return [
        f"deb {debian} {codename} main", f"deb {debian} {codename}-updates main", f"deb {security} {codename}-security main"]


def bootstrap_of(bench, architecture, accelerated=False):
    place, namespace = bench.scratch / "peer", bench.namespace
    title = f"bootstrap debian:12 minbase, {architecture}"
    ours = bench.ours("debian:12", "--arch", architecture, "--no-accelerate")
    contenders = [ours]
    if accelerated:
        contenders.append(bench.ours_accelerated("debian:12", "--arch", architecture))
    return Case(title, "s", 1, contenders + [
        bench.peer(
            "mmdebstrap", "mmdebstrap", "--quiet", "--mode=root", f"--architectures={architecture}",
            "--variant=minbase", "bookworm", place / "root", *sources(bench, "bookworm"), runner=namespace, **CPU),
        # One suite only: it knows no others. It cannot make devices in a namespace; where it believes to be in lxc it
        # binds the host's.
        bench.peer(
            "debootstrap", "debootstrap", f"--arch={architecture}", "--variant=minbase", "bookworm", place / "root",
            *bench.mirror, runner=namespace, container="lxc", **CPU),
    ])


def bootstrap(bench):
    return bootstrap_of(bench, "arm64", accelerated=True)


def bootstrap_native(bench):
    """Of the architecture that nearly every host has; nothing is emulated there."""
    return bootstrap_of(bench, "amd64")


def first_root(bench):
    """What a user waits for before the first accelerated run."""
    place, namespace = bench.scratch / "peer", bench.namespace
    return Case("first root of debian:13 minbase, arm64", "s", 3, [
        bench.ours_first("debian:13", "--arch", "arm64"),
        bench.peer(
            "mmdebstrap", "mmdebstrap", "--quiet", "--mode=root", "--architectures=arm64", "--variant=minbase", "trixie",
            place / "root", *sources(bench, "trixie"), runner=namespace, **CPU),
    ])


def compare(bench, release, architecture):
    """What a minbase of mangrove's holds and one of mmdebstrap's does not, and the other way round."""
    place = bench.scratch / "peer"
    place.mkdir(exist_ok=True)
    theirs, ours = bench.scratch / "theirs.tar", bench.scratch / "ours.tar"
    codename = {"12": "bookworm", "13": "trixie"}.get(release, release)
    bench.namespace.run(
        "mmdebstrap", "--quiet", "--mode=root", f"--architectures={architecture}", "--variant=minbase", "--format=tar",
        codename, theirs, *sources(bench, codename), **CPU)
    bench.mangrove("create", "bench-compare", f"debian:{release}", "--arch", architecture)
    bench.mangrove("export", "bench-compare", ours)
    return contents.compare(contents.Tree(ours), contents.Tree(theirs))


CASES = {
    "start": start_up, "run": run, "run-accelerated": run_accelerated, "run-native": run_native,
    "dispatch": dispatch, "unpack": unpack, "create": create, "memory": memory,
    "bootstrap": bootstrap, "bootstrap-native": bootstrap_native, "first-root": first_root,
    **cases_refresh.CASES,
    **cases_images.CASES,
}
