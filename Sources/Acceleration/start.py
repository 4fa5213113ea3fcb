# SPDX-License-Identifier: Apache-2.0
# What a native Python is given before a script of the root and its arguments: it has the interpreter find the modules
# that are compiled for it, say the root's machine where scripts ask, and go on as if it had been given the script.
import sys


def prepare(tools, multiarch):
    import os
    import sys

    def show(kind, value, trace):
        # Without the frame of this file.
        sys.__excepthook__(kind, value.with_traceback(trace.tb_next if trace else None), None)

    sys.excepthook = show
    if sys.version_info >= (3, 10):
        del sys.orig_argv[len(sys.orig_argv) - len(sys.argv)]
    del sys.argv[0]
    script = sys.argv[0]
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    sys.path[:] = [tools + entry if entry.endswith("/lib-dynload") else entry for entry in sys.path]
    # By this name sysconfig finds what the root's own interpreter was built with.
    sys.implementation._multiarch = multiarch
    main = globals()
    loader = type(main["__loader__"])("__main__", script)
    code = loader.source_to_code(loader.get_data(script), script)
    main.update(__file__=script, __loader__=loader)
    del main["prepare"], main["sys"]
    return code


exec(prepare("{tools}", "{multiarch}"))
