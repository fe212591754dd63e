# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lint programs share. A program calls finish() with its findings, "file:line: sentence"."""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
SRC = TOP / "src"


def tracked(*patterns):
    """Files of the project that match, tracked by git or about to be."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={TOP}", "-C", TOP, "ls-files", "-co", "--exclude-standard",
         "--", *patterns],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [TOP / line for line in sorted(set(listing.splitlines())) if (TOP / line).is_file()]


def short(path):
    return path.relative_to(TOP)


def without_comments(text):
    """C text with comments and the insides of literals blanked out; line numbers stay."""

    def blank(match):
        piece = match.group(0)
        if piece[0] in "\"'":
            return piece[0] + " " * (len(piece) - 2) + piece[0]
        return re.sub(r"[^\n]", " ", piece)

    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.DOTALL)


def includes(path):
    """(line number, name) of each #include."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^">]+)[">]', line)
        if match:
            yield number, match.group(1)


def rows(def_file, macro):
    """The arguments of each `macro(…)` of a .def file, as text."""
    text = re.sub(r"/\*.*?\*/", "", def_file.read_text(), flags=re.DOTALL)
    pattern = rf'^{macro}\(((?:[^()"]|"(?:\\.|[^"\\])*")*)\)'
    for match in re.finditer(pattern, text, flags=re.MULTILINE):
        yield [
            field.strip()
            for field in re.findall(r'\s*((?:[^,"]|"(?:\\.|[^"\\])*")+)\s*(?:,|$)', match.group(1))
        ]


def finish(findings):
    findings = list(findings)
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)
