# SPDX-License-Identifier: GPL-3.0-or-later
"""When a part of the machine fails: reads go on, writes say so, everything mends itself."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

from conftest import RESPONDERS
from harness import Service, wait_until
from test_durability import wait_ready

ROOT = os.geteuid() == 0


def checks(service):
    answer = service.anonymous().call("GET", "/ready", (200, 503))
    return answer.status_code, answer.json()["data"]["checks"]


def test_dead_coredns(own_service):
    service = own_service
    client = service.client()
    pid = service.pid("coredns")
    os.kill(pid, signal.SIGSTOP)
    try:
        client.put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
        assert client.values("a.example.com", "A") == {"192.0.2.1"}
        wait_until(lambda: checks(service)[0] == 503, 30, 0.2, "/ready to notice")
        failing = {name for name, check in checks(service)[1].items() if not check["ok"]}
        assert any("coredns" in name or "publi" in name for name in failing)
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_ready(service, 30)
    service.wait_served("a.example.com", "A", ["192.0.2.1"])


def test_killed_coredns_is_started_again(own_service):
    service = own_service
    os.kill(service.pid("coredns"), signal.SIGKILL)
    wait_until(lambda: any("coredns was killed" in line for line in service.output), what="the word")
    service.client().put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    wait_until(
        lambda: served(service, "a.example.com") == {"192.0.2.1"}, 20, 0.1, "the record at CoreDNS"
    )


def served(service, name):
    try:
        return service.answers(name, "A")[1]
    except Exception:  # noqa: BLE001: refused, timed out, half an answer: not yet
        return None


@pytest.mark.parametrize("role", ["writer", "publisher", "responder"])
def test_a_killed_process_is_started_again(own_service, role):
    service = own_service
    before = service.children(role)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(
        lambda: len(service.children(role)) == len(before) and not set(service.children(role)) & set(before),
        20, what=f"a new {role}",
    )  # fmt: skip
    wait_ready(service)
    service.client().put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    service.wait_served("a.example.com", "A", ["192.0.2.1"])
    restarts = service.metrics()[f'coregate_process_restarts_total{{process="{role}"}}']
    assert restarts >= len(before)


def test_a_zone_directory_that_cannot_be_written(own_service):
    """Writes are acknowledged, /ready tells that they are not published, then all is published."""
    service = own_service
    client = service.client()
    zones, aside = service.home / "zones", service.home / "zones-aside"
    zones.rename(aside)
    zones.write_text("not a folder")
    client.put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    assert client.values("a.example.com", "A") == {"192.0.2.1"}
    wait_until(lambda: checks(service)[0] == 503, 30, 0.2, "/ready to notice")
    zones.unlink()
    aside.rename(zones)
    wait_ready(service, 60)
    service.wait_served("a.example.com", "A", ["192.0.2.1"], 20)


@pytest.fixture
def small_disk(tmp_path):
    if not ROOT:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True, text=True
    )
    if mount.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mount.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(path):
    """Takes all the room that is left."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                pass
    return pathlib.Path(path)


def test_full_disk(small_disk):
    service = Service(small_disk / "home", RESPONDERS=RESPONDERS)
    service.start()
    try:
        client = service.client()
        client.put("/records/before.example.com/A", {"values": ["192.0.2.1"]})
        service.wait_served("before.example.com", "A", ["192.0.2.1"])
        ballast = fill(small_disk / "ballast")
        statuses = []
        for number in range(300):
            answer = client.call(
                "PUT", f"/records/n{number}.example.com/TXT", (201, 503),
                body={"values": ["x" * 2000]},
            )  # fmt: skip
            statuses.append(answer.status_code)
            if statuses[-5:] == [503] * 5:
                break
        assert statuses[-1] == 503
        assert client.values("before.example.com", "A") == {"192.0.2.1"}
        assert service.answers("before.example.com", "A")[1] == {"192.0.2.1"}
        acknowledged = statuses.count(201)
        ballast.unlink()
        wait_until(
            lambda: client.call("PUT", "/records/after.example.com/A", body={"values": ["192.0.2.2"]})
            .status_code in (200, 201), 30, 0.2, "writes again",
        )  # fmt: skip
        wait_ready(service, 60)
        service.wait_served("after.example.com", "A", ["192.0.2.2"], 20)
        for number in range(acknowledged):
            assert client.values(f"n{number}.example.com", "TXT") is not None, number
    finally:
        service.stop()
        service.check_logs()


def test_answers_stay_quick_while_coredns_is_dead(own_service):
    service = own_service
    client = service.client()
    os.kill(service.pid("coredns"), signal.SIGSTOP)
    try:
        begin = time.monotonic()
        for number in range(20):
            client.put("/records/q.example.com/A", {"values": [f"192.0.2.{number}"]})
            client.get("/records/q.example.com/A")
        assert time.monotonic() - begin < 10
    finally:
        os.kill(service.pid("coredns"), signal.SIGCONT)
