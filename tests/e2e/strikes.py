# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of the parts of a service."""

import os
import signal

from harness import processes, wait_until


def kill(*pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def kill_one(role):
    def strike(service, chance):
        # One that was killed before may still wait for its restart.
        victims = wait_until(lambda: service.children(role), 15, what=f"a {role}")
        kill(chance.choice(sorted(victims)))

    return strike


def kill_supervisor(service, _):
    kill(service.pid("coregated"))


def kill_coregated(service, _):
    """The supervisor and all its children, as the machine would at a power cut."""
    kill(service.pid("coregated"), *service.children())


def kill_coredns(service, _):
    kill(service.pid("coredns"))


def kill_everything(service, _):
    groups = {service.pid(part) for part in ("coregated", "nginx", "coredns")}
    kill(*(pid for pid, state in processes() if state[3] in groups))


STRIKES = {
    "writer": kill_one("writer"), "publisher": kill_one("publisher"), "responder": kill_one("responder"),
    "indexer": kill_one("indexer"), "copier": kill_one("copier"), "coredns": kill_coredns,
    "supervisor": kill_supervisor, "coregated": kill_coregated, "everything": kill_everything,
}  # fmt: skip


def is_ready(service):
    try:
        return service.anonymous().session.get(service.api + "/ready", timeout=5).status_code == 200
    except OSError:
        return False


def wait_ready(service, seconds=30):
    wait_until(lambda: is_ready(service), seconds, 0.05, "ready again")
