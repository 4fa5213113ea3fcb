# SPDX-License-Identifier: Apache-2.0
"""The cases about refreshing roots. What is new upstream is made so by setting a root back: its database names an older
version of a package, and its origin other indices than there are."""

import json
import re
import shutil
import subprocess

from bench import Case, Contender

ROOTS = 20
# With what they need some 250 packages of Debian 12.
PACKAGES = ("build-essential", "debhelper", "cmake", "git", "hello")


def set_back(directory):
    """Has the root in `directory` an older hello, and made from other indices."""
    status = directory / "rootfs" / "var" / "lib" / "dpkg" / "status"
    status.write_text(re.sub(r"(?m)(^Package: hello\n(?:.+\n)*?Version: ).*", r"\g<1>0", status.read_text()))
    origin = json.loads((directory / "origin.json").read_text())
    for index in origin["indices"]:
        index["sha256"] = "0" * 64
    (directory / "origin.json").write_text(json.dumps(origin))


# Tarballs laid out as three distros publish theirs: the index, its form, and the tarball.
LAYOUTS = {
    "ubuntu": ("releases/1.2/release/SHA256SUMS", "checksums", "ubuntu-base-{}-base-arm64.tar.gz"),
    "alpine": ("v1.2/releases/arm64/latest-releases.yaml", "alpine", "alpine-minirootfs-{}-arm64.tar.gz"),
    "void": ("live/current/sha256sum.txt", "checksums", "void-arm64-ROOTFS-{}.tar.gz"),
}


def publish(bench):
    """Puts the base on the loopback server in each of these layouts. Returns the file that describes them to mangrove."""
    directory, url = bench.site
    distros = {}
    for name, (index, form, tarball) in LAYOUTS.items():
        place = (directory / name / index).parent
        place.mkdir(parents=True)
        file = tarball.format("1.2.3")
        (place / file).symlink_to(bench.base)
        (directory / name / index).write_text(
            f"{bench.digest} *{file}\n" if form == "checksums" else
            f"---\n-\n  title: base\n  branch: v1.2\n  arch: arm64\n  version: 1.2.3\n"
            f"  flavor: alpine-minirootfs\n  file: {file}\n  sha256: {bench.digest}\n")
        below = index.rpartition("/")[0]
        distros[f"bench-{name}"] = {
            "title": name, "packageManager": "apt", "default": "1.2", "architectures": {"arm64": "arm64"},
            "tarball": {
                "mirrors": [f"{url}/{name}"], "index": {"form": form, "path": index},
                "file": tarball.format("{version}"), "path": f"{below}/{{file}}",
                "signature": {"over": "nothing", "reason": "measured only"}},
            "releases": {"1.2": {}}}
    path = directory / "distros.json"
    path.write_text(json.dumps({"version": 1, "distros": distros}))
    return path


def unchanged(bench):
    """Twenty roots of four distros, and the requests that are the least that there can be."""
    home = bench.accelerated
    roots = home / "roots"
    distros = publish(bench)
    for name in LAYOUTS:
        bench.mangrove("create", f"bench-{name}", f"bench-{name}", "--distros", distros, home=home)
        bench.at_end.append(lambda name=name: bench.mangrove("remove", f"bench-{name}", home=home))
    originals = ["bench", *(f"bench-{name}" for name in LAYOUTS)]
    copies = [f"{original}-{number}" for original in originals for number in range(1, ROOTS // len(originals))]
    for name in copies:
        original = name.rpartition("-")[0]
        # Nothing in their trees is looked at, but that they are there.
        shutil.copytree(roots / original, roots / name, symlinks=True, ignore=lambda path, names: (
            [each for each in names if each not in ("etc", "bin", "usr")] if path.endswith("/rootfs") else []))
        record = json.loads((roots / original / "root.json").read_text())
        (roots / name / "root.json").write_text(
            json.dumps({**record, "name": name, "path": str(roots / name / "rootfs")}))

    def refresh():
        return bench.mangrove("refresh", "--all", "--distros", distros, home=home)
    refresh()
    urls = [index["url"] for original in originals
            for index in json.loads((roots / original / "origin.json").read_text())["indices"]]
    script = " && ".join(f"curl -sSfo /dev/null -z 'Fri, 1 Jan 2100 00:00:00 GMT' '{url}'" for url in urls)

    def remove():
        for name in copies:
            shutil.rmtree(roots / name, ignore_errors=True)
    bench.at_end.append(remove)
    return Case(f"refresh of {ROOTS} roots of {len(originals)} distros, nothing new", "ms", 10, [
        Contender("mangrove refresh --all", refresh),
        Contender(f"curl, {len(urls)} requests in a row", lambda: bench.host.run("sh", "-c", script)),
    ])


def package(bench):
    """One newer package of many, beside making the root anew; the file system has no reflinks. That generations are deleted
    is no part of either."""
    home = bench.accelerated
    options = [word for name in PACKAGES for word in ("--package", name)]
    bench.mangrove("create", "bench-packages", "debian:12", *options, home=home)
    directory = home / "roots" / "bench-packages"
    bench.at_end.append(lambda: bench.mangrove("remove", "bench-packages", home=home))

    set_back(directory)
    count = subprocess.run(
        ["grep", "-c", "^Package: ", directory / "rootfs/var/lib/dpkg/status"], capture_output=True, text=True, check=True)
    return Case(f"one newer package of {count.stdout.strip()}", "s", 3, [
        Contender(
            "mangrove refresh", lambda: bench.mangrove("refresh", "--keep", "1000", "bench-packages", home=home),
            lambda: set_back(directory)),
        Contender(
            "mangrove create, all downloaded",
            lambda: bench.mangrove("create", "bench-again", "debian:12", *options, home=home),
            lambda: bench.mangrove("remove", "bench-again", home=home)),
    ])


def rollback(bench):
    home = bench.accelerated
    bench.mangrove("create", "bench-rollback", "debian:12", "--package", "hello", home=home)
    bench.at_end.append(lambda: bench.mangrove("remove", "bench-rollback", home=home))
    directory = home / "roots" / "bench-rollback"
    set_back(directory)
    bench.mangrove("refresh", "bench-rollback", home=home)
    turn = [2, 1]

    def there_and_back():
        turn.append(turn.pop(0))
        return bench.mangrove("rollback", "bench-rollback", str(turn[0]), home=home)
    return Case("rollback", "ms", 20, [Contender("mangrove rollback", there_and_back)])


CASES = {"refresh-unchanged": unchanged, "refresh-package": package, "rollback": rollback}
