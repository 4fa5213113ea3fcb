# SPDX-License-Identifier: Apache-2.0
# Has a native Python find the modules that are compiled for it and report the root's machine. Leaves in "c" what it is to
# call, and its arguments; "m" is the script's module.


def p(main):
    import os
    import sys

    # Its parameters are called like others that always exist; see start.py.
    def show(key, value, path, sys=sys):
        # Without the two frames of start.py.
        path = path and path.tb_next
        sys.__excepthook__(key, value.with_traceback(path and path.tb_next), None)

    sys.excepthook = show
    # Not counting the frames of start.py.
    sys.setrecursionlimit(sys.getrecursionlimit() + 3)
    del sys.orig_argv[len(sys.orig_argv) - len(sys.argv)]
    del sys.argv[0]
    # The root's own have other names. Nothing but the standard library's is loaded, from the tools tree.
    suffixes = sys.modules["_frozen_importlib_external"].EXTENSION_SUFFIXES
    suffixes[:] = [suffix.replace(sys.implementation._multiarch, "{multiarch}") for suffix in suffixes]
    sys.path[:] = ["{tools}" + entry if entry.endswith("/lib-dynload") else entry for entry in sys.path]
    # By this name sysconfig finds what the root's own interpreter was built with.
    sys.implementation._multiarch = "{multiarch}"
    given = sys.argv[0]
    if given in ("-c", "-m"):
        text = sys.argv.pop(1)
        sys.path[0] = "" if given == "-c" else os.getcwd()
        main["__loader__"] = sys.modules["_frozen_importlib"].BuiltinImporter
        del main["__file__"], main["__cached__"]
        if given == "-m":
            import runpy

            return runpy._run_module_as_main, text
        return exec, compile(text + "\n", "<string>", "exec", dont_inherit=True), main
    sys.path[0] = os.path.dirname(os.path.realpath(given))
    if not given.startswith("/"):
        # sys.argv has it as it was given.
        given = f"{os.getcwd()}/{given}"
    loader = type(main["__loader__"])("__main__", given)
    main.update(__file__=given, __loader__=loader)
    return exec, loader.source_to_code(loader.get_data(given), given), main


c = p(m)
