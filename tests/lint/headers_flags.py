# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiler flags with which a file of src/ is looked at, without a build."""

import shlex
import subprocess

from lint import SRC, TOP

PACKAGES = "libcjson libconfuse libsodium libcurl libknot libzscanner sqlite3 libsystemd libseccomp"


def flags():
    found = subprocess.run(
        ["pkg-config", "--cflags", *PACKAGES.split()], capture_output=True, text=True, check=True
    ).stdout
    paths = ["SYSCONFDIR", "STATEDIR", "RUNDIR"]
    return (
        ["-std=gnu17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-command-line-argument", f"-I{SRC}", f"-I{TOP}/build-check"]
        + [f"-DCOREGATE_{name}=\"/\"" for name in paths]
        + shlex.split(found)
    )
