# SPDX-License-Identifier: GPL-3.0-or-later
"""The health monitor: what CoreDNS answers for zones and registered servers, against the store."""

import os
import re
import signal

import pytest

from conftest import RESPONDERS
from harness import Service, wait_until


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("watched"), RESPONDERS=RESPONDERS)
    service.start()
    service.configure("monitor_interval_s = 1")
    service.reload()
    yield service
    service.stop()
    service.check_logs()


def state(client, path):
    return client.get(path).json()["data"]["state"]


def wait_state(client, path, wanted, seconds=20):
    wait_until(lambda: state(client, path) == wanted, seconds, step=0.1, what=f"{path} {wanted}")


def drift_lines(service, host):
    return [line for line in service.logs("coregated") if f"drift of server {host}" in line]


def test_ok_with_its_time(watched):
    client = watched.client()
    client.post("/servers", {"hostname": "ok.example.com", "ips": ["10.1.1.1", "2001:db8::1"]})
    wait_state(client, "/servers/ok.example.com", "ok")
    wait_state(client, "/zones/example.com", "ok")
    data = client.get("/servers/ok.example.com").json()["data"]
    assert data["checked_at"].endswith("Z")
    assert [s["hostname"] for s in client.get("/servers?state=ok").json()["data"]] == ["ok.example.com"]
    wait_until(lambda: watched.metrics()['coregate_servers{state="ok"}'] == 1, what="the metric")
    assert watched.metrics()['coregate_zone_ok{zone="example.com"}'] == 1
    client.delete("/servers/ok.example.com")
    wait_until(lambda: watched.metrics()['coregate_servers{state="ok"}'] == 0, what="forgetting it")


def test_unresolved_when_its_records_are_gone(watched):
    client = watched.client()
    client.post("/servers", {"hostname": "lost.example.com", "ip": "10.1.1.2"})
    wait_state(client, "/servers/lost.example.com", "ok")
    client.delete("/records/lost.example.com/A")
    wait_state(client, "/servers/lost.example.com", "unresolved")
    client.post("/servers", {"hostname": "lost.example.com", "ip": "10.1.1.2"}, 200)
    wait_state(client, "/servers/lost.example.com", "ok")
    client.delete("/servers/lost.example.com")


def test_an_address_that_was_taken_away_is_drift(watched):
    client = watched.client()
    host = "part.example.com"
    client.post("/servers", {"hostname": host, "ips": ["10.1.1.3", "10.1.1.4"]})
    wait_state(client, f"/servers/{host}", "ok")
    client.delete(f"/records/{host}/A?value=10.1.1.4")
    wait_state(client, f"/servers/{host}", "drift")
    client.delete(f"/servers/{host}")


def test_a_zone_file_edited_behind_its_back(watched):
    client = watched.client()
    host = "edited.example.com"
    client.post("/servers", {"hostname": host, "ip": "10.1.1.5"})
    wait_state(client, f"/servers/{host}", "ok")
    # The serial stays, so that only the answers tell; a new CoreDNS reads the file.
    path = watched.home / "zones" / "db.example.com"
    temp = watched.home / "publish" / "edited"
    temp.write_text(path.read_text().replace("10.1.1.5", "10.9.9.9"))
    os.replace(temp, path)
    os.kill(watched.pid("coredns"), signal.SIGKILL)
    wait_state(client, f"/servers/{host}", "drift")
    assert [s["hostname"] for s in client.get("/servers?state=drift").json()["data"]] == [host]
    assert watched.metrics()['coregate_servers{state="drift"}'] >= 1
    # It is compared with the store, and put right for the next one that reads it.
    wait_until(lambda: "10.1.1.5" in (watched.zone_text("example.com") or ""), what="the right file")
    checked = client.get(f"/servers/{host}").json()["data"]["checked_at"]
    wait_until(
        lambda: client.get(f"/servers/{host}").json()["data"]["checked_at"] > checked, what="more rounds"
    )  # fmt: skip
    assert len(drift_lines(watched, host)) == 1
    client.put("/records/other.example.com/A", {"values": ["10.1.1.6"]})
    wait_state(client, f"/servers/{host}", "ok")
    lines = drift_lines(watched, host)
    assert len(lines) == 2 and re.search("has ended: ok", lines[1]), lines
    client.delete(f"/servers/{host}")


def test_unknown_while_coredns_is_silent(watched):
    client = watched.client()
    host = "silent.example.com"
    client.post("/servers", {"hostname": host, "ip": "10.1.1.7"})
    wait_state(client, f"/servers/{host}", "ok")
    pid = watched.pid("coredns")
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_state(client, f"/servers/{host}", "unknown", 30)
        wait_state(client, "/zones/example.com", "unknown", 30)
        # What is on its way is no drift.
        client.put(f"/servers/{host}", {"ip": "10.1.1.8"}, 200)
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_state(client, f"/servers/{host}", "ok", 30)
    assert not drift_lines(watched, host)
    client.delete(f"/servers/{host}")


def test_many_changes_are_no_drift(watched):
    client = watched.client()
    host = "busy.example.com"
    client.post("/servers", {"hostname": host, "ip": "10.1.2.1"})
    for number in range(2, 80):
        client.put(f"/servers/{host}", {"ip": f"10.1.2.{number}"}, 200)
    wait_state(client, f"/servers/{host}", "ok")
    assert not drift_lines(watched, host)
    client.delete(f"/servers/{host}")


def test_off(own_service):
    own_service.configure("monitor_interval_s = 0")
    own_service.reload()
    client = own_service.client()
    client.post("/servers", {"hostname": "a.example.com", "ip": "10.1.1.1", "verify": True})
    data = client.get("/servers/a.example.com").json()["data"]
    assert data["state"] == "unknown" or data["checked_at"]
    wait_until(lambda: client.get("/zones/example.com").json()["data"]["checked_at"] is None, what="off")
    assert own_service.metrics()['coregate_servers{state="ok"}'] == 0
