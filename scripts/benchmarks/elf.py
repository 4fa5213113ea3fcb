# SPDX-License-Identifier: Apache-2.0
"""What is in an ELF file or an archive of such, without the sections that say who made it and how to debug it.

The files are read, not rewritten, so no other program's idea of stripping is in the result (elf(5), ar(5)).
"""

import struct
from collections import Counter

SYMBOLS, RELOCATIONS_WITH_ADDENDS, RELOCATIONS, GROUP, DYNAMIC_SYMBOLS, INDICES = 2, 4, 9, 17, 11, 18
STRINGS, NOTHING = 3, 8


def is_left_out(name):
    return name in (".comment", ".note.gnu.build-id", ".gnu_debuglink") or name.startswith(
        (".debug", ".rela.debug", ".rel.debug", ".zdebug", ".rela.zdebug"))


class NotELF(Exception):
    pass


class Layout:
    """How the structures of 32-bit and of 64-bit files are laid out."""

    def __init__(self, wide):
        self.wide = wide
        self.header = "<HHIQQQIHHHHHH" if wide else "<HHIIIIIHHHHHH"
        self.section = "<IIQQQQIIQQ" if wide else "<IIIIIIIIII"
        self.symbol = 24 if wide else 16
        self.relocation = "<QQ" if wide else "<II"
        self.addend = "q" if wide else "i"

    def read_symbol(self, data, offset):
        """Name, info, other, section, value and size."""
        if self.wide:
            return struct.unpack_from("<IBBHQQ", data, offset)
        name, value, size, info, other, place = struct.unpack_from("<IIIBBH", data, offset)
        return name, info, other, place, value, size

    def split(self, what):
        """A relocation's symbol and its type."""
        return (what >> 32, what & 0xFFFFFFFF) if self.wide else (what >> 8, what & 0xFF)


class Section:
    def __init__(self, fields):
        (self.name, self.kind, self.flags, self.address, self.offset, self.size, self.link, self.info,
         self.alignment, self.entry) = fields


def contents(data):
    """All parts of a little-endian ELF file that are compared, by a name for each."""
    if data[:4] != b"\x7fELF" or data[4] not in (1, 2) or data[5] != 1:
        raise NotELF()
    layout = Layout(data[4] == 2)
    header = struct.unpack_from(layout.header, data, 16)
    programs, table, program_size, program_count, section_size, section_count, names = (
        header[4], header[5], *header[8:13])
    sections = [
        Section(struct.unpack_from(layout.section, data, table + index * section_size))
        for index in range(section_count)]

    def text(offset):
        return data[offset:data.index(b"\0", offset)].decode()

    for section in sections:
        section.name = text(sections[names].offset + section.name) if section.kind else ""
    # Sections may have the same name, those of several functions for example.
    seen, titles = Counter(), []
    for section in sections:
        titles.append(f"{section.name}#{seen[section.name]}" if seen[section.name] else section.name)
        seen[section.name] += 1

    def title(index):
        return titles[index] if index < len(titles) else index

    def symbols(of):
        found = []
        for offset in range(of.offset, of.offset + of.size, layout.symbol):
            name, info, other, place, value, size = layout.read_symbol(data, offset)
            found.append((text(sections[of.link].offset + name), info, other, title(place), value, size))
        return found

    parts = {
        "header": (data[:16], header[:4], header[6], header[7]),
        "segments": data[programs:programs + program_size * program_count],
    }
    for section, name in zip(sections, titles):
        if is_left_out(section.name) or section.kind in (0, STRINGS) and not section.flags:
            continue  # the strings are compared where they are used
        raw = b"" if section.kind == NOTHING else data[section.offset:section.offset + section.size]
        size = section.size
        info = section.info
        if section.kind in (SYMBOLS, DYNAMIC_SYMBOLS):
            raw = [one for one in symbols(section) if not is_left_out(str(one[3]))]
            size = len(raw)
            info = sum(1 for one in raw if one[1] >> 4 == 0)
        elif section.kind in (RELOCATIONS, RELOCATIONS_WITH_ADDENDS) and section.link:
            table_of = symbols(sections[section.link])
            step = layout.relocation + (layout.addend if section.kind == RELOCATIONS_WITH_ADDENDS else "")
            raw = [
                (place, layout.split(what)[1], table_of[layout.split(what)[0]], *rest)
                for place, what, *rest in struct.iter_unpack(step, raw)]
            info = title(section.info)
        elif section.kind == GROUP:
            words = [word for word, in struct.iter_unpack("<I", raw)]
            raw = (words[0], [titles[word] for word in words[1:] if not is_left_out(sections[word].name)])
            size = len(raw[1])
            info = symbols(sections[section.link])[section.info]
        elif section.kind == INDICES:
            continue
        parts[name] = (
            section.kind, section.flags, section.address, size, section.alignment, section.entry,
            title(section.link), info, raw)
    parts["order"] = [name for name in titles if name in parts]
    return parts


def difference(one, other):
    """Where two ELF files differ beside what is left out, in words; nothing where they do not."""
    one, other = contents(one), contents(other)
    differing = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return ", ".join(differing)


def members(data):
    """Those of an ar(5) archive, in order: name, what else its header says, and content."""
    if data[:8] != b"!<arch>\n":
        raise NotELF()
    at, found, names = 8, [], b""
    while at + 60 <= len(data):
        name, rest, size = data[at:at + 16].rstrip(), data[at + 16:at + 48], int(data[at + 48:at + 58])
        content = data[at + 60:at + 60 + size]
        if name == b"//":
            names = content
        elif name not in (b"/", b"/SYM64/"):  # the index follows from the members
            if name[:1] == b"/":
                start = int(name[1:])
                name = names[start:names.index(b"\n", start)]
            found.append((name.rstrip(b"/").decode(), rest, content))
        at += 60 + size + size % 2
    return found
