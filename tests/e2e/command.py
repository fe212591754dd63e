# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `coregate` as a person or a script would, with an environment of its own."""

import json
import os
import pathlib
import subprocess


class Command:
    """`coregate` for one address and token. Calls check the exit status."""

    def __init__(self, home, api, token):
        self.home = pathlib.Path(home)
        self.program = pathlib.Path(os.environ["BUILD_DIR"]).resolve() / "src/coregate"
        self.environment = {
            "PATH": f"{self.program.parent}:{os.environ['PATH']}", "HOME": str(self.home),
            "COREGATE_API": api, "COREGATE_TOKEN": token, "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "ASAN_OPTIONS": "detect_leaks=1",
        }  # fmt: skip

    def run(self, *arguments, status=0, environment=(), **options):
        result = subprocess.run(
            [self.program, *map(str, arguments)], text=True, capture_output=True, timeout=60,
            env=self.environment | dict(environment), **{"stdin": subprocess.DEVNULL} | options,
        )  # fmt: skip
        assert result.returncode == status, (result.returncode, result.stdout, result.stderr)
        return result

    def lines(self, *arguments, **options):
        """The rows of a table, each as its words."""
        return [line.split() for line in self.run(*arguments, **options).stdout.splitlines()]

    def json(self, *arguments, **options):
        return json.loads(self.run(*arguments, "--json", **options).stdout)
