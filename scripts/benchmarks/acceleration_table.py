# SPDX-License-Identifier: Apache-2.0
"""The figures of acceleration as Markdown."""


def markdown(host, found):
    lines = [
        f"{host['cpu']}, {host['cores']} cores, Linux {host['kernel']}, {host['user']}; {'; '.join(host['programs'][:2])}; "
        + ", ".join(f"{way}: {version}" for way, version in found["compilers"].items()),
        "",
        f"Roots of {found['release']}; the emulated one is for {found['architecture']}.",
    ]
    for part, write in (
        ("projects", projects), ("projects", code), ("checks", tests), ("installation", installation), ("machine", machine)
    ):
        if part in found:
            lines += ["", *write(found[part])]
    return "\n".join(lines)


def times(measured):
    return f"{measured['seconds']:.1f} s ({measured['cpu']:.1f})" if measured else ""


def ratios(found):
    return f"{found['seconds']:.2f} ({found['cpu']:.2f})" if found["seconds"] else ""


def projects(found):
    yield "Elapsed seconds, and in brackets those of all processors."
    yield ""
    yield "| project | step | native | accelerated | emulated | accelerated / native | emulated / accelerated |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for project in found:
        for index, step in enumerate(("configure", "make", "both")):
            values = [times(project["ways"].get(way, {}).get(step)) for way in ("native", "accelerated", "emulated")]
            factors = [ratios(project["ratios"][step][name]) for name in ("accelerated/native", "emulated/accelerated")]
            yield f"| {' | '.join(['' if index else project['name'], step, *values, *factors])} |"
    yield ""
    for project in found:
        yield f"- {project['name']}: {project['about']}; rounds: {project['rounds']}, emulated 1."


def code(found):
    compared = [project for project in found if project["code"]]
    if not compared:
        return
    yield "Files made by the accelerated and by the emulated build: how many are the same without `.comment`, build-id and"
    yield "debug sections (objects, programs, archives) or times and random names (logs), and how many with them."
    yield ""
    yield "| project | what | files | the same | byte for byte |"
    yield "|---|---|--:|--:|--:|"
    for project in compared:
        for name, count in sorted(project["code"]["counts"].items()):
            yield f"| {project['name']} | {name} | {count['files']} | {count['same']} | {count['bytes_equal']} |"
    differences = [(project["name"], one) for project in compared for one in project["code"]["differences"]]
    yield ""
    yield f"Differences: {len(differences)}."
    for name, one in differences:
        yield f"- {name}, {one['kind']}: `{one['file']}`: {one['what']}"


def tests(found):
    yield "What the projects' own tests say:"
    yield ""
    yield "| project | command | way | results |"
    yield "|---|---|---|---|"
    for project in found:
        for way, counts in project["counts"].items():
            results = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
            yield f"| {project['name']} | `{project['command']}` | {way} | {results} |"
    yield ""
    for project in found:
        for name, answers in project["different"].items():
            yield f"- {project['name']}, `{name}`: " + ", ".join(f"{way}: {answer}" for way, answer in answers.items())


def installation(found):
    yield "`apt-get install build-essential` in a fresh root, packages downloaded before:"
    yield ""
    yield "| | elapsed | processors |"
    yield "|---|--:|--:|"
    for way, measured in found["ways"].items():
        yield f"| {way} | {measured['seconds']:.1f} s | {measured['cpu']:.1f} s |"
    if found["ratio"]:
        yield f"| emulated / accelerated | {found['ratio']['seconds']:.1f} | {found['ratio']['cpu']:.1f} |"
        yield ""
        yield f"The same packages are installed after it: {'yes' if found['same packages'] else 'no'}."


def machine(found):
    yield "What says what the machine is:"
    yield ""
    yield "| command | answer | as it must be |"
    yield "|---|---|---|"
    for one in found:
        answers = sorted(set(one["said"].values()))
        yield f"| `{one['command'].replace('|', chr(92) + '|')}` | {' / '.join(answers)} | {'yes' if one['right'] else 'no: ' + one['expected']} |"
