# SPDX-License-Identifier: GPL-3.0-or-later
"""q=: what a search finds, for whom, in which order; and entity tags of lists."""

import os
import random
import signal
import urllib.parse

import pytest

from harness import wait_until


@pytest.fixture
def filled(admin, zone):
    changes = [
        ("www", "A", ["192.0.2.10", "192.0.2.11"]), ("WWW2", "AAAA", ["2001:db8::77"]),
        ("mail", "MX", ["10 MX.Example.net"]), ("note", "TXT", ["The Quick brown Fox", "second"]),
        ("x.dev", "A", ["192.0.2.10"]), ("y.dev", "CNAME", [f"www.{zone}"]),
    ]  # fmt: skip
    for label, kind, values in changes:
        admin.put(f"/records/{label}.{zone}/{kind}", {"values": values})
    return zone


def everything(client, query):
    found, cursor = [], ""
    while True:
        page = client.get(f"/records?{query}{cursor}").json()
        found += page["data"]
        if page["next"] is None:
            return found
        cursor = "&cursor=" + page["next"]


def search(client, zone, text, more=""):
    found = everything(client, f"zone={zone}&q={urllib.parse.quote(text)}{more}")
    return [(r["name"].removesuffix(f".{zone}"), r["record_type"], r["value"]) for r in found]


def test_names_and_values(admin, filled):
    www = [("www", "A", "192.0.2.10"), ("www", "A", "192.0.2.11")]
    assert search(admin, filled, "ww2") == [("www2", "AAAA", "2001:db8::77")]
    assert search(admin, filled, "2.10") == [("x.dev", "A", "192.0.2.10"), www[0]]
    assert search(admin, filled, "WWW.") == [("y.dev", "CNAME", f"www.{filled}"), *www]
    assert search(admin, filled, "db8::7") == [("www2", "AAAA", "2001:db8::77")]
    assert search(admin, filled, "10 mx.EX") == [("mail", "MX", "10 mx.example.net")]
    assert search(admin, filled, "k BROWN f") == [("note", "TXT", "The Quick brown Fox")]
    assert search(admin, filled, "nothing-like-it") == []
    assert search(admin, filled, "\u00e4\u00f6") == []


def test_with_other_filters(admin, filled):
    assert search(admin, filled, "2.10", "&record_type=A&under=dev." + filled) == [("x.dev", "A", "192.0.2.10")]
    assert search(admin, filled, "192.0", "&name=x.dev." + filled) == [("x.dev", "A", "192.0.2.10")]
    assert search(admin, filled, "www", "&record_type=AAAA") == [("www2", "AAAA", "2001:db8::77")]
    assert search(admin, filled, "www", "&value=192.0.2.11") == [("www", "A", "192.0.2.11")]
    assert search(admin, filled, "www", "&record_type=MX") == []


def test_a_soa_is_found_by_its_names_not_its_serial(admin, filled):
    serial = str(admin.get(f"/zones/{filled}").json()["data"]["serial"])
    assert [kind for _, kind, _ in search(admin, filled, "hostmaster." + filled[:3])] == ["SOA"]
    assert "SOA" not in [kind for _, kind, _ in search(admin, filled, serial)]


@pytest.mark.parametrize("text", ["", "a", "ab", "x" * 256])
def test_too_short_or_too_long(admin, text):
    problem = admin.problem("GET", f"/records?q={text}", 400, "bad-request")
    assert [fault["pointer"] for fault in problem["errors"]] == ["?q"]


def test_only_what_may_be_listed(service, admin, filled):
    token = service.issue_token("--grant", '{"z":["%s"],"n":["www"],"t":["A"],"a":"l"}' % filled)
    client = service.client(token)
    assert search(client, filled, "192.0.2") == [("www", "A", "192.0.2.10"), ("www", "A", "192.0.2.11")]
    assert search(client, filled, "brown") == []
    client.problem("GET", "/records?zone=example.com&q=www", 403, "not-permitted")


def test_what_was_just_written_is_found_and_what_went_is_not(admin, zone):
    for number in range(60):
        name = f"fresh{number}.{zone}"
        admin.put(f"/records/{name}/TXT", {"values": [f"word{number * 7919}"]})
        assert [kind for _, kind, _ in search(admin, zone, f"word{number * 7919}")] == ["TXT"]
        admin.put(f"/records/{name}/TXT", {"values": [f"other{number}"]})
        assert search(admin, zone, f"word{number * 7919}") == []
        if number % 2:
            admin.delete(f"/records/{name}/TXT")
        assert len(search(admin, zone, f"fresh{number}.")) == 1 - number % 2


def test_random_searches_find_what_a_list_holds(admin, zone):
    """Against the list of all, in its order, with pages of all sizes."""
    chance = random.Random(5)
    letters = "abc0.1"
    for number in range(150):
        label = "".join(chance.choice("abc01") for _ in range(6)) + str(number)
        kind = chance.choice(["TXT", "A"])
        values = ["".join(chance.choice(letters) for _ in range(9)), "t"] if kind == "TXT" else [
            f"10.{chance.randrange(3)}.{chance.randrange(256)}.{number}"]  # fmt: skip
        admin.put(f"/records/{label}.{zone}/{kind}", {"values": values})
    whole = [r for r in everything(admin, f"zone={zone}&limit=1000") if r["record_type"] != "SOA"]
    for _ in range(60):
        text = "".join(chance.choice(letters) for _ in range(chance.choice([3, 3, 4, 5])))
        wanted = [r for r in whole if text in r["name"] or text in r["value"].lower()]
        limit = chance.choice([1, 3, 100, 1000]) if len(wanted) < 40 else 1000
        assert everything(admin, f"zone={zone}&q={text}&limit={limit}") == wanted, text


def test_an_indexer_that_dies_is_replaced(own_service):
    admin = own_service.client()
    (old,) = own_service.children("indexer")
    os.kill(old, signal.SIGKILL)
    admin.put("/records/lost-word.example.com/TXT", {"values": ["meanwhile"]})
    assert len(everything(admin, "q=lost-word")) == 1
    wait_until(lambda: own_service.children("indexer").keys() - {old}, what="another indexer")
    assert len(everything(admin, "q=meanwhile")) == 1
    # Many new records: the index is made anew.
    for block in range(3):
        for number in range(12):
            values = [f"10.{block}.{number}.{last}" for last in range(100)]
            admin.put(f"/records/b{block}n{number}.example.com/A", {"values": values})
    assert len(everything(admin, "q=b2n7.")) == 100
    assert len(everything(admin, "q=10.1.11.9&limit=7")) == 11


# ---- entity tags of lists


def fetch(client, path, tag, expect):
    return client.get(path, expect, headers={"If-None-Match": tag})


@pytest.mark.parametrize("path", ["/records?zone={zone}&limit=2", "/records?q=www&zone={zone}", "/zones?limit=3"])
def test_a_list_that_is_known_is_not_sent_again(admin, filled, path):
    path = path.format(zone=filled)
    answer = admin.get(path)
    tag = answer.headers["ETag"]
    again = fetch(admin, path, tag, 304)
    assert again.headers["ETag"] == tag
    assert fetch(admin, path, f'"1", W/{tag}', 304)
    assert fetch(admin, path, '"1"', 200).json()["data"] == answer.json()["data"]
    head = admin.call("HEAD", path, 200)
    assert head.headers["ETag"] == tag
    # Any change may be one of the list.
    admin.put(f"/records/new.{filled}/A", {"values": ["192.0.2.99"]})
    changed = fetch(admin, path, tag, 200)
    assert changed.headers["ETag"] != tag
    fetch(admin, path, changed.headers["ETag"], 304)


def test_a_tag_is_of_one_query_and_one_token(service, admin, filled):
    token = service.issue_token("--grant", '{"z":["%s"],"n":["www"],"t":["A"],"a":"l"}' % filled)
    other = service.client(token)
    tags = {
        client.get(path).headers["ETag"]
        for client in (admin, other)
        for path in (f"/records?zone={filled}", f"/records?zone={filled}&limit=5", "/zones", "/records?q=www")
    }
    assert len(tags) == 8


def test_a_tag_opens_nothing(service, admin, filled):
    tag = admin.get(f"/records?zone={filled}").headers["ETag"]
    token = service.issue_token("--grant", '{"z":["example.com"],"s":["@"],"t":["*"],"a":"rl"}')
    other = service.client(token)
    for value in (tag, "*"):
        other.problem("GET", f"/records?zone={filled}", 403, "not-permitted", headers={"If-None-Match": value})
    admin.problem("GET", "/zones", 412, "precondition-failed", headers={"If-Match": '"3"'})
    admin.problem("GET", "/zones", 400, "bad-request", headers={"If-None-Match": "x"})
