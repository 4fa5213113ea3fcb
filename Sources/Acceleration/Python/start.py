# SPDX-License-Identifier: Apache-2.0
# What a native Python is given before a script of the root, -m or -c, and the arguments: it goes on as if it had been
# given only those. No name here may be one that a program could have: a string that exists twice is written
# differently to .pyc files (marshal). Those of one letter always exist.
(lambda t: t[0](*t[1:]))(
    (lambda d: [exec(__loader__.get_data("{place}/prepare.py"), d), d.pop("c"), d.pop("m"), d.pop("p")][1])({"m": globals()}))
