# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of anything at any moment: no acknowledged write is lost, no zone file is torn."""

import os
import random
import signal
import subprocess
import time

import pytest

from harness import wait_until
from load import FileWatcher, Writers

ROUNDS = int(os.environ.get("KILL_ROUNDS", "12"))


def kill_all(service):
    """The supervisor with all its children at once."""
    victims = [service.pid("coregated"), *service.children()]
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def kill_one(service, role, chance):
    """One process of the role; killing all responders each time would only test their back-off."""
    pids = sorted(service.children(role))
    if pids:
        try:
            os.kill(chance.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            pass


def wait_ready(service, seconds=30):
    client = service.anonymous()

    def is_ready():
        try:
            return client.session.get(service.api + "/ready", timeout=5).status_code == 200
        except OSError:
            return False

    wait_until(is_ready, seconds, 0.1, "ready again")


def check_everything(service, writers, zone):
    """API, file and DNS tell the same, and it is what was acknowledged."""
    client = service.client()
    writers.check(client)
    for name in writers.acknowledged:
        values = client.values(name, "A")
        service.wait_served(name, "A", values, 15)
    serial = client.get(f"/zones/{zone}").json()["data"]["serial"]
    wait_until(lambda: service.soa_serial(zone) == serial, what="the last serial")
    check = subprocess.run(
        ["named-checkzone", "-q", zone, service.home / "zones" / f"db.{zone}"], capture_output=True
    )
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("role", ["writer", "publisher", "responder", "all"])
def test_kill_under_load(own_service, role):
    service, zone = own_service, "example.com"
    assert role == "all" or service.children(role), service.children()
    chance = random.Random(role)
    with FileWatcher(service, zone), Writers(service, zone) as writers:
        for _ in range(ROUNDS if role != "all" else max(3, ROUNDS // 3)):
            time.sleep(chance.uniform(0.05, 0.5))
            kill_all(service) if role == "all" else kill_one(service, role, chance)
            wait_ready(service)
        before = len(writers.acknowledged)
        time.sleep(0.3)
    assert before > 0
    assert set(writers.statuses) <= {200, 201, 503}, set(writers.statuses)
    wait_ready(service)
    check_everything(service, writers, zone)


def test_reads_go_on_while_the_writer_is_dead(own_service):
    """A writer that is stopped, not dead: nobody restarts it, reads do not wait for it."""
    service = own_service
    client = service.client()
    client.put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    (writer,) = service.children("writer")
    os.kill(writer, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        for _ in range(20):
            assert client.values("a.example.com", "A") == {"192.0.2.1"}
        assert time.monotonic() - begin < 5
        answer = client.call("PUT", "/records/a.example.com/A", 503, body={"values": ["192.0.2.2"]})
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        os.kill(writer, signal.SIGCONT)
    wait_ready(service)
    client.put("/records/a.example.com/A", {"values": ["192.0.2.3"]})
    assert client.values("a.example.com", "A") == {"192.0.2.3"}


def test_a_stop_loses_nothing(own_service):
    """SIGTERM under load: what was acknowledged is there at the next start."""
    service = own_service
    with Writers(service, "example.com") as writers:
        time.sleep(1)
        service.stop()
    service.start()
    check_everything(service, writers, "example.com")
