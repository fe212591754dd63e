# SPDX-License-Identifier: GPL-3.0-or-later
"""/verify: what each CoreDNS really answers, and how long one is willing to wait for it."""

import json
import os
import signal
import threading
import time

import pytest

from conftest import RESPONDERS
from harness import Service, wait_until
from ports import free_port


def verify(client, name, kind="A", **query):
    """(what /verify says, seconds it took)"""
    options = "".join(f"&{key}={value}" for key, value in query.items())
    start = time.monotonic()
    data = client.get(f"/verify?name={name}&record_type={kind}{options}").json()["data"]
    return data, time.monotonic() - start


def test_waits_until_it_is_served(service, admin, zone):
    admin.put(f"/records/v.{zone}/A", {"values": ["192.0.2.2", "192.0.2.1"]})
    data, _ = verify(admin, f"v.{zone}", expect="192.0.2.1", timeout=10)
    assert data["verified"] is True
    assert data["answers"] == ["192.0.2.1", "192.0.2.2"]
    assert data["rcode"] == "NOERROR"
    assert data["attempts"] >= 1
    (server,) = data["servers"]
    assert server["address"] == f"127.0.0.1:{service.dns_port}"
    assert server["verified"] is True
    assert 0 < server["rtt_ms"] < 1000


def test_asks_again_until_the_time_is_up(admin, zone):
    admin.put(f"/records/v.{zone}/A", {"values": ["192.0.2.1"]})
    verify(admin, f"v.{zone}", timeout=10)
    data, seconds = verify(admin, f"v.{zone}", expect="192.0.2.9", timeout=1)
    assert data["verified"] is False
    assert data["answers"] == ["192.0.2.1"]
    assert 3 <= data["attempts"] <= 12
    assert 0.9 < seconds < 4
    data, seconds = verify(admin, f"v.{zone}", expect="192.0.2.9")
    assert data["verified"] is False
    assert data["attempts"] == 1


def test_what_is_not_there(admin, zone):
    admin.put(f"/records/v.{zone}/A", {"values": ["192.0.2.1"]})
    assert verify(admin, f"v.{zone}", timeout=10)[0]["verified"] is True
    data, _ = verify(admin, f"none.{zone}")
    assert (data["verified"], data["rcode"], data["answers"]) == (False, "NXDOMAIN", [])
    data, _ = verify(admin, f"v.{zone}", "AAAA")
    assert (data["verified"], data["rcode"], data["answers"]) == (False, "NOERROR", [])


def test_a_cname_is_followed(admin, zone):
    admin.put(f"/records/www.{zone}/CNAME", {"values": [f"middle.{zone}"]})
    admin.put(f"/records/middle.{zone}/CNAME", {"values": [f"end.{zone}"]})
    admin.put(f"/records/end.{zone}/A", {"values": ["192.0.2.7"]})
    data, _ = verify(admin, f"www.{zone}", expect="192.0.2.7", timeout=10)
    assert (data["verified"], data["answers"]) == (True, ["192.0.2.7"])
    data, _ = verify(admin, f"www.{zone}", "CNAME", expect=f"middle.{zone}")
    assert (data["verified"], data["answers"]) == (True, [f"middle.{zone}"])


def test_what_does_not_fit_udp_comes_over_tcp(service, admin, zone):
    values = [f"{number:03} " + "x" * 200 for number in range(40)]
    admin.put(f"/records/large.{zone}/TXT", {"values": values})
    data, _ = verify(admin, f"large.{zone}", "TXT", expect=values[39], timeout=10)
    assert data["verified"] is True
    assert data["answers"] == values


@pytest.mark.parametrize("query", ["", "record_type=A", "name=v.example.com",
    "name=v.example.com&record_type=A&timeout=31", "name=v.example.com&record_type=A&timeout=-1",
    "name=v.example.com&record_type=A&timeout=x", "name=v.example.com&record_type=A&wait=1"])  # fmt: skip
def test_bad_questions(admin, query):
    admin.problem("GET", f"/verify?{query}", 400, "bad-request")


def test_values_and_types_are_checked(admin, zone):
    path = f"/verify?name=v.{zone}&record_type="
    admin.problem("GET", path + "A&expect=nonsense", 422, "invalid-record")
    admin.problem("GET", path + "NOSUCHTYPE", 422, "unsupported-type")


def test_only_what_the_token_may_read(service, admin, zone):
    admin.put(f"/records/v.{zone}/A", {"values": ["192.0.2.1"]})
    grant = json.dumps({"z": [zone], "n": ["v"], "t": ["A"], "a": "r"})
    client = service.client(service.issue_token("--grant", grant))
    assert verify(client, f"v.{zone}", timeout=10)[0]["verified"] is True
    for path in (f"name=v.{zone}&record_type=TXT", f"name=w.{zone}&record_type=A"):
        client.problem("GET", f"/verify?{path}", 403, "not-permitted")
    service.anonymous().problem("GET", f"/verify?name=v.{zone}&record_type=A", 401, "no-token")


@pytest.fixture(scope="module")
def two_servers(tmp_path_factory):
    """A service with a second CoreDNS that does not answer, and its DNS port."""
    service = Service(tmp_path_factory.mktemp("verify") / "home", RESPONDERS=RESPONDERS)
    service.start()
    service.configure(f'coredns "other" {{\n\tdns_address = "127.0.0.1:{free_port()}"\n}}')
    service.stop()
    service.start()
    yield service
    service.stop()
    service.check_logs()


def test_every_server_has_to_agree(two_servers):
    client = two_servers.client()
    client.put("/records/both.example.com/A", {"values": ["192.0.2.1"]})
    two_servers.wait_served("both.example.com", "A", ["192.0.2.1"])
    data, _ = verify(client, "both.example.com", timeout=1)
    good, dead = data["servers"]
    assert data["verified"] is False
    assert (good["verified"], good["answers"], good["rcode"]) == (True, ["192.0.2.1"], "NOERROR")
    assert (dead["verified"], dead["answers"]) == (False, [])
    assert dead["rcode"] is None and dead["rtt_ms"] is None
    assert data["rcode"] is None


class Waiting:
    """A /verify that cannot come true, asked in the background."""

    def __init__(self, service, timeout):
        self.service, self.timeout = service, timeout
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        self.data, self.seconds = verify(
            self.service.client(), "example.com", "NS", expect="nowhere.test", timeout=self.timeout
        )

    @property
    def has_waited(self):
        self.thread.join()
        return self.seconds > self.timeout - 0.5


def test_at_most_half_of_what_is_under_way_waits(own_service):
    wait_until(lambda: own_service.answers("example.com", "NS")[1], what="the zone")
    places = 32 * int(RESPONDERS)
    questions = [Waiting(own_service, 6) for _ in range(places + 40)]
    client = own_service.client()
    time.sleep(1)
    for _ in range(20):
        start = time.monotonic()
        client.get("/zones")
        assert time.monotonic() - start < 1
    waited = [question for question in questions if question.has_waited]
    assert 32 <= len(waited) <= places
    assert all(question.data["verified"] is False for question in questions)
    assert all(q.data["attempts"] == 1 for q in questions if q not in waited)
    # Their places are free again.
    assert Waiting(own_service, 1).has_waited


def later(seconds, action):
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


def test_goes_on_when_the_publisher_is_replaced(own_service):
    client = own_service.client()
    wait_until(lambda: own_service.answers("example.com", "NS")[1], what="the zone")
    (publisher,) = own_service.children("publisher")
    timer = later(1, lambda: os.kill(publisher, signal.SIGKILL))
    data, seconds = verify(client, "example.com", "NS", expect="nowhere.test", timeout=4)
    timer.join()
    assert data["verified"] is False
    assert data["rcode"] == "NOERROR"
    assert 3.5 < seconds < 7


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_who_waits_is_answered_before_the_end(own_service, number):
    client = own_service.client()
    wait_until(lambda: own_service.answers("example.com", "NS")[1], what="the zone")
    supervisor = own_service.pid("coregated")
    timer = later(1, lambda: os.kill(supervisor, number))
    data, seconds = verify(client, "example.com", "NS", expect="nowhere.test", timeout=20)
    timer.join()
    assert data["verified"] is False
    assert data["rcode"] == "NOERROR"
    assert seconds < 8
    assert not [line for line in own_service.logs("coregated") if "killed" in line]


def test_a_stopped_coredns(own_service):
    client = own_service.client()
    wait_until(lambda: own_service.answers("example.com", "NS")[1], what="the zone")
    pid = own_service.pid("coredns")
    os.kill(pid, signal.SIGSTOP)
    try:
        data, seconds = verify(client, "example.com", "NS")
        assert (data["verified"], data["rcode"], data["answers"]) == (False, None, [])
        assert seconds < 3
        timer = later(1.5, lambda: os.kill(pid, signal.SIGCONT))
        data, seconds = verify(client, "example.com", "NS", timeout=15)
        timer.join()
        assert data["verified"] is True
        assert 1 < seconds < 10
    finally:
        os.kill(pid, signal.SIGCONT)
