# SPDX-License-Identifier: Apache-2.0
"""Compares a root that mangrove made with what mmdebstrap makes of the same suites: packages, versions, files."""

import hashlib
import re
import tarfile

# What differs by design. docs/archive.md says why.
KNOWN = [
    (r"dev/.*|run/lock", "a run has a /dev and a /run of its own"),
    (r"etc/(hostname|resolv\.conf|fstab)", "of the machine it is made on"),
    (r"etc/apt/sources\.list(\.d/.*)?", "where packages come from"),
    (r"var/cache/debconf/(config|templates)\.dat-old|var/lib/dpkg/(status|diversions)-old", "what there was before the last change"),
    (r"var/cache/ldconfig/aux-cache|var/log/(dpkg|alternatives)\.log", "deleted by mmdebstrap"),
    (r"var/(cache/apt/archives|lib/apt/lists)/(lock|partial)", "made by apt when it first runs"),
]

# Files whose lines, or paragraphs of lines, have the order in which packages were configured.
UNORDERED = ("etc/shells", "var/lib/apt/extended_states")


class Tree:
    """What a tar archive of a root holds."""

    def __init__(self, path):
        self.files, self.texts = {}, {}
        with tarfile.open(path) as archive:
            for entry in archive:
                name = entry.name.removeprefix("./").strip("/")
                if not name or name == ".":
                    continue
                kind = {tarfile.DIRTYPE: "directory", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "file"}.get(entry.type, "file")
                if entry.isdev():
                    kind = "device"
                content = entry.linkname if kind == "link" else ""
                if entry.isreg():
                    data = archive.extractfile(entry).read()
                    content = hashlib.sha256(data).hexdigest()
                    if name in ("var/lib/dpkg/status", "var/lib/apt/extended_states"):
                        self.texts[name] = data.decode()
                    if name in UNORDERED:
                        content = hashlib.sha256(b"".join(sorted(data.splitlines(True)))).hexdigest()
                elif entry.islnk():
                    content = self.files[entry.linkname.removeprefix("./").strip("/")][4]
                self.files[name] = (kind, entry.mode, entry.uid, entry.gid, content)

    @property
    def packages(self):
        found = {}
        # One paragraph a package.
        for paragraph in self.texts["var/lib/dpkg/status"].split("\n\n"):
            fields = dict(re.findall(r"^(\S+): (.*)$", paragraph, re.MULTILINE))
            if fields:
                found[fields["Package"]] = f"{fields['Version']} {fields['Architecture']} {fields['Status']}"
        return found

    @property
    def automatic(self):
        return set(re.findall(r"^Package: (\S+)$", self.texts.get("var/lib/apt/extended_states", ""), re.MULTILINE))


def known(name):
    return next((why for pattern, why in KNOWN if re.fullmatch(pattern, name)), None)


def compare(ours, theirs):
    """Lines that tell of each difference; (explained, unexplained)."""
    explained, unexplained = {}, []
    packages = (ours.packages, theirs.packages)
    for name in sorted(set(packages[0]) | set(packages[1])):
        mine, other = (side.get(name, "none") for side in packages)
        if mine != other:
            unexplained.append(f"package {name}: {mine}; mmdebstrap: {other}")
    for name in sorted(ours.automatic ^ theirs.automatic):
        unexplained.append(f"package {name}: automatic in {'mangrove' if name in ours.automatic else 'mmdebstrap'} only")
    for name in sorted(set(ours.files) | set(theirs.files)):
        mine, other = ours.files.get(name), theirs.files.get(name)
        if mine == other:
            continue
        if mine is None or other is None:
            what = f"{'mangrove' if other is None else 'mmdebstrap'} only"
        else:
            fields = ("kind", "mode", "owner", "group", "content")
            what = ", ".join(field for field, one, two in zip(fields, mine, other) if one != two) + " differ"
        why = known(name)
        if why:
            explained.setdefault(why, []).append(f"/{name} ({what})")
        else:
            unexplained.append(f"/{name}: {what}")
    return explained, unexplained
