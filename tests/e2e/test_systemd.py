# SPDX-License-Identifier: GPL-3.0-or-later
"""coregated under a service manager that speaks systemd's protocols: the test plays systemd."""

import os
import pathlib
import signal
import socket
import subprocess
import sys

import pytest

from harness import ASAN_OPTIONS, SOURCE

CONFIGURATION = """
run_dir = "{home}/run"
store = "{home}/store/coregate.db"
zone_dir = "{home}/zones"
publish_temp_dir = "{home}/publish"
fastcgi_socket = "{home}/run/fastcgi.sock"
bulk_socket = "{home}/run/bulk.sock"
responders = 2
user = ""
group = ""
responder_user = ""
"""


def daemon():
    return pathlib.Path(os.environ["BUILD_DIR"]).resolve() / "src/coregated"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "coregate.conf").write_text(CONFIGURATION.format(home=tmp_path))
    return tmp_path


@pytest.fixture
def notifications(tmp_path):
    """What coregated tells systemd (sd_notify(3))."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(path)
        receiver.settimeout(20)
        yield receiver


def start(home, notifications, **more):
    environment = dict(
        os.environ, NOTIFY_SOCKET=notifications.getsockname(), ASAN_OPTIONS=ASAN_OPTIONS, **more
    )
    return environment, [daemon(), "-c", home / "coregate.conf"]


def hear(notifications, word):
    """Reads messages until one has the line."""
    while True:
        lines = notifications.recv(65536).decode().splitlines()
        if word in lines:
            return


def test_ready_reload_and_stop_are_told(home, notifications):
    environment, command = start(home, notifications)
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        hear(notifications, "READY=1")
        process.send_signal(signal.SIGHUP)
        hear(notifications, "RELOADING=1")
        hear(notifications, "READY=1")
        process.send_signal(signal.SIGTERM)
        hear(notifications, "STOPPING=1")
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_watchdog_is_fed(home, notifications):
    environment, command = start(home, notifications, WATCHDOG_USEC="400000")
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        hear(notifications, "READY=1")
        for _ in range(3):
            hear(notifications, "WATCHDOG=1")
    finally:
        process.terminate()
        process.communicate(timeout=20)


# systemd's contract (sd_listen_fds(3)): the socket is descriptor 3, LISTEN_PID the process itself.
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def fastcgi_request(path):
    """One FastCGI request (version 1) for GET path, as bytes."""

    def record(kind, content):
        return bytes((1, kind, 0, 1, len(content) >> 8, len(content) & 255, 0, 0)) + content

    def pair(name, value):
        return bytes((len(name), len(value))) + name.encode() + value.encode()

    parameters = pair("REQUEST_METHOD", "GET") + pair("REQUEST_URI", path)
    return record(1, b"\0\1\0\0\0\0\0\0") + record(4, parameters) + record(4, b"") + record(5, b"")


def test_a_socket_of_systemd_is_used_and_stays(home, notifications):
    path = str(home / "activated.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(16)
        environment, command = start(home, notifications)
        process = subprocess.Popen(
            [sys.executable, "-c", AS_SYSTEMD, str(listener.fileno()), *map(str, command)],
            env=environment, stderr=subprocess.PIPE, pass_fds=[listener.fileno()],
        )  # fmt: skip
        try:
            hear(notifications, "READY=1")
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(10)
                client.connect(path)
                client.sendall(fastcgi_request("/api/v1/dns/health"))
                answer = b""
                while b'"status":"ok"' not in answer:
                    received = client.recv(65536)
                    assert received, answer
                    answer += received
        finally:
            process.terminate()
            process.communicate(timeout=20)
        assert os.path.exists(path), "the socket is systemd's"


def test_the_unit_is_hardened():
    text = (SOURCE / "config/systemd/coregated.service.in").read_text()
    for wanted in ("Type=notify", "NoNewPrivileges=yes", "PrivateTmp=yes", "ProtectSystem=strict",
                   "SystemCallFilter="):  # fmt: skip
        assert wanted in text, wanted
