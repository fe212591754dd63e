# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/run itself: what it prints, what it refuses, what it leaves behind."""

import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from conftest import RESPONDERS
from harness import SOURCE, Service, processes, wait_until


def run(service, seconds=60, **environment):
    """Runs it where it has to end by itself; (status, output)."""
    result = subprocess.run(
        [SOURCE / "scripts/run"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=seconds,
        env=dict(os.environ, COREGATE_HOME=str(service.home), API_PORT=str(service.api_port),
                 DNS_PORT=str(service.dns_port), RESPONDERS=RESPONDERS, **environment),
    )  # fmt: skip
    return result.returncode, result.stdout


@pytest.fixture
def fresh(tmp_path):
    service = Service(tmp_path / "home", RESPONDERS=RESPONDERS)
    yield service
    if service.process:
        service.stop()


def test_the_ready_line_and_the_lines_to_copy(fresh):
    fresh.start()
    assert fresh.ready_line == (
        f"ready api=http://127.0.0.1:{fresh.api_port}/api/v1/dns dns=127.0.0.1:{fresh.dns_port} "
        f"token={fresh.home}/admin.token"
    )
    wait_until(lambda: any("Ctrl-C" in line for line in fresh.output), what="all lines")
    at = fresh.output.index(fresh.ready_line)
    script = "\n".join(line for line in fresh.output[at + 1 :] if line.startswith("  "))
    lines = script.split("\n")
    copied = [line for line in lines if "dig" not in line]
    result = subprocess.run(["bash", "-ec", "\n".join(copied)], capture_output=True, text=True)
    assert result.returncode == 0 and result.stdout.count('"success":true') == 2, result.stdout
    dig = next(line for line in lines if "dig" in line)
    wait_until(
        lambda: subprocess.run(["bash", "-c", dig], capture_output=True, text=True).stdout
        == "192.168.1.10\n", what="dig",
    )  # fmt: skip


def test_a_responder_for_each_processor_unless_told(fresh):
    del fresh.environment["RESPONDERS"]
    fresh.start()
    assert len(fresh.children("responder")) == max(2, len(os.sched_getaffinity(0)))


def test_secrets_are_private(fresh):
    fresh.start()
    for path in (fresh.home / "admin.token", fresh.home / "keys/local.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_everything_is_under_one_folder_and_on_loopback(fresh):
    fresh.start()
    listening = subprocess.run(["cat", "/proc/net/tcp", "/proc/net/udp"], capture_output=True, text=True)
    ports = {fresh.api_port, fresh.dns_port}
    found = [
        line.split()[1] for line in listening.stdout.splitlines()
        if re.match(r" *\d+:", line) and int(line.split()[1].split(":")[1], 16) in ports
    ]  # fmt: skip
    assert {address.split(":")[0] for address in found} == {"0100007F"}


def test_a_second_start_is_quick_and_finds_its_data(fresh):
    fresh.start()
    client = fresh.client()
    client.post("/records", {"name": "kept.example.com", "record_type": "A", "value": "192.0.2.5"})
    client.delete("/zones/10.in-addr.arpa?confirm=10.in-addr.arpa")
    token = fresh.admin_token
    fresh.stop()
    begin = time.monotonic()
    fresh.start()
    elapsed = time.monotonic() - begin
    assert fresh.admin_token == token
    assert fresh.client().values("kept.example.com", "A") == {"192.0.2.5"}
    fresh.wait_served("kept.example.com", "A", ["192.0.2.5"])
    fresh.client().get("/zones/10.in-addr.arpa", 404)
    assert elapsed < 6, f"{elapsed:.1f} s, with sanitizers"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_stop_everything(fresh, number):
    fresh.start()
    assert fresh.stop(number) == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", fresh.api_port), timeout=1)


def test_ctrl_c_goes_to_the_whole_group(fresh):
    fresh.start()
    fresh.groups |= {fresh.pid(part) for part in ("coredns", "coregated", "nginx")}
    os.killpg(fresh.process.pid, signal.SIGINT)
    assert fresh.process.wait(30) == 0
    fresh.process = None
    assert not fresh.left_over()


def test_a_killed_script_leaves_nothing(fresh):
    fresh.start()
    fresh.groups |= {fresh.pid(part) for part in ("coredns", "coregated", "nginx")}
    fresh.process.kill()
    fresh.process.wait()
    fresh.process = None
    wait_until(lambda: not fresh.left_over(), 30, what="the end of all parts")


@pytest.mark.parametrize("moment", [0.05, 0.2, 0.4, 0.8, 1.5])
def test_a_stop_while_it_starts(fresh, moment):
    fresh.launch()
    time.sleep(moment)
    fresh.process.terminate()
    fresh.process.wait(40)
    fresh.process = None
    home = str(fresh.home)
    assert not [pid for pid, _ in processes() if home in command_line(pid)]


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def one_sentence(output):
    lines = [line for line in output.splitlines() if line.startswith("scripts/run: ")]
    return lines[-1]


def test_a_taken_port(fresh):
    for port, kind in [(fresh.api_port, socket.SOCK_STREAM), (fresh.dns_port, socket.SOCK_STREAM),
                       (fresh.dns_port, socket.SOCK_DGRAM)]:  # fmt: skip
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind(("127.0.0.1", port))
            if kind == socket.SOCK_STREAM:
                taken.listen()
            status, output = run(fresh)
            assert status == 1
            assert f"port {port} is taken" in one_sentence(output)
    assert not [pid for pid, _ in processes() if str(fresh.home) in command_line(pid)]


def test_a_folder_in_use(fresh):
    fresh.start()
    other = Service(fresh.home)
    status, output = run(other)
    assert status == 1
    assert "another scripts/run uses" in one_sentence(output)
    fresh.client().get("/zones")


def test_a_coredns_that_does_not_start(fresh, tmp_path):
    program = tmp_path / "coredns"
    program.write_text("#!/bin/sh\necho 'cannot do it today' >&2\nexit 3\n")
    program.chmod(0o755)
    status, output = run(fresh, COREDNS=str(program))
    assert status == 1
    assert "coredns does not start: cannot do it today" in one_sentence(output)
    assert not [pid for pid, _ in processes() if str(fresh.home) in command_line(pid)]
    status, output = run(fresh, COREDNS="/nonexistent/coredns")
    assert status == 1
    assert "COREDNS=/nonexistent/coredns is not a program" in one_sentence(output)


def test_a_bad_configuration(fresh):
    fresh.start()
    fresh.stop()
    fresh.configure("ttl = -5")
    status, output = run(fresh)
    assert status == 1
    assert re.search(r"coregate\.conf:\d+: ", one_sentence(output)), output


def test_bad_ports(fresh):
    for port in ["0", "65536", "x", "80 80", "-1"]:
        status, output = run_with_port(fresh, port)
        assert status == 1
        assert "is not a port" in one_sentence(output)


def run_with_port(service, port):
    result = subprocess.run(
        [SOURCE / "scripts/run"], capture_output=True, text=True, timeout=30,
        env=dict(os.environ, COREGATE_HOME=str(service.home), API_PORT=port),
    )  # fmt: skip
    return result.returncode, result.stdout + result.stderr


def test_help():
    result = subprocess.run([SOURCE / "scripts/run", "--help"], capture_output=True, text=True)
    assert result.returncode == 0 and "COREGATE_HOME" in result.stdout
    assert subprocess.run([SOURCE / "scripts/run", "x"], capture_output=True).returncode == 2


def test_a_very_long_path(tmp_path):
    service = Service(tmp_path / ("deep" * 20) / "home", RESPONDERS=RESPONDERS)
    service.launch()
    wait_until(lambda: service.ready_line or service.process.poll() is not None, 60)
    assert service.ready_line, service.output
    service.process.terminate()
    assert service.process.wait(40) == 0


def test_two_at_once(fresh, tmp_path):
    other = Service(tmp_path / "other", RESPONDERS=RESPONDERS)
    fresh.start()
    other.start()
    try:
        other.client().post("/records", {"name": "o.example.com", "record_type": "A", "value": "192.0.2.1"})
        assert fresh.client().values("o.example.com", "A") is None
    finally:
        other.stop()
