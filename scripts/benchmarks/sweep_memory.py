# SPDX-License-Identifier: Apache-2.0
"""What came of uses emulated, kept for the next sweep of the same root: acceleration does not change it."""

import base64
import hashlib
import json
import os
from pathlib import Path

from sweep_uses import DATA, Result


class Memory:
    """Of one root, as it was created, and of the driver and the interpreter that it was made with."""

    def __init__(self, directory, root, record, interpreter):
        driver = (DATA / "driver.sh").read_bytes()
        self.made = hashlib.sha256(driver + record + interpreter).hexdigest()
        self.path = directory / f"{root}.json"
        self.known = {}
        try:
            found = json.loads(self.path.read_text())
            if found["made"] == self.made:
                self.known = found["uses"]
        except (OSError, ValueError, KeyError):
            pass

    @staticmethod
    def key(use):
        return hashlib.sha256(os.fsencode(use.command)).hexdigest()

    def result(self, use):
        found = self.known.get(self.key(use))
        return found and Result(*map(base64.b64decode, found))

    def keep(self, uses, results):
        for use, result in zip(uses, results):
            self.known[self.key(use)] = [base64.b64encode(part).decode() for part in (result.out, result.err, result.status)]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps({"made": self.made, "uses": self.known}))
        part.rename(self.path)


def record(home, root):
    """What says which root it is: made anew, it is another."""
    return Path(home / "roots" / root / "root.json").read_bytes()
