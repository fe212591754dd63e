# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make install` puts where, and that what the documents name is there."""

import os
import pathlib
import subprocess

import pytest

# Whatever the build was configured for.
PLACE = ["prefix=/usr", "sysconfdir=/usr/etc"]
FILES = """
bin/coregate
sbin/coregated
share/bash-completion/completions/coregate
share/man/man1/coregate.1
share/man/man5/coregate.conf.5
share/man/man8/coregated.8
share/doc/coregate/NEWS
share/doc/coregate/acme.md
share/doc/coregate/openapi.json
share/doc/coregate/api.md
share/doc/coregate/coredns.md
share/doc/coregate/install.md
share/doc/coregate/operations.md
share/doc/coregate/threat-model.md
share/doc/coregate/tokens.md
share/doc/coregate/troubleshooting.md
share/doc/coregate/examples/Corefile
share/doc/coregate/hooks/certbot
share/doc/coregate/hooks/dehydrated
share/doc/coregate/hooks/uacme
share/doc/coregate/examples/nginx/coregate.conf.example
share/doc/coregate/examples/nginx/coregate-api.inc
share/doc/coregate/examples/nginx/coregate-errors.inc
share/doc/coregate/examples/nginx/coregate-http.inc
etc/coregate/coregate.conf.sample
lib/systemd/system/coregated.service
lib/systemd/system/coregated.socket
lib/sysusers.d/coregate.conf
lib/tmpfiles.d/coregate.conf
""".split()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    build = pathlib.Path(os.environ["BUILD_DIR"]).resolve()
    destination = tmp_path_factory.mktemp("install")
    result = subprocess.run(
        ["make", "-s", "--no-print-directory", "-C", build, "install",
         f"DESTDIR={destination}", *PLACE],
        capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    yield build, destination


def test_all_of_it_and_nothing_else(installed):
    _, destination = installed
    files = {str(path.relative_to(destination)) for path in destination.rglob("*") if path.is_file()}
    assert files == {f"usr/{name}" for name in FILES}


def test_no_word_is_left_to_fill_in(installed):
    _, destination = installed
    for path in destination.rglob("*"):
        if path.is_file() and not path.parent.name.endswith("bin"):
            text = path.read_text()
            assert "dir@" not in text, path


def test_it_goes_away_again(installed):
    build, destination = installed
    subprocess.run(
        ["make", "-s", "-C", build, "uninstall", f"DESTDIR={destination}", *PLACE],
        capture_output=True, check=True, timeout=600, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert [path for path in destination.rglob("*") if path.is_file()] == []
