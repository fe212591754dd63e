# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the documents run as they stand."""

import os
import pathlib
import re
import subprocess

import pytest

from conftest import RESPONDERS
from harness import SOURCE, Service


def blocks(name):
    """(line, text) of each ```sh block."""
    text = (SOURCE / name).read_text()
    for match in re.finditer(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


@pytest.fixture(scope="module")
def documented(tmp_path_factory):
    """A service in `var` of a folder, on its ports, as a reader has it; ports are put in."""
    folder = tmp_path_factory.mktemp("docs")
    service = Service(folder / "var", RESPONDERS=RESPONDERS)
    service.start()
    yield folder, service
    service.stop()
    service.check_logs()


def test_api_examples(documented):
    """One shell runs all blocks in order; curl has to succeed with the documented success."""
    folder, service = documented
    found = list(blocks("docs/api.md"))
    assert len(found) >= 8
    script = ["set -euo pipefail", "curl() { command curl --fail-with-body --show-error -w '\\n' \"$@\"; }"]
    for line, text in found:
        script.append(f"echo '== docs/api.md:{line}'")
        script.append(text.replace("127.0.0.1:8053", f"127.0.0.1:{service.api_port}")
                      .replace("-p 1053", f"-p {service.dns_port}"))  # fmt: skip
    result = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-2000:]
    assert '"success":false' not in result.stdout


def test_readme_examples_of_the_command(documented):
    folder, service = documented
    (text,) = (text for _, text in blocks("README.md") if "COREGATE_API" in text)
    text = text.replace("127.0.0.1:8053", f"127.0.0.1:{service.api_port}")
    program = pathlib.Path(os.environ["BUILD_DIR"]).resolve() / "src"
    result = subprocess.run(
        ["bash", "-euc", text], cwd=folder, capture_output=True, text=True, timeout=60,
        env=os.environ | {"PATH": f"{program}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "192.168.1.10" in result.stdout


def test_readme_commands_exist():
    text = (SOURCE / "README.md").read_text()
    for name in re.findall(r"scripts/\w+", text):
        assert (SOURCE / name).exists(), name
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (SOURCE / target).exists(), target


def configurations():
    """The text of each block that is a configuration of coregated, by its document."""
    for name in ("docs/install.md", "docs/coredns.md", "docs/tokens.md"):
        text = (SOURCE / name).read_text()
        for _, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
            if re.search(r'^\s*(coredns|key|rate_class) "', block, flags=re.MULTILINE):
                yield name, block
        for block in re.findall(r'^ {4}key "\w+" \{\n(?: {5,}.*\n)+ {4}\}$', text, flags=re.MULTILINE):
            yield name, block
    name = "docs/man/coregate.conf.5"
    text = (SOURCE / name).read_text()
    for block in re.findall(r"^\.Bd .*\n((?:[^.].*\n|\n)+)\.Ed$", text, flags=re.MULTILINE):
        yield name, block


def test_documented_configurations_are_valid(tmp_path):
    build = pathlib.Path(os.environ["BUILD_DIR"]).resolve() / "src"
    subprocess.run([build / "coregate", "key", "generate", "--out", tmp_path / "key"], check=True,
                   capture_output=True)  # fmt: skip
    found = list(configurations())
    assert {name for name, _ in found} == {
        "docs/install.md", "docs/coredns.md", "docs/tokens.md", "docs/man/coregate.conf.5"
    }  # fmt: skip
    for name, block in found:
        path = tmp_path / "coregate.conf"
        path.write_text(re.sub(r'"/etc/coregate/keys/[^".]*(\.key)?(\.pub)?"',
                               lambda m: f'"{tmp_path}/key{m.group(2) or ""}"', block))  # fmt: skip
        result = subprocess.run([build / "coregated", "-t", "-c", path], capture_output=True, text=True)
        assert result.returncode == 0, f"{name}: {result.stderr}"


@pytest.mark.parametrize("name", sorted(
    str(path.relative_to(SOURCE)) for path in (SOURCE / "docs").rglob("*.md")
))  # fmt: skip
def test_links_between_documents(name):
    path = SOURCE / name
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), f"{name}: {target}"
