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
    """What is not the archive's, why, and what failed."""
    for one in packages:
        for way in ("accelerated", "emulated"):
            if one.get(way, {}).get("failed"):
                yield f"- {one['name']}, {way}, failed: `{' / '.join(one[way].get('log', [])[-3:])[:400]}`"
        for file in one["compared"]["packages"]:
            name = file["file"]
            if not file["in archive"]:
                yield f"- {name}: the archive has no package of this version."
            elif file.get("differences"):
                newer = file.get("newer")
                why = f" Newer in the root than the package: {', '.join(newer)}." if newer else ""
                both = {True: " Accelerated and emulated are not the same.", False: ""}[file["unlike"]]
                same = " The emulated build differs as much." if len(file["identical"]) > 1 and not file["unlike"] else ""
                yield f"- {name}: {shown(file['differences'])}.{why}{both}{same}"
            if file.get("between ways"):
                yield f"- {name}, accelerated against emulated: {shown(file['between ways'])}."


def shown(found):
    few = "; ".join(f"`{what[:200]}`" for what in found[:4])
    return few + (f" and {len(found) - 4} others" if len(found) > 4 else "")
