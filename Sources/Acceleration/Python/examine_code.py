# SPDX-License-Identifier: Apache-2.0
# Whether Python code does nothing that could depend on the machine: it imports only what is reviewed, or examined as
# well, and uses no name by which it could get at anything else. Whatever is not known is refused.
import sys

# Packages of the archive that are reviewed.
REVIEWED = {"_distutils_hack", "pkg_resources", "setuptools", "wheel"}
# Those that they, or code for other systems and versions, try to import; a project makes no modules of these names.
OPTIONAL = {
    "ConfigParser", "Cython", "StringIO", "__builtin__", "_winreg", "babel", "cStringIO", "cx_Freeze", "msvcrt", "numpy", "py2app",
    "py2exe", "pytest", "setuptools", "setuptools_rust", "setuptools_scm", "sphinx", "urllib2", "urlparse", "wheel", "win32api", "winreg"}
STANDARD = {
    "__future__", "abc", "argparse", "ast", "atexit", "base64", "binascii", "bisect", "codecs", "collections", "configparser",
    "contextlib", "copy", "csv", "dataclasses", "datetime", "difflib", "distutils", "email", "enum", "errno", "fcntl", "filecmp",
    "fnmatch", "functools", "getopt", "getpass", "glob", "grp", "gzip", "hashlib", "heapq", "html", "imp", "inspect", "io", "itertools", "json",
    "keyword", "locale", "logging", "numbers", "operator", "optparse", "os", "pathlib", "platform", "posixpath", "pprint", "pwd",
    "queue", "re", "shlex", "shutil", "signal", "stat", "string", "subprocess", "sys", "sysconfig", "tarfile", "tempfile", "textwrap",
    "threading", "time", "token", "tokenize", "traceback", "types", "typing", "unicodedata", "warnings", "weakref", "xml", "zipfile",
    "zlib"}
DOTTED = {"concurrent.futures", "multiprocessing", "urllib.parse"}
# What loads, by name, what is not seen here.
LOADING = {"logging.config", "setuptools.sandbox", "setuptools.build_meta", "distutils.core.run_setup"}

NAMES = {
    "__builtins__", "__import__", "__loader__", "__spec__", "MemoryError", "RecursionError", "breakpoint", "builtins", "compile", "complex", "eval",
    "exec", "frozenset", "globals", "hash", "help", "id", "ipow", "locals", "memoryview", "pow", "set", "vars"}
ATTRIBUTES = {
    # They import or execute.
    "SourceFileLoader", "SourcelessFileLoader", "ExtensionFileLoader", "EntryPoint", "exec_module", "fetch_build_egg",
    "fetch_build_eggs", "find_loader", "find_spec", "get_entry_info", "get_entry_map", "get_module_constant", "import_module",
    "iter_entry_points", "load_compiled", "load_dynamic", "load_entry_point", "load_module", "load_package", "load_source", "reload", "module_from_spec", "run_module", "run_path", "run_script", "run_setup",
    "spec_from_file_location", "spec_from_loader", "walk_packages", "Require", "working_set", "addsitedir", "addpackage", "addaudithook",
    "command_packages", "set_executable", "set_start_method", "get_context", "set_forkserver_preload",
    # They reach what was not named.
    "Formatter", "ForwardRef", "eval_str", "get_field", "get_type_hints", "attrgetter", "methodcaller", "modules", "meta_path", "path_hooks", "path_importer_cache", "sys", "_sys", "builtins", "math", "_math", "ctypes", "CodeType",
    "FunctionType", "_getframe", "f_back", "f_globals", "f_locals", "f_builtins", "tb_frame", "gi_frame", "cr_frame",
    # They see the frames below the script, or how many there may be.
    "excepthook", "extract_stack", "format_stack", "getouterframes", "getrecursionlimit", "print_stack", "setprofile",
    "setrecursionlimit", "settrace", "stack", "stack_info", "stacklevel", "walk_stack", "stack_size",
    # Their values depend on the machine.
    "O_DIRECT", "O_DIRECTORY", "O_LARGEFILE", "O_NOFOLLOW", "O_TMPFILE", "_current_frames", "builtin_module_names", "float_info",
    "getsizeof", "getallocatedblocks", "hash_info", "int_info", "ipow", "pow", "sysconf", "thread_info", "extension_suffixes",
    # setup() installs and loads these.
    "setup_requires", "use_2to3"}
DUNDERS = {
    "__all__", "__author__", "__contact__", "__copyright__", "__doc__", "__email__", "__enter__", "__exit__", "__file__", "__init__",
    "__license__", "__name__", "__new__", "__qualname__", "__setitem__", "__getitem__", "__str__", "__repr__", "__version__",
    "__version_info__", "__url__", "__title__", "__description__", "__len__", "__eq__", "__hash__", "__call__", "__iter__", "__next__"}
REFLECTING = {"getattr", "hasattr", "setattr", "delattr"}


class Examiner:
    def __init__(self, path, archive):
        self.path = path
        self.archive = archive
        self.seen = set()
        self.sets_up = False

    def examine(self, source, package=""):
        # One encoding, so that all versions of this text are the same.
        text = source.decode("utf-8")
        for line in text.splitlines()[:2]:
            if "coding" in line and line.lstrip("\ufeff \t").startswith("#"):
                refuse_if("utf-8" not in line.lower() and "utf8" not in line.lower())
        # PyCF_ONLY_AST
        self.walk([compile(source, "", "exec", 0x400, dont_inherit=True)], package)

    def walk(self, pending, package):
        while pending:
            node = pending.pop()
            check = getattr(self, type(node).__name__, None)
            if check is None or check(node, package) is not False:
                for name in node._fields:
                    value = getattr(node, name, None)
                    pending += [one for one in (value if isinstance(value, list) else [value]) if hasattr(one, "_fields")]

    def Import(self, node, package):
        for alias in node.names:
            # Its attributes are checked by name.
            refuse_if(alias.name.partition(".")[0] == "sys" and alias.asname)
            self.load(alias.name)

    def ImportFrom(self, node, package):
        name = node.module or ""
        if node.level:
            parts = package.split(".") if package else []
            refuse_if(len(parts) < node.level)
            name = ".".join(parts[: len(parts) - node.level + 1] + ([name] if name else []))
        refuse_if(name == "sys" and any(alias.name == "path" for alias in node.names))
        self.load(name)
        for alias in node.names:
            refuse_if(alias.name in ATTRIBUTES or alias.name in NAMES)
            self.load_from(name, alias.name)

    def Name(self, node, package):
        refuse_if(node.id in NAMES or node.id in REFLECTING or node.id == "sys")

    def Attribute(self, node, package):
        name = node.attr
        refuse_if(name in ATTRIBUTES or (name[:2] == "__" and name not in DUNDERS))
        if type(node.value).__name__ == "Name" and node.value.id == "sys":
            refuse_if(name == "path")
            return False

    def Call(self, node, package):
        function = node.func
        name = getattr(function, "id", getattr(function, "attr", ""))
        # Further arguments: which of the callers is to blame.
        refuse_if(name in ("warn", "warn_explicit") and len(node.args) > 2)
        if type(function).__name__ != "Name" or function.id not in REFLECTING:
            return None
        text = node.args[1] if len(node.args) > 1 else None
        value = getattr(text, "value", None)
        refuse_if(type(text).__name__ != "Constant" or not isinstance(value, str) or value[:2] == "__" or value == "path")
        refuse_if(type(node.args[0]).__name__ == "Starred" or node.keywords)
        self.walk(list(node.args), package)
        return False

    def keyword(self, node, package):
        refuse_if(node.arg in ATTRIBUTES)

    def Constant(self, node, package):
        value = node.value
        refuse_if(isinstance(value, complex))
        if isinstance(value, str):
            refuse_if(value in ATTRIBUTES or "/proc" in value or ("__" in value and "{" in value))

    def BinOp(self, node, package):
        # Floating-point powers are the C library's.
        if type(node.op).__name__ == "Pow":
            refuse_if(not all(isinstance(getattr(side, "value", None), int) for side in (node.left, node.right)))

    def AugAssign(self, node, package):
        refuse_if(type(node.op).__name__ == "Pow")

    def Set(self, node, package):
        # Of others the order depends on their addresses.
        refuse_if(not all(isinstance(getattr(one, "value", None), (str, bytes, int)) for one in node.elts))

    def SetComp(self, node, package):
        raise Refused

    def load(self, name):
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            self.load_one(".".join(parts[:count]), ".".join(parts))

    def load_from(self, name, attribute):
        dotted = f"{name}.{attribute}"
        refuse_if(dotted in LOADING)
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            refuse_if(top not in STANDARD and name not in DOTTED and dotted not in DOTTED)
        elif top not in REVIEWED and self.locate(dotted):
            self.load_one(dotted, dotted)

    def load_one(self, name, whole):
        if name in self.seen:
            return
        self.seen.add(name)
        refuse_if(name in LOADING)
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            self.sets_up = self.sets_up or top == "distutils"
            refuse_if(top not in STANDARD and not any(whole == one or one.startswith(whole + ".") for one in DOTTED))
            return
        file = self.locate(name)
        if file is None:
            refuse_if("." in name or name not in OPTIONAL)
            return
        if top in REVIEWED:
            refuse_if("." not in name and not file.startswith(self.archive + "/"))
            self.sets_up = True
            return
        refuse_if(not file.endswith(".py"))
        self.examine(read(file), name if file.endswith("/__init__.py") else name.rpartition(".")[0])

    def locate(self, name):
        """The file of a module, or None; a namespace or anything else than a source is refused later."""
        parent, _, last = name.rpartition(".")
        path = self.path
        if parent:
            above = self.locate(parent)
            if above is None or not above.endswith("/__init__.py"):
                return None
            path = [above.rpartition("/")[0]]
        for directory in path:
            names = names_in(directory)
            if last in names:
                inner = names_in_package(f"{directory}/{last}")
                found = [one for one in inner if one.startswith("__init__.")]
                if found:
                    return f"{directory}/{last}/" + (found[0] if len(found) == 1 else "__init__")
            found = [one for one in names if one.partition(".")[0] == last and one.endswith((".py", ".pyc", ".so"))]
            if found:
                return f"{directory}/" + (found[0] if len(found) == 1 else last)
            # A namespace package, from here and elsewhere.
            refuse_if(last in names and names_in_package(f"{directory}/{last}"))
        return None


def names_in_package(path):
    try:
        return names_in(path)
    except NotADirectoryError:
        return []
