# SPDX-License-Identifier: Apache-2.0
# Whether asciidoc, or a2x, evaluates nothing that a document or a configuration file has of Python: "eval" in macros and
# attributes. It is refused wherever such a file could be found that has the word in it.
import os

# a2x executes its configuration; plugins are installed.
REFUSED = ("--conf-file", "--backend", "--doctest", "--filter", "--theme", "install", "remove", "build")
LIMIT = 4000


def examine_text(text):
    """What is included has to be below the document's directory."""
    refuse_if(b"eval:" in text or b"eval3:" in text)
    for part in text.split(b"include")[1:]:
        mark, sign, target = part.partition(b"\n")[0].partition(b":")
        if sign and mark in (b"", b"1"):
            target = target.lstrip(b":")
            refuse_if(target[:1] in (b"/", b"~") or any(sign in target.partition(b"[")[0] for sign in (b"..", b"{", b"$")))


def examine_asciidoc(name, words):
    refuse_if(not words or not os.path.isfile(words[-1]) or os.path.lexists(os.path.expanduser("~/.asciidoc")))
    directory = os.path.dirname(os.path.realpath(words[-1]))
    for word in words:
        refuse_if("eval" in word or (name == "asciidoc.a2x" and word.startswith(REFUSED)) or word in REFUSED)
        # The arguments of options are files, too.
        for path in (word, word.partition("=")[2], word[2:]):
            if path and os.path.isfile(path):
                examine_text(read(path))
    count = 0
    for place, _, names in os.walk(directory, followlinks=True):
        count += len(names) + 1
        refuse_if(count > LIMIT)
        for name in names:
            if os.path.isfile(f"{place}/{name}"):
                examine_text(read(f"{place}/{name}"))
