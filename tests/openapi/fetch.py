#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fetch.py LOCK FOLDER: the packages of a package-lock.json, each held against its integrity."""

import base64
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import urllib.request

REGISTRY = "https://registry.npmjs.org"


def fetch(name, entry):
    url = f"{REGISTRY}/{name}/-/{name.rsplit('/', 1)[-1]}-{entry['version']}.tgz"
    with urllib.request.urlopen(url, timeout=60) as answer:
        data = answer.read()
    found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != entry["integrity"]:
        sys.exit(f"{url} is not the pinned one ({found})")
    return data


def unpack(data, folder):
    """Plain files only; the first part of each name is the package's own folder."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            parts = pathlib.PurePosixPath(member.name).parts[1:]
            if not member.isfile() or not parts or ".." in parts:
                continue
            path = folder.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.extractfile(member).read())


def main():
    lock, folder = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
    for place, entry in lock["packages"].items():
        if place:
            unpack(fetch(place.rsplit("node_modules/", 1)[-1], entry), folder / place)
    (folder / "package.json").write_text('{"private": true}\n')


main()
