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


def unchanged(bench):
    """Twenty roots of one archive, and the requests that are the least that there can be."""
    home = bench.accelerated
    roots = home / "roots"
    original = json.loads((roots / "bench" / "root.json").read_text())
    for number in range(1, ROOTS):
        name = f"bench-{number}"
        # Nothing in their trees is looked at, but that they are there.
        shutil.copytree(roots / "bench", roots / name, symlinks=True, ignore=lambda path, names: (
            [each for each in names if each not in ("etc", "bin", "usr")] if path.endswith("/rootfs") else []))
        (roots / name / "root.json").write_text(
            json.dumps({**original, "name": name, "path": str(roots / name / "rootfs")}))
    bench.mangrove("refresh", "--all", home=home)
    origin = json.loads((roots / "bench" / "origin.json").read_text())
    script = " && ".join(
        f"curl -sSfo /dev/null -z 'Fri, 1 Jan 2100 00:00:00 GMT' '{index['url']}'" for index in origin["indices"])

    def remove():
        for number in range(1, ROOTS):
            shutil.rmtree(roots / f"bench-{number}", ignore_errors=True)
    bench.at_end.append(remove)
    return Case(f"refresh of {ROOTS} roots, nothing new", "ms", 10, [
        Contender("mangrove refresh --all", lambda: bench.mangrove("refresh", "--all", home=home)),
        Contender("curl, one request for each index", lambda: bench.host.run("sh", "-c", script)),
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
