# SPDX-License-Identifier: GPL-3.0-or-later
"""Random operations of many clients at once, everything killed meanwhile: the history explains each answer,
and in the end API, zone files and CoreDNS say the same.

OPERATIONS says how many; by itself as many as take half a minute.
"""

import collections
import concurrent.futures
import os
import random
import threading
import time

import dns.name
import dns.rdata
import dns.rdatatype
import dns.zone

from harness import wait_until
from history_checker import Checker, due_before
from random_operations import HOSTS, NAMES, NAMESERVERS, QUIET, ZONES, Client, Shared, effect_of, list_of
from strikes import STRIKES, wait_ready

OPERATIONS = int(os.environ.get("OPERATIONS", "6000"))
SEED = int(os.environ.get("OPERATIONS_SEED", "1"))
CLIENTS = 16
# nginx is killed elsewhere; here each connection is to see many answers.
STRUCK = sorted(set(STRIKES) - {"everything"})


def last_change(client):
    return client.get("/changes?limit=1").json()["data"][0]["id"]


def read_history(service):
    """All changes, the oldest first, as history_checker.py wants them."""
    client, listed, path = service.client(), [], "/changes?limit=1000"
    while path:
        page = client.get(path).json()
        listed += page["data"]
        path = page["next"] and f"/changes?limit=1000&cursor={page['next']}"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        diffs = list(pool.map(read_diff(service), [one["id"] for one in listed]))
    return [
        {"id": one["id"], "at": one["at"], "actor": one["actor"], "request_id": one["request_id"],
         "zones": {zone["zone"]: zone["serial"] for zone in one["zones"]}, "effects": diff}
        for one, diff in zip(reversed(listed), reversed(diffs), strict=True)
    ]  # fmt: skip


def read_diff(service):
    clients = collections.defaultdict(service.client)

    def read(change):
        client = clients[threading.get_ident()]
        answer = client.session.get(f"{service.api}/changes/{change}?limit=1000",
                                    headers={"Authorization": f"Bearer {client.token}"}, timeout=30)  # fmt: skip
        assert answer.status_code == 200 and answer.json()["next"] is None, answer.text
        return [effect_of(one) for one in answer.json()["data"]["diff"]]

    return read


def run_clients(service):
    """(shared, kills by name)"""
    shared, chance, kills = Shared(service, OPERATIONS), random.Random(SEED), collections.Counter()
    clients = [Client(shared, number, SEED) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    order = []
    while any(client.is_alive() for client in clients):
        time.sleep(chance.uniform(0.1, 1.0))
        order = order or chance.sample(STRUCK, len(STRUCK))
        name = order.pop()
        STRIKES[name](service, chance)
        kills[name] += 1
        wait_ready(service)
    for client in clients:
        client.join()
    assert not shared.failures, shared.failures
    return shared, kills


def wait_expired(client):
    """Until nothing is left that expires. What was killed last may still be on its way back."""
    def is_over():
        pages = [client.get(f"/records?zone={zone}&limit=1000", expect=(200, 404, 502, 503)) for zone in ZONES]
        return (
            all(page.status_code in (200, 404) for page in pages)
            and not any("expires_at" in one for page in pages for one in page.json().get("data", []))
        )  # fmt: skip

    wait_until(is_over, 20, 0.2, what="the end of all that expires")


def zone_names(client):
    return [one["name"] for one in client.get("/zones?limit=1000").json()["data"]]


def rdata(kind, value):
    text = f'"{value}"' if kind == "TXT" else value
    return dns.rdata.from_text("IN", kind, text, dns.name.root, relativize=False)


def check_lists(client, sides, zones):
    assert set(zone_names(client)) == set(zones)
    for zone, serial in zones.items():
        listed = list_of(client.get(f"/records?zone={zone}&limit=1000").json()["data"])
        assert listed["sides"] == {key: side for key, side in sides.items() if key[0] == zone}, zone
        assert listed["serial"] == serial


def check_files(service, sides, zones):
    found = {path.name.removeprefix("db.") for path in (service.home / "zones").glob("db.*")}
    assert found == set(zones)
    for zone, serial in zones.items():
        file = dns.zone.from_text(service.zone_text(zone), zone, relativize=False)
        assert file.get_soa().serial == serial
        read = {(zone, name.to_text(True), dns.rdatatype.to_text(one.rdtype)): (one.ttl, set(one))
                for name, one in file.iterate_rdatasets() if one.rdtype != dns.rdatatype.SOA}  # fmt: skip
        wanted = {key: (side[0], {rdata(key[2], value) for value, _ in side[1]})
                  for key, side in sides.items() if key[0] == zone and key[2] != "SOA"}  # fmt: skip
        assert read == wanted, zone


def check_served(service, sides, zones):
    """Each RRset there is, and each that could be: names and types without one have no answer."""
    for zone, serial in zones.items():
        wait_until(lambda: service.soa_serial(zone) == serial, 20, what=f"serial {serial} of {zone}")
    wanted = {key[1:]: side for key, side in sides.items() if key[2] != "SOA"}
    places = {(name, kind) for name in [*NAMES, *QUIET, *HOSTS, *ZONES] for kind in ("A", "TXT", "CNAME")}
    for name, kind in sorted(places | set(wanted)):
        side = wanted.get((name, kind))
        question = dns.rdatatype.from_text(kind)
        answer = [one for one in service.query(name, kind).answer
                  if one.rdtype == question and one.name == dns.name.from_text(name)]  # fmt: skip
        served = {(one.ttl, value) for one in answer for value in one}
        assert served == {(side[0], rdata(kind, value)) for value, _ in (side[1] if side else ())}, (name, kind)


def test_the_history_explains_every_answer(own_service, record_property):
    service, client = own_service, own_service.client()
    for zone in ZONES[:2]:
        client.post("/zones", {"name": zone, "nameservers": NAMESERVERS})
    base, begun = last_change(client), time.monotonic()
    shared, kills = run_clients(service)
    seconds = time.monotonic() - begun
    wait_ready(service)
    wait_expired(client)
    entries = read_history(service)
    checker = Checker(entries, shared.operations, base)
    complaints = checker.check()
    figures = {"operations": len(shared.operations), "seconds": round(seconds, 1), "kills": sum(kills.values()),
               "calls without an answer": dict(shared.failed_calls), **checker.figures}  # fmt: skip
    print(figures, dict(kills))
    for name, value in figures.items():
        record_property(name, value)
    assert not complaints, "\n".join(complaints[:20])
    sides, zones = checker.final()
    assert not due_before(sides, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    check_lists(client, sides, zones)
    check_served(service, sides, zones)
    check_files(service, sides, zones)
    assert len(shared.operations) == OPERATIONS
    assert checker.figures["excused"] <= OPERATIONS / 200
    assert len(kills) >= min(5, OPERATIONS // 1000)
