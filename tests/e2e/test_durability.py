# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of anything at any moment: no acknowledged write is lost, no zone file is torn.

KILL_ROUNDS says how many kills; by itself some twenty, in a minute at most.
"""

import json
import os
import random
import re
import subprocess
import time

import dns.exception

from harness import wait_until
from load import Book, FileWatcher
from strikes import STRIKES, kill, wait_ready

ROUNDS = int(os.environ.get("KILL_ROUNDS", "20"))
SECONDS = None if "KILL_ROUNDS" in os.environ else 45
ZONES = ["example.com", "kill-a.test", "kill-b.test"]


def served_serial(service, zone):
    try:
        return int(service.answers(zone, "SOA")[1].pop().split()[2])
    except (dns.exception.DNSException, OSError, KeyError):
        return None


def check_served(service, client, zone, values):
    """Store, file and CoreDNS have the same serial, and CoreDNS the same records."""
    serial = client.get(f"/zones/{zone}").json()["data"]["serial"]
    wait_until(lambda: served_serial(service, zone) == serial, 20, what=f"serial {serial} of {zone}")
    assert service.zone_lines(zone)[0].split()[6] == str(serial)
    file = service.home / "zones" / f"db.{zone}"
    check = subprocess.run(["named-checkzone", "-q", zone, file], capture_output=True)
    assert check.returncode == 0, check.stdout
    owners = dict(re.findall(r"^(\S+)\. \d+ IN A (\S+)$", service.zone_text(zone), re.M))
    for name, value in values.items():
        assert owners.get(name) == value, (name, owners.get(name), value)
    for name, value in list(values.items())[-200:]:
        assert service.answers(name, "A")[1] == ({value} if value else set()), name


def check_audit(service, book):
    """The chain holds, and every acknowledged write has its row. nginx sends no POST a second time."""
    store = service.home / "store/coregate.db"
    verified = service.tool("audit", "verify", "--store", store)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    rows = [json.loads(line) for line in service.tool("audit", "export", "--store", store).stdout.splitlines()]
    ids = [row["request_id"] for row in rows]
    assert set(book.request_ids) <= set(ids), sorted(set(book.request_ids) - set(ids))[:5]
    posts = [one for one in ids if "-POST-" in one]
    assert len(posts) == len(set(posts)), "a POST was carried out twice"


def test_kill_anything_under_load(own_service, record_property):
    service = own_service
    client = service.client()
    for zone in ZONES[1:]:
        client.post("/zones", {"name": zone, "nameservers": ["ns1.example.com"]})
    chance = random.Random(int(os.environ.get("KILL_SEED", "1")))
    end = time.monotonic() + SECONDS if SECONDS else float("inf")
    struck = []
    with FileWatcher(service, *ZONES) as watcher, Book(service, ZONES) as book:
        while len(struck) < ROUNDS and time.monotonic() < end:
            # Each kind once in a while, in another order each time.
            what = chance.sample(list(STRIKES), len(STRIKES)) if len(struck) % len(STRIKES) == 0 else what
            name = what[len(struck) % len(STRIKES)]
            time.sleep(chance.uniform(0.05, 0.6))
            STRIKES[name](service, chance)
            struck.append(name)
            wait_ready(service)
            before = book.acknowledged
            wait_until(lambda: book.acknowledged > before, 10, what=f"a write after the {name} was killed")
    assert len(struck) >= min(ROUNDS, 12), struck
    assert set(book.statuses) <= {200, 201, 404, 503}, set(book.statuses)
    wait_ready(service)
    values = book.check(client)
    for zone in ZONES:
        check_served(service, client, zone, {n: v for n, v in values.items() if n.endswith(f".{zone}")})
    check_audit(service, book)
    print(f"{len(struck)} kills, {book.acknowledged} writes acknowledged, {book.broken} without an answer, "
          f"{book.statuses.count(503)} refused for the time being, {watcher.readings} files read")  # fmt: skip
    record_property("kills", len(struck))
    record_property("acknowledged", book.acknowledged)


def test_a_stop_loses_nothing(own_service):
    """SIGTERM under load: what was acknowledged is there at the next start."""
    service = own_service
    with Book(service, ["example.com"]) as book:
        time.sleep(1)
        service.stop()
        book.ending.set()
    assert set(book.statuses) <= {200, 201, 404, 503}, set(book.statuses)
    service.start()
    client = service.client()
    check_served(service, client, "example.com", book.check(client))
    check_audit(service, book)


def test_no_write_is_half_a_write(own_service):
    """An RRset of many values replaced by another again and again, the writer killed meanwhile: never a mixture."""
    service, name = own_service, "whole.example.com"
    client = service.client()
    kinds = {letter: {f"{letter}{number}" for number in range(200)} for letter in "ab"}
    path = f"/records/{name}/TXT"
    client.put(path, {"values": sorted(kinds["a"])})
    with FileWatcher(service, "example.com"):
        for number in range(40):
            letter = "ba"[number % 2]
            answer = client.call("PUT", path, body={"values": sorted(kinds[letter])})
            assert answer.status_code in (200, 503), answer.text
            if number % 8 == 4:
                kill(*service.children("writer"))
            values = set(client.get(path).json()["data"]["values"])
            assert values in kinds.values()
            assert answer.status_code == 503 or values == kinds[letter]
    wait_ready(service)
