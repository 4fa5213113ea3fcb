// SPDX-License-Identifier: Apache-2.0

import Acceleration
import Filesystem
import Fixtures
import Processes
import SystemPackage
import Testing

/// What examine_code.py and examine_setup.py say of Python code, in an interpreter of the host.
@Suite struct ExaminedCodeTests {
    private static let accepted = [
        "import os, sys\nprint(sys.argv, os.getcwd(), __file__)",
        "from setuptools import setup\nsetup(name='x', entry_points={'console_scripts': ['a = b:c']})",
        "from distutils.core import Extension, setup",
        "try:\n    import numpy\nexcept ImportError:\n    pass",
        "import beside\nprint(beside.x)",
        "from package import *\nfrom package.inner import y",
        "print(2 ** 10, 7 / 3, getattr(object, 'name', None))",
        "import re\nre.compile('x')",
        "import collections.abc, urllib.parse, xml.etree.ElementTree",
        "print('a' in {'a', 'b'})",
        "\u{FEFF}x = 1",
        "# coding: utf-8",
    ]
    private static let refused = [
        // Modules that compute otherwise, or that are not known.
        "import math", "from math import sin", "import ctypes", "import random", "import numpy.core", "import missing",
        "import extension", "import package.extension", "import beside_math", "from package import extension",
        "from . import beside", "import importlib.util", "from logging import config", "import urllib.request",
        "from setuptools.sandbox import run_setup", "import space.inner",
        // Code that is not there to be seen.
        "eval('1')", "exec(open('x').read())", "compile('1', '', 'eval')", "__import__('math')", "f = eval",
        "import os\nos.sys.modules['math']", "import sys\nprint(sys.modules)", "import sys as s", "import sys\ns = sys",
        "().__class__.__subclasses__()", "getattr(x, 'ev' + 'al')", "getattr(x, '__globals__')", "g = getattr",
        "getattr(*x)", "'{0.__class__}'.format(x)", "import operator\noperator.attrgetter('x')", "vars()",
        "from inspect import *\nbuiltins.eval('1')", "import urllib.parse\nurllib.parse.math",
        // Another search path.
        "import sys\nsys.path.insert(0, 'lib')", "from sys import path", "import site\nsite.addsitedir('x')",
        // Values of the machine.
        "print(x ** y)", "x **= 2", "pow(2.0, 0.5)", "1j",
        "import operator\noperator.pow(2.0, 0.5)", "from operator import *\nipow(2.0, 0.5)",
        "import operator\ngetattr(operator, 'pow')(2.0, 0.5)", "from string import Formatter",
        "import typing\ntyping.get_type_hints(x)", "inspect.signature(x, eval_str=True)",
        "hash('x')", "id(x)", "{x, y}", "{x for x in y}", "set(x)",
        "import os\nos.sysconf('SC_PAGESIZE')", "open('/proc/cpuinfo')", "import os\nos.O_DIRECTORY",
        // The frames below the script.
        "import sys\nsys.setrecursionlimit(9)", "warnings.warn('x', UserWarning, 2)", "warn('x', stacklevel=2)",
        "import traceback\ntraceback.print_stack()", "RecursionError",
        // What cannot be compiled, or is read otherwise from a file.
        "def f(:", "x = 1\0", "# coding: latin-1", "# -*- coding: utf-16 -*-",
        "from setuptools import setup\nsetup(setup_requires=['x'])", "setup(**{'setup_requires': ['x']})",
    ]
    private static let files = [
        "beside.py": "x = 1", "beside_math.py": "def f():\n    import math",
        "package/__init__.py": "from . import inner",
        "package/inner.py": "from .inner import y\ny = 1",
        "extension.cpython-311-aarch64-linux-gnu.so": "",
        "package/extension.abi3.so": "", "space/inner.py": "",
    ]
    private static let harness = """
        import os, sys
        class Refused(Exception): pass
        def refuse_if(condition):
            if condition: raise Refused
        def read(path):
            with open(path, "rb") as file: return file.read()
        def names_in(path):
            try: return os.listdir(path)
            except FileNotFoundError: return []
        code = dict(globals())
        for name in ("examine_code.py", "examine_setup.py"): exec(read(f"{sys.argv[1]}/{name}"), code)
        path = sys.argv[2]
        os.chdir(path)
        for name in sys.argv[4:]:
            try: code["examine"](read(name), [name, *sys.argv[3].split()], [path, path + "/archive"], path + "/archive")
            except Exception as error: print(type(error).__name__)
            else: print("accepted")
        """

    /// The verdicts on `sources`, of scripts in a directory with `files`; nil without a Python that is new enough.
    private static func verdicts(
        _ sources: [String], words: String = "build", files: [String: String] = files
    ) throws -> [String]? {
        guard let python = try? FilePath("/usr/bin/python3").resolved(),
            try ChildProcess.run(python, ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).end == .exited(0)
        else {
            print("not tried here: no Python of version 3.11 or newer")
            return nil
        }
        return try withScratchDirectory { scratch in
            let archive = ["archive/setuptools/__init__.py": "", "archive/wheel/__init__.py": ""]
            for (name, text) in files.merging(archive, uniquingKeysWith: { $1 }) {
                let path = scratch.pushing(FilePath(name))
                try path.removingLastComponent().makeDirectories()
                try AtomicFile.write(Array(text.utf8), to: path)
            }
            var names: [String] = []
            for (index, source) in sources.enumerated() {
                names.append(scratch.appending("script\(index)").string)
                try AtomicFile.write(Array(source.utf8), to: FilePath(names[index]))
            }
            let code = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
                .pushing("Sources/Acceleration/Python")
            let child = try ChildProcess.run(
                python, ["-I", "-S", "-c", harness, code.string, scratch.string, words] + names,
                environment: ["HOME=\(scratch)"])
            #expect(child.errorText == "")
            return child.outputText.split(separator: "\n").map(String.init)
        }
    }

    @Test func codeThatCannotDependOnTheMachineIsAccepted() throws {
        guard let found = try Self.verdicts(Self.accepted) else { return }
        #expect(zip(Self.accepted, found).filter { $1 != "accepted" }.map(\.0) == [])
        #expect(found.count == Self.accepted.count)
    }

    @Test func everythingElseIsRefused() throws {
        guard let found = try Self.verdicts(Self.refused) else { return }
        #expect(zip(Self.refused, found).filter { $1 == "accepted" }.map(\.0) == [])
        #expect(found.count == Self.refused.count)
    }

    /// setup() loads what other distributions and the project's configuration name.
    @Test func setupIsRefusedWhereItWouldLoadWhatIsNotKnown() throws {
        let setup = "from setuptools import setup\nsetup()"
        let harmless = [
            "setup.cfg": "[metadata]\nversion = attr: version.x\n[options]\ninstall_requires = attrs\n",
            "version.py": "import math\nx = '1'",
            "archive/other.egg-info/entry_points.txt":
                "[console_scripts]\na = b:c\n[distutils.commands]\nextra = b:c\n",
        ]
        guard let found = try Self.verdicts([setup], files: harmless) else { return }
        #expect(found == ["accepted"])
        let others = [
            ["archive/other.dist-info/entry_points.txt": "[setuptools.finalize_distribution_options]\na = b:c\n"],
            ["archive/other.dist-info/entry_points.txt": "[distutils.commands]\nbuild = b:c\n"],
            ["own.egg-info/entry_points.txt": "[egg_info.writers]\na = b:c\n"],
            ["archive/Cython/__init__.py": ""], ["setup.cfg": "[options]\ncmdclass =\n  x = y.z\n"],
            ["setup.cfg": "[aliases]\nbuild = test\n"], ["setup.cfg": "[global]\ncommand_packages = x\n"],
            ["setup.cfg": "[metadata]\nversion = attr: version.x\n", "version.py": "import math\nx = str(math.e)"],
            ["pyproject.toml": "[tool.setuptools.dynamic]\nversion = {attr = \"missing.x\"}\n"],
            [".pydistutils.cfg": "[build]\n"], ["setuptools.py": ""],
        ]
        for files in others { #expect(try Self.verdicts([setup], files: files) == ["Refused"], "\(files)") }
        for words in ["test", "develop", "install", "upload", "--help-commands", "--command-packages=x build"] {
            #expect(try Self.verdicts([setup], words: words, files: [:]) == ["Refused"], "\(words)")
        }
        #expect(try Self.verdicts([setup], words: "install --root=x", files: [:]) == ["accepted"])
    }
}
