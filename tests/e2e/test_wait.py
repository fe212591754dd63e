# SPDX-License-Identifier: GPL-3.0-or-later
"""Prefer: wait. A write is answered once every CoreDNS serves it, or with 202 when the time is over."""

import concurrent.futures
import os
import signal
import time

import pytest

from conftest import RESPONDERS
from harness import wait_until

WAIT = {"Prefer": "wait=10"}


@pytest.fixture
def coredns_stands_still(own_service):
    wait_until(lambda: own_service.answers("example.com", "NS")[1], what="the zone")
    pid = own_service.pid("coredns")
    os.kill(pid, signal.SIGSTOP)
    yield lambda: os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGCONT)


def put(client, name, prefer, expect=(200, 201)):
    start = time.monotonic()
    answer = client.put(
        f"/records/{name}.example.com/A", {"values": ["192.0.2.1"]}, expect=expect, headers={"Prefer": prefer}
    )
    return answer, time.monotonic() - start


def test_an_answer_means_that_it_is_served(own_service):
    client = own_service.client()
    for number in range(10):
        answer = client.post(
            "/records",
            {"name": f"w{number}.example.com", "record_type": "A", "value": "192.0.2.7"},
            expect=201,
            headers=WAIT,
        )
        assert answer.headers["Preference-Applied"] == "wait"
        assert own_service.answers(f"w{number}.example.com", "A")[1] == {"192.0.2.7"}
        (zone,) = client.get(f"/changes/{answer.headers['Change-Id']}").json()["data"]["zones"]
        assert zone["status"] == "served"


def test_zones_and_batches(own_service):
    client = own_service.client()
    client.post("/zones", {"name": "wait.test", "nameservers": ["ns.wait.test"]}, expect=201, headers=WAIT)
    assert own_service.answers("wait.test", "NS")[1]
    batch = [
        {"action": "create", "name": f"b.{zone}", "record_type": "A", "value": "192.0.2.8"}
        for zone in ("wait.test", "example.com")
    ]
    answer = client.post("/changes", {"changes": batch}, expect=200, headers=WAIT)
    assert answer.headers["Preference-Applied"] == "wait"
    assert [zone["status"] for zone in answer.json()["data"]["zones"]] == ["served", "served"]
    for zone in ("wait.test", "example.com"):
        assert own_service.answers(f"b.{zone}", "A")[1] == {"192.0.2.8"}
    answer = client.delete("/zones/wait.test?confirm=wait.test", headers=WAIT)
    assert answer.headers["Preference-Applied"] == "wait"


def test_nothing_to_wait_for(own_service):
    client = own_service.client()
    put(client, "same", "wait=10")
    answer, seconds = put(client, "same", "wait=10")
    assert "Change-Id" not in answer.headers and "Preference-Applied" not in answer.headers
    assert seconds < 5
    answer, _ = put(client, "other", "return=minimal, wait=10")
    assert answer.headers["Preference-Applied"] == "wait, return=minimal"
    assert list(answer.json()["data"]) == ["id"]


def test_when_the_time_is_over(own_service, coredns_stands_still):
    client = own_service.client()
    answer, seconds = put(client, "late", "wait=1", expect=202)
    assert 0.9 < seconds < 4
    data = answer.json()["data"]
    assert data["status"] == "pending" and "Preference-Applied" not in answer.headers
    path = f"/changes/{data['id']}"
    assert answer.headers["Location"] == "/api/v1/dns" + path
    assert client.get(path).json()["data"]["zones"][0]["status"] == "pending"
    assert client.get("/records/late.example.com/A").json()["data"]["values"] == ["192.0.2.1"]
    coredns_stands_still()
    wait_until(lambda: client.get(path).json()["data"]["zones"][0]["status"] == "served", what="the change")


def test_who_waits_holds_nobody_up(own_service, coredns_stands_still):
    client = own_service.client()
    places = 32 * int(RESPONDERS)
    with concurrent.futures.ThreadPoolExecutor(places + 20) as pool:
        waits = [
            pool.submit(put, own_service.client(), f"p{number}", "wait=6", 202) for number in range(places + 20)
        ]
        time.sleep(1)
        start = time.monotonic()
        for _ in range(10):
            client.get("/zones")
            client.put("/records/quick.example.com/A", {"values": [f"192.0.2.{_}"]}, expect=(200, 201))
        assert time.monotonic() - start < 3
        seconds = [wait.result()[1] for wait in waits]
    # Who came when all places were taken has got its answer at once.
    assert min(seconds) < 4
    assert sum(each > 5.5 for each in seconds) >= 32


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_who_waits_is_answered_before_the_end(own_service, coredns_stands_still, number):
    client = own_service.client()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        wait = pool.submit(put, client, "end", "wait=20", 202)
        time.sleep(1)
        os.kill(own_service.pid("coregated"), number)
        assert wait.result()[1] < 8
