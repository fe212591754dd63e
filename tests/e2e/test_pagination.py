# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: filters, pages, cursors, canonical order."""

import urllib.parse

import pytest


@pytest.fixture
def filled(admin, zone):
    for number in range(25):
        admin.put(f"/records/h{number}.{zone}/A", {"values": [f"192.0.2.{number}", "192.0.2.200"]})
    admin.put(f"/records/x.sub.{zone}/A", {"values": ["192.0.2.200"]})
    admin.put(f"/records/sub.{zone}/TXT", {"values": ["t"]})
    admin.put(f"/records/xsub.{zone}/TXT", {"values": ["t"]})
    return zone


def pages(client, query):
    cursor, count = "", 0
    while True:
        answer = client.get(f"/records?{query}" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))
        value = answer.json()
        yield value["data"], answer
        count += 1
        assert count < 1000
        cursor = value["next"]
        assert ('rel="next"' in answer.headers.get("Link", "")) == (cursor is not None)
        if cursor is None:
            return


def key(record):
    """Canonical order of names (RFC 4034 6.1)."""
    return [label.encode() for label in reversed(record["name"].split("."))]


def everything(client, query):
    return [record for page, _ in pages(client, query) for record in page]


def test_all_pages_together_are_everything_in_order(admin, filled):
    whole = everything(admin, f"zone={filled}&limit=1000")
    assert len(whole) == 2 + 25 * 2 + 3  # with SOA and NS
    assert [key(r) for r in whole] == sorted(key(r) for r in whole)
    for limit in (1, 2, 3, 7, 53):
        assert everything(admin, f"zone={filled}&limit={limit}") == whole
        assert all(len(page) <= limit for page, _ in pages(admin, f"zone={filled}&limit={limit}"))


def test_the_link_leads_on(service, admin, filled):
    answer = admin.get(f"/records?zone={filled}&limit=10&record_type=A")
    link = answer.headers["Link"]
    target = link[link.index("<") + 1 : link.index(">")]
    following = admin.get(urllib.parse.urljoin(service.api, target))
    assert following.json()["data"][0] not in answer.json()["data"]
    assert all(record["record_type"] == "A" for record in following.json()["data"])


def test_filters(admin, filled):
    def names(query):
        return {record["name"] for record in everything(admin, f"zone={filled}&{query}")}

    assert names(f"name=h1.{filled}") == {f"h1.{filled}"}
    assert names(f"name=H1.{filled}.") == {f"h1.{filled}"}
    assert names(f"under=sub.{filled}") == {f"sub.{filled}", f"x.sub.{filled}"}
    assert names("record_type=txt") == {f"sub.{filled}", f"xsub.{filled}"}
    assert names("record_type=TYPE16") == {f"sub.{filled}", f"xsub.{filled}"}
    assert names("value=192.0.2.7&record_type=A") == {f"h7.{filled}"}
    assert len(names("value=192.0.2.200&record_type=A")) == 26
    assert names(f"name=none.{filled}") == set()


def test_a_value_is_found_behind_many_others(admin, zone):
    """More values than a request has memory for, if each took some."""
    for block in range(20):
        values = [f"10.{block}.{number >> 8}.{number & 255}" for number in range(1800)]
        admin.put(f"/records/block{block}.{zone}/A", {"values": values})
    admin.put(f"/records/needle.{zone}/TXT", {"values": ["needle"]})
    assert [record["name"] for record in everything(admin, f"zone={zone}&value=needle")] == [f"needle.{zone}"]


def test_without_a_zone_all_zones(admin, filled):
    found = everything(admin, f"under={filled}&limit=20")
    assert {record["name"] for record in found} >= {filled, f"h3.{filled}"}


def test_default_limit_is_a_hundred(admin, zone):
    for start in (0, 60):
        values = [f"10.0.{start}.{number}" for number in range(60)]
        admin.put(f"/records/many{start}.{zone}/A", {"values": values})
    answer = admin.get(f"/records?zone={zone}").json()
    assert 0 < len(answer["data"]) <= 100
    assert answer["next"] is not None


@pytest.mark.parametrize("query", [
    "limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1.5", "limit=1e2", "limit=0x10",
    "limit=99999999999999999999", "limit=+5", "limit= 5", "cursor=x", "cursor=", "cursor=AAAA",
    "cursor=%00", "cursor=..%2f", "name=a..b", "name=%ff", "name=", "under=a%20b", "record_type=NOPE",
    "record_type=TYPE65536", "record_type=", "zone=a..b", "zone=", "unknown=1", "limit=5&limit=6",
    "zone=example.com&zone=example.com", "%zz=1", "a", "=", "value=%0a&record_type=A",
    "record_type=A&value=300.1.1.1", "cursor=" + "A" * 3000,
])  # fmt: skip
def test_bad_queries(admin, query):
    answer = admin.call("GET", f"/records?{query}", (400, 404, 422))
    assert answer.json()["code"] in ("bad-request", "invalid-name", "unsupported-type", "no-such-zone",
                                     "invalid-record"), answer.text  # fmt: skip


def test_a_forged_cursor_opens_nothing(service, admin, filled):
    token = service.issue_token(
        "--grant", '{"z":["%s"],"n":["h1"],"t":["A"],"a":"l"}' % filled
    )
    cursor = admin.get(f"/records?zone={filled}&limit=5").json()["next"]
    answer = service.client(token).call("GET", f"/records?zone={filled}&limit=5&cursor={cursor}")
    if answer.status_code == 200:
        assert {record["name"] for record in answer.json()["data"]} <= {f"h1.{filled}"}
    else:
        assert answer.status_code == 400


def test_a_page_stays_right_while_records_come_and_go(admin, filled):
    first = admin.get(f"/records?zone={filled}&limit=10").json()
    last = first["data"][-1]
    admin.delete(f"/records/{last['name']}/{last['record_type']}", (200, 409))
    query = f"zone={filled}&limit=1000&cursor={urllib.parse.quote(first['next'])}"
    rest = admin.get(f"/records?{query}").json()["data"]
    seen = {(r["name"], r["record_type"], r["value"]) for r in first["data"]}
    assert all((r["name"], r["record_type"], r["value"]) not in seen for r in rest)
