# SPDX-License-Identifier: Apache-2.0
"""Compares binary packages with the archive's, and explains the differences by members, files and sections."""

import gzip
import hashlib
import io
import tarfile

import elf
import same_code
from runner import CommandFailed

# What has a say in what a package holds, where it is newer than the package.
TOOLCHAIN = (
    "binutils", "cmake", "cpp-12", "cpp-14", "debhelper", "dh-python", "dpkg-dev", "gcc-12", "gcc-14", "g++-12", "g++-14", "gettext",
    "help2man", "libc6-dev", "libdebhelper-perl", "meson", "perl", "po-debconf", "docbook-xsl", "dh-strip-nondeterminism",
    "libfile-stripnondeterminism-perl", "libtool", "autoconf", "automake", "texinfo", "xmlto", "xsltproc", "python3-docutils",
    "linux-libc-dev", "python3", "libpython3-dev", "libssl-dev", "libglib2.0-dev", "libxml2-dev",
)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Package:
    """A .deb (deb(5))."""

    def __init__(self, path):
        self.members = {name: content for name, _, content in elf.members(path.read_bytes())}
        # The header of each member has the time of the package's changelog.
        self.time = int(elf.members(path.read_bytes())[0][1][:12])

    def files(self):
        """By member and path: what tar says of a file, and its content."""
        found = {}
        for name, content in self.members.items():
            if ".tar" not in name:
                found[name] = ((), content)
                continue
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                for entry in archive:
                    data = archive.extractfile(entry).read() if entry.isreg() else b""
                    about = (entry.type, entry.mode, entry.uid, entry.gid, entry.uname, entry.gname, entry.linkname, entry.mtime)
                    found[f"{name.partition('.')[0]}: {entry.name.removeprefix('./')}"] = (about, data)
        return found


def packed(data):
    try:
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError):
        return data


# What is computed from debugging information, which itself is in another package.
IDENTIFIERS = "build-id and debug links only"


def content(path, mine, its):
    if mine[:4] == its[:4] == b"\x7fELF":
        found = [what for what in same_code.difference(path, mine, its).split(", ") if what not in ("", ".gnu_debugaltlink")]
        return ", ".join(found) or IDENTIFIERS
    if packed(mine) == packed(its):
        return "how it is compressed"
    return same_code.difference(path, packed(mine), packed(its)) or "members that are left out of comparisons"


def differences(ours, theirs):
    """In words; what follows from another difference (sums, sizes) only where there is no other."""
    ours, theirs = Package(ours).files(), Package(theirs).files()
    found, following = [], []
    for path in {**ours, **theirs}:
        mine, its = ours.get(path), theirs.get(path)
        if mine == its:
            continue
        if mine is None or its is None:
            found.append(f"{path}: only in {'ours' if its is None else 'the archive’s'}")
        elif mine[1] != its[1]:
            what = f"{path}: {content(path, mine[1], its[1])}"
            (following if path.endswith(": md5sums") else found).append(what)
        else:
            names = ("type", "mode", "owner", "group", "owner's name", "group's name", "link", "time")
            found.append(f"{path}: " + ", ".join(name for name, one, two in zip(names, mine[0], its[0]) if one != two))
    return found or following or ["how it is compressed"]


def compare(roots, source, root, ways):
    """For each binary package: whether it is the archive's in each of the ways, whether the ways agree, and what differs from the archive's."""
    names = sorted({path.name for place in ways.values() for path in place.glob("*.deb") if "-dbgsym_" not in path.name})
    wanted = []
    for name in names:
        package, version, architecture = name.removesuffix(".deb").split("_")
        wanted.append((name, package, version, architecture))
    archive = {}
    if wanted:
        found = roots.published([package for _, package, _, _ in wanted])
        archive = {
            (package, version.split(":", 1)[-1], architecture): (value, version)
            for (package, version, architecture), value in found.items()}
    packages = []
    for name, package, version, architecture in wanted:
        digests = {way: digest(place / name) if (place / name).exists() else None for way, place in ways.items()}
        theirs, full = archive.get((package, version, architecture), (None, version))
        one = {
            "file": name, "in archive": theirs is not None,
            "identical": {way: value == theirs for way, value in digests.items()} if theirs else {},
            "unlike": len(set(digests.values())) > 1,
        }
        if theirs and not all(one["identical"].values()):
            try:
                path = fetched(roots, package, full, architecture, theirs)
                way = next(way for way, same in one["identical"].items() if not same and digests[way])
                one["differences"] = differences(ways[way] / name, path)
                one["newer"] = newer(roots.described(root), Package(path).time)
            except (CommandFailed, StopIteration) as error:
                one["differences"] = [f"not examined: {error}"]
        if one["unlike"] and all(digests.values()):
            first, second = list(ways)[:2]
            one["between ways"] = differences(ways[first] / name, ways[second] / name)
        packages.append(one)
    return {"packages": packages}


def newer(described, time):
    """The tools of a root that are newer than a package."""
    return [
        f"{name} {described['packages'][name]}" for name in TOOLCHAIN
        if name in described["packages"] and described["times"].get(name, 0) > time]


def fetched(roots, package, version, architecture, sha256):
    directory = roots.directory / "published"
    directory.mkdir(exist_ok=True)
    for path in directory.glob(f"{package}_*_{architecture}.deb"):
        if digest(path) == sha256:
            return path
    roots.mangrove(
        "run", "--bind", f"{directory}:/published", "--workdir", "/published", roots.base, "--",
        "apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", f"{package}={version}")
    for path in directory.glob(f"{package}_*_{architecture}.deb"):
        if digest(path) == sha256:
            return path
    raise CommandFailed(f"{package} {version}: the mirror has no package of the index's digest")
