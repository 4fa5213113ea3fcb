# SPDX-License-Identifier: Apache-2.0
# Whether setup(), where examined code calls it, loads nothing else: commands, plugins and what a project's configuration
# names. In the names of examine_code.py.
import os

# Commands of setup() that load nothing but what they are asked to build.
COMMANDS = {
    "bdist", "bdist_dumb", "bdist_wheel", "build", "build_clib", "build_ext", "build_py", "build_scripts", "check", "clean", "dist_info",
    "egg_info", "install", "install_data", "install_egg_info", "install_headers", "install_lib", "install_scripts", "sdist"}
NEVER = {
    "alias", "bdist_egg", "bdist_rpm", "develop", "easy_install", "editable_wheel", "register", "rotate", "saveopts", "setopt", "test",
    "upload", "upload_docs"}
GROUPS = ("distutils.", "setuptools.", "egg_info.", "dist_info.")


class ProjectExaminer(Examiner):
    def examine_setup(self, words):
        refuse_if(self.locate("Cython"))
        refuse_if(any(word in NEVER or word.replace("_", "-").startswith("--command-packages") for word in words))
        refuse_if("install" in words and not any(word.startswith(("--root", "--single-version")) for word in words))
        refuse_if("--help-commands" in words or (("-r" in words or "--restructuredtext" in words) and self.locate("docutils")))
        for directory in self.path:
            for name in names_in(directory):
                if not name.endswith((".egg-info", ".dist-info")) or (
                        directory == self.archive and name.startswith(("setuptools-", "wheel-"))):
                    continue
                self.examine_entry_points(f"{directory}/{name}/entry_points.txt")
        for file in (
                os.path.expanduser("~/.pydistutils.cfg"), f"{os.path.dirname(os.__file__)}/distutils/distutils.cfg",
                f"{self.archive}/setuptools/_distutils/distutils.cfg"):
            refuse_if(contents(file))
        for file in ("setup.cfg", "pyproject.toml"):
            self.examine_configuration(contents(file))

    def examine_entry_points(self, file):
        group = ""
        for line in contents(file).splitlines():
            line = line.strip()
            if line.startswith("["):
                group = line.strip("[] ")
            elif line and line[0] not in "#;" and group.startswith(GROUPS):
                refuse_if(group != "distutils.commands" or line.partition("=")[0].strip() in COMMANDS)

    def examine_configuration(self, text):
        # They name code: modules that are imported for a version, commands, packages of commands.
        for word in ("cmdclass", "command_packages", "command-packages", "aliases", "setup_requires", "setup-requires"):
            refuse_if(word in text)
        for line in text.splitlines():
            key, sign, value = line.partition("=")
            if not sign:
                key, sign, value = "", "", line
            if "attr" not in value.replace("attrs", "") and key.strip() != "attr":
                continue
            name = value.split("attr", 1)[-1].strip(" :={}\"'\t")
            refuse_if(not all(part.isidentifier() for part in name.split(".")) or "." not in name)
            self.examine_attribute(*name.rpartition(".")[::2])

    def examine_attribute(self, name, attribute):
        any_found = False
        for directory in (".", "src", "lib"):
            for end in (".py", "/__init__.py"):
                file = f"{directory}/{name.replace('.', '/')}{end}"
                source = contents(file).encode()
                if source:
                    any_found = True
                    # setuptools imports the module only where it cannot read the value.
                    if not assigns_constant(source, attribute):
                        self.examine(source, name if end == "/__init__.py" else name.rpartition(".")[0])
        refuse_if(not any_found)


def assigns_constant(source, name):
    for statement in compile(source, "", "exec", 0x400, dont_inherit=True).body:
        targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
        if type(statement).__name__ in ("Assign", "AnnAssign") and any(getattr(one, "id", None) == name for one in targets):
            return type(statement.value).__name__ == "Constant"
    return False


def contents(path):
    try:
        return read(path).decode()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def examiner(path, archive):
    import _warnings

    # The compiler's are for the script's user, once.
    _warnings.filters.insert(0, ("ignore", None, Warning, None, 0))
    return ProjectExaminer(path, archive)


def examine(source, arguments, path, archive):
    one = examiner(path, archive)
    one.examine(source)
    if one.sets_up:
        one.examine_setup(arguments[1:])


def examine_hook(arguments, environment, path, archive):
    """setuptools, called as a build backend in the project's directory: it executes setup.py."""
    backends = [value for name, value in environment.items() if name.endswith(b"_BUILD_BACKEND")]
    refuse_if(not backends or any(one not in (b"setuptools.build_meta", b"setuptools.build_meta:__legacy__") for one in backends))
    refuse_if(any(name.endswith(b"_BACKEND_PATH") for name in environment) or "editable" in arguments[1])
    given = contents(f"{arguments[2]}/input.json")
    refuse_if("option" in given)
    one = examiner(path, archive)
    one.load("setuptools")
    one.load("wheel")
    one.examine(contents("setup.py").encode())
    one.examine_setup([])
