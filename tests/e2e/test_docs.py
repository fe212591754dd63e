# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the documents run as they stand."""

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


def test_readme_commands_exist():
    text = (SOURCE / "README.md").read_text()
    for name in re.findall(r"scripts/\w+", text):
        assert (SOURCE / name).exists(), name
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (SOURCE / target).exists(), target


@pytest.mark.parametrize("name", sorted(
    str(path.relative_to(SOURCE)) for path in (SOURCE / "docs").rglob("*.md")
))  # fmt: skip
def test_links_between_documents(name):
    path = SOURCE / name
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), f"{name}: {target}"
