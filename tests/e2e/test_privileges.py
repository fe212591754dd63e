# SPDX-License-Identifier: GPL-3.0-or-later
"""Started as root, as a service manager does: each process becomes a user that may do its own work."""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

import pytest

from harness import ASAN_OPTIONS, process_state, processes, wait_until
from test_systemd import CONFIGURATION, daemon, fastcgi_request

# Users that every Debian has stand for coregate and coregate-responder.
KEEPER, RESPONDER, GROUP = "daemon", "nobody", "daemon"

USERS = f"""
user = "{KEEPER}"
group = "{GROUP}"
responder_user = "{RESPONDER}"
"""


@pytest.fixture
def home():
    if os.geteuid() != 0:
        pytest.skip("only root can give its rights up")
    path = pathlib.Path(tempfile.mkdtemp(prefix="coregate-users-"))
    path.chmod(0o755)
    lines = [line for line in CONFIGURATION.format(home=path).splitlines() if '= ""' not in line]
    (path / "coregate.conf").write_text("\n".join(lines) + USERS)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def supervisor(home):
    process = subprocess.Popen(
        [daemon(), "-c", home / "coregate.conf"], stderr=subprocess.PIPE,
        env=dict(os.environ, ASAN_OPTIONS=ASAN_OPTIONS),
    )  # fmt: skip
    yield process
    process.terminate()
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == 0, errors.decode()[-2000:]


def children(supervisor):
    return {
        state[0].removeprefix("cg-"): pid for pid, state in processes() if state[2] == supervisor.pid
    }


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def ask(path, request):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(10)
        client.connect(path)
        client.sendall(fastcgi_request(request))
        return client.recv(65536)


def test_each_process_is_its_own_user(home, supervisor):
    socket_path = str(home / "run/fastcgi.sock")
    roles = wait_until(
        lambda: len(children(supervisor)) == 6 and os.path.exists(socket_path) and children(supervisor), 20
    )
    wait_until(lambda: b'"writer":{"ok":true}' in ask(socket_path, "/api/v1/dns/ready"), 20)
    wanted = {
        "writer": KEEPER, "publisher": KEEPER, "copier": KEEPER, "indexer": RESPONDER, "responder": RESPONDER,
        "bulk": RESPONDER,
    }  # fmt: skip
    assert set(roles) == set(wanted)
    for role, user in wanted.items():
        # Of two responders one may answer before the other has come so far.
        wait_until(lambda pid=roles[role]: status(pid)["Seccomp"] == "2", 20, what=f"a filter on the {role}")
        entry, found = pwd.getpwnam(user), status(roles[role])
        assert found["Uid"].split() == [str(entry.pw_uid)] * 4, role
        assert int(found["CapEff"], 16) == int(found["CapPrm"], 16) == 0, role
        assert found["NoNewPrivs"] == "1", role
    assert process_state(supervisor.pid)


def test_a_responder_reads_the_store_and_nobody_else_does(home, supervisor):
    socket_path = str(home / "run/fastcgi.sock")
    wait_until(lambda: os.path.exists(socket_path), 20)
    wait_until(lambda: b'"store":{"ok":true}' in ask(socket_path, "/api/v1/dns/ready"), 20)
    store, zones = home / "store", home / "zones"
    keeper = pwd.getpwnam(KEEPER)
    assert store.stat().st_uid == zones.stat().st_uid == keeper.pw_uid
    assert store.stat().st_mode & 0o777 == 0o750
    assert (store / "coregate.db").stat().st_mode & 0o007 == 0
    assert zones.stat().st_mode & 0o777 == 0o755
