# SPDX-License-Identifier: Apache-2.0
"""The figures of building Debian's packages as Markdown."""

import statistics


def markdown(host, results):
    lines = [f"{host['cpu']}, {host['cores']} cores, Linux {host['kernel']}, {host['user']}; {'; '.join(host['programs'][:2])}."]
    for result in results:
        lines += ["", f"### {result['release']}, {result['architecture']}", "", *summary(result["packages"]), ""]
        lines += table(result["packages"])
        lines += ["", *differences(result["packages"])]
    return "\n".join(lines)


def builds(packages, way):
    return [one[way] for one in packages if way in one]


def ratio(one, unit):
    ways = one.get("accelerated", {}), one.get("emulated", {})
    return ways[1][unit] / ways[0][unit] if all(unit in way for way in ways) else None


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def summary(packages):
    compared = [file for one in packages for file in one["compared"]["packages"]]
    published = [file for file in compared if file["in archive"]]
    yield f"- {len(packages)} source packages, {len(compared)} binary packages."
    for way in ("accelerated", "emulated"):
        found = builds(packages, way)
        if not found:
            continue
        good = [build for build in found if not build["failed"]]
        same = [file for file in published if file["identical"].get(way)]
        of = [file for file in published if way in file["identical"]]
        seconds = median(build["seconds"] for build in good)
        yield (
            f"- {way}: {len(found)} builds, {len(found) - len(good)} failed; {len(same)} of {len(of)} binary packages are the archive's, bit for bit"
            + (f"; median {seconds:.1f} s." if good else "."))
    ratios = [(ratio(one, "seconds"), ratio(one, "cpu")) for one in packages if ratio(one, "seconds")]
    if ratios:
        yield (
            f"- emulated / accelerated, median of {len(ratios)}: {median(one for one, _ in ratios):.1f} (processors: "
            f"{median(one for _, one in ratios):.1f}).")
    both = [file for file in compared if len(file.get("identical", {})) > 1 or file["unlike"]]
    unlike = [file for file in both if file["unlike"]]
    if both:
        yield f"- accelerated and emulated builds of the same package that differ: {len(unlike)} of {len(both)} binary packages."


def time(build):
    if not build:
        return ""
    return "failed" if build["failed"] else f"{build['seconds']:.1f} s ({build['cpu']:.1f})"


def table(packages):
    yield "| source | kind | packages | identical | accelerated | emulated | ratio |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for one in packages:
        files = one["compared"]["packages"]
        published = [file for file in files if file["in archive"]]
        way = "accelerated" if "accelerated" in one else "emulated"
        same = sum(1 for file in published if file["identical"].get(way))
        factor = ratio(one, "seconds")
        yield "| " + " | ".join((
            f"{one['name']} {one['version']}", one["kind"], str(len(files)), str(same), time(one.get("accelerated")),
            time(one.get("emulated")), f"{factor:.1f} ({ratio(one, 'cpu'):.1f})" if factor else "")) + " |"


def differences(packages):
    """What failed, what is not the archive's, and why."""
    for one in packages:
        for way in ("accelerated", "emulated"):
            if one.get(way, {}).get("failed"):
                yield f"- {one['name']}, {way}, failed: `{' / '.join(one[way].get('log', [])[-3:])[:400]}`"
    files = [file for one in packages for file in one["compared"]["packages"]]
    missing = [name(file) for file in files if not file["in archive"]]
    if missing:
        yield f"- Not in the archive in this version: {', '.join(missing)}."
    different = [file for file in files if file.get("differences")]
    worse = [file for file in different if file["identical"].get("emulated") and not file["identical"].get("accelerated")]
    dependencies = [file for file in different if file not in worse and all(is_dependency(what) for what in file["differences"])]
    if dependencies:
        yield (
            "- Nothing but the version of a package in `Depends`, of which the root has a newer one than there was when the archive's was built: "
            + ", ".join(map(name, dependencies)) + ".")
    for file in different:
        if file in dependencies:
            continue
        said = f"- {name(file)}: {shown(file['differences'])}."
        if file in worse:
            said += " **The emulated build is the archive's.**"
        elif len(file["identical"]) > 1 and not file["unlike"]:
            said += " The emulated build is the same as the accelerated one."
        if file.get("newer") and file not in worse:
            said += f" Newer in the root than the archive's package: {', '.join(file['newer'])}."
        yield said
    for file in files:
        if file.get("between ways") and file not in worse:
            yield f"- {name(file)}, accelerated against emulated: {shown(file['between ways'])}."


def name(file):
    return file["file"].partition("_")[0]


def is_dependency(what):
    return what.startswith("control: control: 2 lines: -Depends: ")


def shown(found):
    few = "; ".join(f"`{what[:200]}`" for what in found[:3])
    return few + (f" and {len(found) - 3} others" if len(found) > 3 else "")
