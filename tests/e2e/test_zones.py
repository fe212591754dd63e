# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones: made, listed, read, deleted, and what is on disk and served."""

import pytest

from harness import wait_until

NS = ["ns1.example.com"]


def test_the_first_zones_are_there(admin, service):
    names = {zone["name"] for zone in admin.get("/zones").json()["data"]}
    assert {
        "example.com", "168.192.in-addr.arpa", "10.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa",
    } <= names  # fmt: skip
    for name in names:
        wait_until(lambda n=name: service.answers(n, "SOA")[0] == "NOERROR", what=f"SOA of {name}")


def test_a_zone_from_birth_to_death(service, admin):
    body = {
        "name": "Birth.Test.", "nameservers": ["NS1.Example.com.", "ns2.example.com"],
        "contact": "dns.admin@example.com", "ttl": 600,
    }  # fmt: skip
    answer = admin.post("/zones", body)
    assert answer.json()["data"]["name"] == "birth.test"
    assert answer.headers["Location"].endswith("/zones/birth.test")
    data = admin.get("/zones/birth.test").json()["data"]
    assert data["serial"] > 0 and data["revision"] > 0
    service.wait_served("birth.test", "NS", ["ns1.example.com.", "ns2.example.com."])
    soa = service.answers("birth.test", "SOA")[1].pop().split()
    assert soa[:3] == ["ns1.example.com.", r"dns\.admin.example.com.", str(data["serial"])]
    wait_until(
        lambda: admin.get("/zones/birth.test").json()["data"]["served"][0]["serial"] == data["serial"],
        what="served",
    )
    admin.problem("POST", "/zones", 409, "exists", body=body)
    admin.problem("DELETE", "/zones/birth.test", 400, "bad-request")
    admin.problem("DELETE", "/zones/birth.test?confirm=other.test", 400, "bad-request")
    admin.delete("/zones/birth.test?confirm=birth.test")
    admin.problem("GET", "/zones/birth.test", 404, "no-such-zone")
    wait_until(lambda: service.zone_text("birth.test") is None, what="the file to go")
    wait_until(lambda: service.answers("birth.test", "SOA")[0] == "REFUSED", what="REFUSED")
    # Born again, its serial goes on.
    admin.post("/zones", body)
    assert admin.get("/zones/birth.test").json()["data"]["serial"] > data["serial"]
    admin.delete("/zones/birth.test?confirm=birth.test")


def test_a_missing_zone(admin):
    for method in ("GET", "DELETE"):
        admin.problem(method, "/zones/missing.test?confirm=missing.test"
                      if method == "DELETE" else "/zones/missing.test", 404, "no-such-zone")  # fmt: skip


@pytest.mark.parametrize("body, code", [
    ({"name": "a..test", "nameservers": NS}, "invalid-name"),
    ({"name": "", "nameservers": NS}, "invalid-name"),
    ({"name": "bad test", "nameservers": NS}, "invalid-name"),
    ({"name": "x" * 64 + ".test", "nameservers": NS}, "invalid-name"),
    ({"name": "bücher.test", "nameservers": NS}, "invalid-name"),
    ({"name": "ok.test", "nameservers": ["bad..name"]}, None),
    ({"name": "ok.test", "nameservers": NS, "ttl": -1}, "invalid-ttl"),
    ({"name": "ok.test", "nameservers": NS, "ttl": 2147483648}, "invalid-ttl"),
    ({"name": "ok.test", "nameservers": []}, None),
    ({"name": "ok.test"}, None),
    ({"name": "ok.test", "nameservers": "ns1.example.com"}, None),
    ({"name": "ok.test", "nameservers": NS, "contact": 5}, None),
    ({"name": "ok.test", "nameservers": NS, "extra": 1}, None),
    ({"nameservers": NS}, None),
    ({"name": "a/b.test", "nameservers": NS}, None),
    ({"name": "..", "nameservers": NS}, None),
    ({"name": "../../etc.test", "nameservers": NS}, None),
])  # fmt: skip
def test_zones_that_cannot_be(service, admin, body, code):
    before = set((service.home / "zones").iterdir())
    answer = admin.post("/zones", body, (400, 422))
    if code:
        assert answer.json()["code"] == code
    assert set((service.home / "zones").iterdir()) <= before


def test_zone_files_are_canonical(service, admin, zone):
    admin.put(f"/records/b.{zone}/A", {"values": ["192.0.2.2", "192.0.2.1"], "ttl": 5})
    admin.put(f"/records/*.{zone}/TXT", {"values": ["a;b\"c\\d"]})
    wait_until(lambda: f"b.{zone}." in (service.zone_text(zone) or ""), what="the file")
    lines = service.zone_lines(zone)
    records = [line for line in lines if not line.startswith(";")]
    assert records[0].split()[0] == f"{zone}." and "SOA" in records[0].split()
    fields = records[0].split()
    assert fields[1] == fields[-1], "the TTL of the SOA is its minimum"
    for line in records:
        owner, ttl, dns_class = line.split()[:3]
        assert owner.endswith(f"{zone}.") and ttl.isdigit() and dns_class == "IN"
        assert not line.startswith("$")


def test_nothing_but_zone_files_is_where_coredns_looks(service, admin, zone):
    for number in range(50):
        admin.put(f"/records/a.{zone}/A", {"values": [f"192.0.2.{number}"]})
        assert all(path.name.startswith("db.") for path in (service.home / "zones").iterdir())


def test_a_zone_that_vanishes_from_the_disk_comes_back(own_service):
    path = own_service.home / "zones/db.example.com"
    own_service.stop()
    path.write_text("garbage\n")
    (own_service.home / "zones/db.10.in-addr.arpa").unlink()
    own_service.start()
    wait_until(lambda: "SOA" in own_service.zone_text("example.com"), what="the mended file")
    wait_until(lambda: own_service.answers("10.in-addr.arpa", "SOA")[0] == "NOERROR")
    wait_until(lambda: own_service.answers("example.com", "SOA")[0] == "NOERROR")
