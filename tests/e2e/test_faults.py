# SPDX-License-Identifier: GPL-3.0-or-later
"""When a part of the machine fails: reads go on, writes say so, everything mends itself."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
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


@pytest.mark.parametrize("role", ["writer", "publisher", "indexer", "copier", "responder", "bulk"])
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


def test_a_zone_directory_that_is_gone(own_service):
    """It is made again with all that was in it."""
    service = own_service
    client = service.client()
    client.put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    service.wait_served("a.example.com", "A", ["192.0.2.1"])
    files = sorted(path.name for path in (service.home / "zones").iterdir())
    shutil.rmtree(service.home / "zones")
    client.put("/records/a.example.com/A", {"values": ["192.0.2.2"]})

    def is_back():
        try:
            return sorted(path.name for path in (service.home / "zones").iterdir()) == files
        except FileNotFoundError:
            return False

    wait_until(is_back, 20, what="all the zone files again")
    wait_ready(service, 60)
    service.wait_served("a.example.com", "A", ["192.0.2.2"], 20)


def test_a_zone_directory_that_is_read_only(own_service):
    service = own_service
    client, zones = service.client(), service.home / "zones"
    if not ROOT:
        pytest.skip("only root may make a mount read-only")
    mount = subprocess.run(["mount", "--bind", zones, zones], capture_output=True, text=True)
    if mount.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {mount.stderr.strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", zones], check=True)
        client.put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
        assert client.values("a.example.com", "A") == {"192.0.2.1"}
        wait_until(lambda: checks(service)[0] == 503, 30, 0.2, "/ready to notice")
        assert not checks(service)[1]["publication"]["ok"]
    finally:
        subprocess.run(["umount", "-l", zones], check=True)
    wait_ready(service, 60)
    service.wait_served("a.example.com", "A", ["192.0.2.1"], 20)


def test_a_writer_that_hangs(own_service):
    """It is stopped, not dead, so nobody starts another: reads do not wait, writes say when to come again."""
    service = own_service
    client = service.client()
    client.put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    (writer,) = service.children("writer")
    os.kill(writer, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        for _ in range(50):
            assert client.values("a.example.com", "A") == {"192.0.2.1"}
        assert time.monotonic() - begin < 5
        problem = client.problem(
            "PUT", "/records/a.example.com/A", 503, "unavailable", body={"values": ["192.0.2.2"]}
        )
        assert problem["detail"]
        wait_until(lambda: checks(service)[0] == 503, 30, 0.2, "/ready to notice")
        assert not checks(service)[1]["writer"]["ok"]
    finally:
        os.kill(writer, signal.SIGCONT)
    wait_ready(service)
    client.put("/records/a.example.com/A", {"values": ["192.0.2.3"]})
    service.wait_served("a.example.com", "A", ["192.0.2.3"])


def test_a_writer_that_dies_again_and_again(own_service):
    """Reads are always answered with 200, writes with success or 503, and when it is over all is well."""
    service = own_service
    client = service.client()
    client.put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    ending, killed = threading.Event(), []

    def strike():
        while not ending.is_set():
            for pid in service.children("writer"):
                try:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                except ProcessLookupError:
                    pass
            time.sleep(0.005)

    thread = threading.Thread(target=strike)
    thread.start()
    statuses = set()
    try:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            client.get("/records/a.example.com/A", 200)
            client.get("/zones", 200)
            answer = client.call("PUT", "/records/b.example.com/A", body={"values": ["192.0.2.2"]})
            statuses.add(answer.status_code)
    finally:
        ending.set()
        thread.join()
    assert len(killed) >= 3
    assert 503 in statuses and statuses <= {200, 201, 503}, statuses
    # Between two deaths its pauses have grown.
    wait_ready(service, 30)
    client.put("/records/b.example.com/A", {"values": ["192.0.2.3"]})
    service.wait_served("b.example.com", "A", ["192.0.2.3"])


def test_sockets_that_nobody_listens_on(own_service):
    """What a killed coregated left behind does not keep the next one from starting."""
    service = own_service
    supervisor = service.pid("coregated")
    for pid in [supervisor, *service.children()]:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: service.pid("coregated") != supervisor, what="the next coregated")
    wait_ready(service)
    service.client().put("/records/a.example.com/A", {"values": ["192.0.2.1"]})


def test_a_second_coregated_on_the_same_folder(own_service):
    """It says one sentence and ends; the first does not notice."""
    service = own_service
    before = service.process_ids()
    daemon = pathlib.Path(os.environ["BUILD_DIR"]).resolve() / "src/coregated"
    second = subprocess.run(
        [daemon, "-c", service.home / "coregate.conf"], capture_output=True, text=True, timeout=20
    )
    assert second.returncode == 1
    lines = (second.stdout + second.stderr).strip().splitlines()
    assert len(lines) == 1 and "another coregated" in lines[0], lines
    assert service.process_ids() == before
    service.client().put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    service.wait_served("a.example.com", "A", ["192.0.2.1"])


def test_something_else_in_the_place_of_a_socket(own_service, tmp_path):
    """A file that is no socket is not taken away; the message names it."""
    service = own_service
    path = tmp_path / "file"
    path.write_text("precious")
    text = (service.home / "coregate.conf").read_text()
    other = tmp_path / "other.conf"
    run = next(line for line in text.splitlines() if line.startswith("run_dir"))
    socket_line = next(line for line in text.splitlines() if line.startswith("fastcgi_socket ="))
    other.write_text(text.replace(run, f'run_dir = "{tmp_path}"').replace(socket_line, f'fastcgi_socket = "{path}"'))
    daemon = pathlib.Path(os.environ["BUILD_DIR"]).resolve() / "src/coregated"
    result = subprocess.run([daemon, "-c", other], capture_output=True, text=True, timeout=20)
    assert result.returncode == 1 and str(path) in result.stderr
    assert path.read_text() == "precious"


def test_the_writer_takes_no_messages_of_strangers(own_service):
    """Whatever comes in on its socket, it lives and goes on."""
    service = own_service
    path = next(
        path for path in [service.home / "run/writer.sock", *pathlib.Path("/tmp").glob("coregate-run.*/writer.sock")]
        if path.exists()
    )  # fmt: skip
    before = service.process_ids()
    for message in (b"", b"\x00", b"x" * 10, b"\xff" * 60000, bytes(64), bytes(range(256)) * 4):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
            stranger.settimeout(1)
            try:
                stranger.connect(str(path))
                stranger.send(message)
                stranger.recv(65536)
            except OSError:
                pass
    service.client().put("/records/a.example.com/A", {"values": ["192.0.2.1"]})
    assert service.process_ids() == before


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
        # Also a writer that starts on a full disk does no harm.
        for pid in service.children("writer"):
            os.kill(pid, signal.SIGKILL)
        for _ in range(20):
            assert client.values("before.example.com", "A") == {"192.0.2.1"}
            answer = client.call(
                "PUT", "/records/full.example.com/TXT", (200, 201, 503), body={"values": ["y" * 2000]}
            )
            time.sleep(0.05)
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
