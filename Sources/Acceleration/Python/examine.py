# SPDX-License-Identifier: Apache-2.0
# What a native Python, isolated and without site, is given before "reviewed" or "unknown" and the arguments of the root's
# own: it starts again, natively if nothing that would be executed could depend on the machine, otherwise emulated. Until
# then nothing of the root's is executed but modules of the standard library.
import os
import sys

ARCHIVE = "/usr/lib/python3/dist-packages"
# Variables that affect only what the interpreter does itself.
VARIABLES = {
    "COERCECLOCALE", "DONTWRITEBYTECODE", "HASHSEED", "INTMAXSTRDIGITS", "IOENCODING", "NODEBUGRANGES", "NOUSERSITE", "OPTIMIZE",
    "PATH", "UNBUFFERED", "UTF8", "WARNINGS"}
# Modules of the standard library that are run by name (-m).
MODULES = {"base64", "compileall", "gzip", "json.tool", "py_compile", "tarfile", "tokenize", "zipfile"}
# Programs of the archive that are run by name; some with one of these options only.
PROGRAMS = {
    "asciidoc": (), "asciidoc.a2x": (), "build": ("--no-isolation", "-n", "-nx", "-nw", "-nwx"), "pip": ("--no-index",)}
# What those execute for a project's build backend (PEP 517).
HOOKS = (ARCHIVE + "/pep517/in_process/", ARCHIVE + "/pip/_vendor/", ARCHIVE + "/pyproject_hooks/_in_process/")
PRECEDENCE = (
    "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, '%s') == 'local';"
    " enabled and __import__('_distutils_hack').add_shim();")
CUSTOMIZE = """# install the apport exception handler if available
try:
    import apport_python_hook
except ImportError:
    pass
else:
    apport_python_hook.install()
"""


class Refused(Exception):
    """The root's own interpreter has to do it."""


def read(path):
    with open(path, "rb") as file:
        return file.read()


def refuse_if(condition):
    if condition:
        raise Refused


def names_in(directory):
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []


def examine_environment(environment):
    refuse_if(sys.version_info < (3, 11))
    for name, value in environment.items():
        if name.startswith(b"PYTHON"):
            # A category of warnings may be a module's.
            refuse_if(os.fsdecode(name[6:]) not in VARIABLES or (name == b"PYTHONWARNINGS" and b"." in value))
        refuse_if(name.startswith((b"_PYTHON", b"DIST_EXTRA_CONFIG")))
    # A virtual environment.
    refuse_if(not sys.executable or sys.prefix != "/usr")
    directory = os.path.dirname(sys.executable)
    for place in (directory, os.path.dirname(directory)):
        refuse_if(os.path.lexists(place + "/pyvenv.cfg"))


def examine_site(environment):
    """What is executed before any script (site); returns the directories of modules, before the standard library and after."""
    import site

    standard = [entry for entry in sys.path if not entry.endswith("/lib-dynload")]
    for entry in standard:
        refuse_if(entry.endswith(".zip") and os.path.lexists(entry))
    own = "" if b"PYTHONNOUSERSITE" in environment else site.getusersitepackages()
    refuse_if(own and os.path.lexists(own))
    found = [directory for directory in site.getsitepackages() if os.path.isdir(directory)]
    before = [os.path.abspath(entry) for entry in os.fsdecode(environment.get(b"PYTHONPATH", b"")).split(":") if entry]
    # An empty entry is the working directory.
    refuse_if(b"::" in b":" + environment.get(b"PYTHONPATH", b"x") + b":")
    refuse_if(any(entry.endswith("/lib-dynload") or os.path.isfile(entry) for entry in before))
    for directory in before + standard + found:
        for name in names_in(directory):
            stem = name.partition(".")[0]
            refuse_if(stem in ("usercustomize", "apport_python_hook"))
            if stem == "sitecustomize":
                refuse_if(name != "sitecustomize.py" or directory not in standard)
                refuse_if(read(f"{directory}/{name}").decode() != CUSTOMIZE)
            if name.endswith(".pth") and directory in found:
                for line in read(f"{directory}/{name}").decode().splitlines():
                    line = line.rstrip()
                    refuse_if(line and line[0] != "#" and line not in (PRECEDENCE % "stdlib", PRECEDENCE % "local"))
    return before, found


def examine_shadows(directory, others):
    """Modules beside the script that are found before those of the same names, which reviewed ones may import."""
    for name in names_in(directory):
        stem, dot, rest = name.partition(".")
        if (stem in sys.stdlib_module_names and stem != "test") or stem in others:
            # A directory without __init__ is found last.
            refuse_if(dot and (rest in ("py", "pyc") or rest.endswith("so")))
            refuse_if(not dot and any(inner.startswith("__init__.") for inner in names_in_directory(f"{directory}/{name}")))


def names_in_directory(path):
    return names_in(path) if os.path.isdir(path) else []


def examine(word, arguments, environment):
    examine_environment(environment)
    before, after = examine_site(environment)
    given = arguments[0]
    refuse_if(given.endswith(".pyc"))
    first = os.getcwd() if given in ("-c", "-m") else os.path.dirname(os.path.realpath(given))
    project = [first] + before
    # Which modules a reviewed script imports is not known here.
    refuse_if(word == "reviewed" and before)
    others = ()
    if given == "-m" and arguments[1] in PROGRAMS:
        options = PROGRAMS[arguments[1]]
        refuse_if(options and not any(option in arguments for option in options))
        project += [directory for directory in after if directory != ARCHIVE]
        others = {name.partition(".")[0] for name in names_in(ARCHIVE)}
        refuse_if(arguments[1].partition(".")[0] not in others)
        if arguments[1] != "build" and arguments[1] != "pip":
            code = {"refuse_if": refuse_if, "read": read}
            exec(compile(read("{place}/examine_asciidoc.py"), "examine_asciidoc.py", "exec"), code)
            code["examine_asciidoc"](arguments[1], arguments[2:])
    elif word == "unknown" and not (given == "-m" and arguments[1] in MODULES):
        refuse_if(given == "-m")
        code = {"Refused": Refused, "refuse_if": refuse_if, "read": read, "names_in": names_in}
        for name in ("examine_code.py", "examine_setup.py"):
            exec(compile(read(f"{place}/{name}"), name, "exec"), code)
        others = code["REVIEWED"]
        if given.endswith("/_in_process.py") and os.path.realpath(given).startswith(HOOKS):
            project[0] = os.getcwd()
            code["examine_hook"](arguments, environment, project + after, ARCHIVE)
        else:
            text = arguments[1].encode() if given == "-c" else read(given)
            code["examine"](text, arguments, project + after, ARCHIVE)
    for directory in project:
        examine_shadows(directory, others)


def program(directory):
    """The interpreter in `directory`, by the name that this one has."""
    real = f"{directory}/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    called = f"{directory}/usr/bin/{os.fsdecode(read('/proc/self/comm').rstrip())}"
    return called if os.path.exists(called) and os.path.samefile(called, real) else real


def main():
    given = read("/proc/self/cmdline").split(b"\0")[:-1]
    own, (word, *rest) = given[0], given[4:]
    # The first of a name counts.
    variables = [one.partition(b"=")[::2] for one in read("/proc/self/environ").split(b"\0") if one.partition(b"=")[0]]
    try:
        examine(word.decode(), [os.fsdecode(one) for one in rest], dict(reversed(variables)))
    except Exception:
        # qemu reverses them again.
        os.execve(program("{emulated}"), [own, *rest], dict(reversed(variables)))
    os.execve(program("{tools}"), [own, b"{place}/start.py", *rest], dict(variables))


main()
