# SPDX-License-Identifier: GPL-3.0-or-later
"""A large import while others write, and when something dies in the middle: all of it or nothing."""

import os
import signal
import sqlite3
import threading
import time

import pytest

from harness import wait_until
from test_export import export
from test_import import counts, load, many, records



def is_clean(service):
    """Nothing is left of imports that did not come to an end, or of what made way for them."""
    with sqlite3.connect(f"file:{service.home}/store/coregate.db?mode=ro", uri=True, timeout=10) as store:
        left = [
            store.execute(query).fetchone()[0]
            for query in (
                "SELECT count(*) FROM imports",
                "SELECT count(*) FROM rrsets WHERE zone_id NOT IN (SELECT id FROM zones)",
                "SELECT count(*) FROM change_effects WHERE revision NOT IN (SELECT revision FROM changes)",
            )
        ]  # fmt: skip
    return not any(left)


def check_whole(client, zone):
    text = export(client, zone).text
    assert len(text.splitlines()) == records(client, zone)
    return text


def test_others_write_the_same_zone_meanwhile(own_service):
    """What was acknowledged to others while the import ran is there afterwards, too."""
    service = own_service
    admin, zone = service.client(), "example.com"
    done, stop = [], threading.Event()

    def write():
        client = service.client()
        while not stop.is_set():
            name = f"o{len(done):05}.{zone}"
            client.put(f"/records/{name}/A", {"values": ["203.0.113.1"]})
            if len(done) % 3 == 2:
                client.delete(f"/records/o{len(done) - 1:05}.{zone}/A")
            done.append(name)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        wait_until(lambda: len(done) > 5, what="the first writes")
        begun = len(done)
        answer = load(admin, zone, many(20000), timeout=120)
        during = len(done) - begun
    finally:
        stop.set()
        thread.join()
    assert counts(answer)[0] == 20000 and during > 5
    text = check_whole(admin, zone)
    names = {line.split()[0] for line in text.splitlines()}
    for i, name in enumerate(done):
        assert (f"{name}." in names) is not (i % 3 == 1 and i + 1 < len(done)), name
    wait_until(lambda: is_clean(service), 30, what="everything left over to be removed")
    wait_until(lambda: service.zone_text(zone) == export(admin, zone).text, 30, what="the published zone")


def test_a_record_that_conflicts_meanwhile(own_service):
    """Somebody makes a CNAME where the file has an address, while the import runs: all of it is refused."""
    service = own_service
    admin, zone = service.client(), "example.com"
    answers = []
    thread = threading.Thread(target=lambda: answers.append(load(admin, zone, many(20000), None, timeout=120)))
    thread.start()
    other = service.client()
    made = []
    while thread.is_alive() and not made:
        answer = other.put(f"/records/h000000.{zone}/CNAME", {"values": ["x.example.net"]}, expect=None)
        made += [answer] if answer.status_code == 201 else []
    thread.join()
    (answer,) = answers
    text = check_whole(service.client(), zone)
    has_cname, has_address = f"h000000.{zone}. 300 IN CNAME" in text, f"h000001.{zone}. " in text
    if made and answer.status_code == 200:
        assert f"h000000.{zone}. 300 IN A" not in text or not has_cname
    else:
        assert answer.status_code == (409 if made else 200)
    assert has_address is (answer.status_code == 200)
    wait_until(lambda: is_clean(service), 30, what="everything left over to be removed")


@pytest.mark.parametrize("role", ["writer", "bulk"])
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_a_process_dies_in_the_middle(own_service, role, mode):
    service = own_service
    admin, zone = service.client(), "example.com"
    load(admin, zone, many(3000, address="198.51.100"), timeout=120)
    before, rows = check_whole(admin, zone), 8000
    text = "@ 300 NS ns1.example.com.\n" + many(rows, first=1000)
    for pause in (0.02, 0.1, 0.2, 0.3, 0.5):
        answers = []
        # The bare session: an import that died is not what the contract speaks of.
        thread = threading.Thread(target=lambda: answers.append(load(
            service.client(), zone, text, (200, 503), mode=mode, timeout=120)))  # fmt: skip
        thread.start()
        time.sleep(pause)
        for pid in service.children(role):
            os.kill(pid, signal.SIGKILL)
        thread.join()
        wait_until(lambda: service.client().get("/ready", None).status_code == 200, 20, what="ready again")
        after = check_whole(admin, zone)
        count = sum(" IN A 192.0.2." in line for line in after.splitlines())
        assert count == rows if answers[0].status_code == 200 else count in (0, rows), "neither all nor nothing"
        if count:
            break
        assert after == before
    wait_until(lambda: is_clean(service), 90, what="everything left over to be removed")
    check_whole(admin, zone)
    load(admin, zone, "z 300 A 192.0.2.1\n")
