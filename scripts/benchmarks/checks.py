# SPDX-License-Identifier: Apache-2.0
"""What projects' own tests say: the results of each test, in the output of automake's and CMake's test runners."""

import re

AUTOMAKE = re.compile(r"^(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): (.+)$", re.MULTILINE)
CTEST = re.compile(r"^ *\d+/\d+ Test +#\d+: (\S+) \.* *(?:\*\*\*)?(\w+)", re.MULTILINE)
GOOD = {"PASS", "SKIP", "XFAIL", "Passed"}


def results(output):
    """For each test how it ended."""
    found = {name.strip(): result for result, name in AUTOMAKE.findall(output)}
    found.update(dict(CTEST.findall(output)))
    return found


def compare(outputs):
    """`outputs`: by the way in which the tests were executed. The counts of each way, and what is not the same in all."""
    found = {way: results(output) for way, output in outputs.items()}
    counts = {way: {} for way in found}
    for way, tests in found.items():
        for result in tests.values():
            counts[way][result] = counts[way].get(result, 0) + 1
    names = sorted({name for tests in found.values() for name in tests})
    answers = {name: {way: tests.get(name, "not run") for way, tests in found.items()} for name in names}
    return {
        "counts": counts,
        "different": {name: answer for name, answer in answers.items() if len(set(answer.values())) > 1},
        "failed": sorted(name for name, answer in answers.items() if not GOOD.issuperset(answer.values())),
    }
