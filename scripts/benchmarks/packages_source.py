# SPDX-License-Identifier: Apache-2.0
"""Source packages and what the archive has built from them, as apt in a root knows them."""

import hashlib
import re
import urllib.error
import urllib.request
from dataclasses import dataclass

from runner import CommandFailed


def paragraphs(text):
    """Those of deb822(5), each a dictionary; lines that continue a field are joined to it."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields, name = {}, None
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t"):
                fields[name] += "\n" + line
            elif ":" in line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        if fields:
            found.append(fields)
    return found


@dataclass(frozen=True)
class File:
    url: str
    name: str
    sha256: str

    def fetch(self, directory):
        path = directory / self.name
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256:
            return
        try:
            with urllib.request.urlopen(self.url) as answer:
                content = answer.read()
        except (urllib.error.URLError, OSError) as error:
            raise CommandFailed(f"{self.url}: {error}") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise CommandFailed(f"{self.url}: its SHA-256 is not {self.sha256}")
        part = path.with_name(path.name + ".part")
        part.write_bytes(content)
        part.rename(path)


class Source:
    """One that is the candidate of apt in a root.

    Its .dsc is written from the archive's signed index, without signatures of others: not every mirror has these.
    """

    def __init__(self, name, output):
        """`output`: executes a command in the root, and returns what it writes."""
        self.name = name
        uris = re.findall(r"^'(\S+)' (\S+) \d+ ", output("apt-get", "source", "--print-uris", "-q", "-q", name), re.MULTILINE)
        descriptions = [file for _, file in uris if file.endswith(".dsc")]
        if not descriptions:
            raise CommandFailed(f"{name}: apt knows no source of it")
        self.description = descriptions[0]
        self.fields = next(
            fields for fields in paragraphs(output("apt-cache", "showsrc", "--only-source", name))
            if f" {self.description}" in fields.get("Checksums-Sha256", ""))
        digests = {
            file: digest for digest, _, file in map(str.split, self.fields["Checksums-Sha256"].strip().splitlines())}
        self.left_out = {file for file in digests if file.endswith((".dsc", ".asc"))}
        self.files = [File(url, file, digests[file]) for url, file in uris if file not in self.left_out]
        self.version = self.fields["Version"]

    @property
    def directory(self):
        """What dpkg-source calls it."""
        upstream = self.version.split(":", 1)[-1]
        if "quilt" in self.fields["Format"] or self.fields["Format"] == "1.0" and len(self.files) > 1:
            upstream = upstream.rpartition("-")[0]
        return f"{self.fields['Package']}-{upstream}"

    @property
    def build_dependencies(self):
        return "\n".join(
            f"{name}: {' '.join(value.split())}" for name, value in sorted(self.fields.items())
            if name.startswith(("Build-Depends", "Build-Conflicts")))

    def fetch(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        for file in self.files:
            file.fetch(directory)
        lines = ["Files:"]
        for file in self.files:  # not every index has MD5 sums, which dpkg-source wants
            content = (directory / file.name).read_bytes()
            lines.append(f" {hashlib.md5(content, usedforsecurity=False).hexdigest()} {len(content)} {file.name}")
        for name, value in self.fields.items():
            if name.startswith("Checksums-"):
                value = "\n".join(line for line in value.splitlines() if not self.left_out.intersection(line.split()))
            if name not in ("Directory", "Files", "Priority", "Section"):
                lines.append(f"{'Source' if name == 'Package' else name}: {value}")
        (directory / self.description).write_text("\n".join(lines) + "\n")


def published(names, output):
    """By name, version and architecture, the digest of the archive's binary packages; those that it lacks are left out."""
    found = {}
    for fields in paragraphs(output("sh", "-c", 'apt-cache show "$@" 2>/dev/null || true', "sh", *names)):
        if "SHA256" in fields:
            found[fields["Package"], fields["Version"], fields["Architecture"]] = fields["SHA256"]
    return found
