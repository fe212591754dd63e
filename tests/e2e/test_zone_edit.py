# SPDX-License-Identifier: GPL-3.0-or-later
"""PATCH /zones/{zone}: SOA timers, contact, nameservers and the default TTL of a zone."""

import json
import time

import pytest

from harness import wait_until


def details(client, zone):
    return client.get(f"/zones/{zone}").json()["data"]


def served_soa(service, zone):
    """(TTL, fields) of the SOA that CoreDNS serves."""
    rrset = service.query(zone, "SOA").answer[0]
    return rrset.ttl, rrset[0].to_text().split()


def edit(client, zone, **body):
    return client.patch(f"/zones/{zone}", body)


def revert(client, answer):
    return client.post(f"/changes/{answer.headers['Change-Id']}/revert", expect=200)


def token_for(service, zone, *grants, subject="editor"):
    words = [word for grant in grants for word in ("--grant", json.dumps({"z": [zone], **grant}))]
    return service.client(service.issue_token(*words, subject=subject))


def test_timers_and_contact(service, admin, zone):
    before = details(admin, zone)
    answer = edit(admin, zone, contact=f"dns.team@{zone}", refresh=3600, retry=900, expire=1209600, minimum=60)
    data = answer.json()["data"]
    assert data["soa"] == {
        "mname": "ns1.example.com", "rname": rf"dns\.team.{zone}",
        "refresh": 3600, "retry": 900, "expire": 1209600, "minimum": 60, "ttl": 60,
    }  # fmt: skip
    after = details(admin, zone)
    assert after["soa"] == data["soa"]
    assert data["serial"] == after["serial"] == before["serial"] + 1
    assert str(data["revision"]) == answer.headers["Change-Id"] == str(after["revision"])
    assert answer.headers["ETag"] == admin.get(f"/zones/{zone}").headers["ETag"]
    wait_until(lambda: service.soa_serial(zone) == after["serial"], what="the new serial")
    ttl, fields = served_soa(service, zone)
    assert (ttl, fields[2:]) == (60, [str(after["serial"]), "3600", "900", "1209600", "60"])
    [row] = admin.get(f"/changes/{data['revision']}").json()["data"]["diff"]
    assert (row["record_type"], row["before"]["ttl"], row["after"]["ttl"]) == ("SOA", 300, 60)
    revert(admin, answer)
    assert details(admin, zone)["soa"] == before["soa"]


def test_one_member_leaves_the_others(admin, zone):
    before = details(admin, zone)["soa"]
    for member, value in [("refresh", 7200), ("retry", 0), ("expire", 2**31 - 1), ("minimum", 5)]:
        edit(admin, zone, **{member: value})
        before[member] = value
        before["ttl"] = before["minimum"]
        assert details(admin, zone)["soa"] == before


def test_nameservers(service, admin, zone):
    answer = edit(admin, zone, nameservers=["NS9.example.net.", "ns1.example.com"])
    assert answer.json()["data"]["soa"]["mname"] == "ns9.example.net"
    assert admin.values(zone, "NS") == {"ns9.example.net", "ns1.example.com"}
    service.wait_served(zone, "NS", ["ns9.example.net.", "ns1.example.com."])
    diff = admin.get(f"/changes/{answer.headers['Change-Id']}").json()["data"]["diff"]
    assert {row["record_type"] for row in diff} == {"SOA", "NS"}
    revert(admin, answer)
    assert admin.values(zone, "NS") == {"ns1.example.com"}
    assert details(admin, zone)["soa"]["mname"] == "ns1.example.com"


def test_nothing_changes(admin, zone):
    edit(admin, zone, refresh=3600, ttl=600)
    before = details(admin, zone)
    answer = edit(admin, zone, refresh=3600, ttl=600, nameservers=["ns1.example.com"], contact=f"hostmaster@{zone}")
    assert "Change-Id" not in answer.headers
    assert answer.json()["data"]["revision"] == before["revision"]
    assert answer.json()["data"]["serial"] == before["serial"]
    assert answer.headers["ETag"] == f'"{before["revision"]}"'
    assert details(admin, zone) == before


def added_ttl(admin, name, **members):
    answer = admin.post("/records", {"name": name, "record_type": "A", "value": "192.0.2.1", **members})
    return answer.json()["data"]["ttl"]


def test_the_default_ttl(service, admin, zone):
    usual = added_ttl(admin, f"a.{zone}")
    assert details(admin, zone)["ttl"] is None
    answer = edit(admin, zone, ttl=1234)
    assert details(admin, zone)["ttl"] == 1234
    assert added_ttl(admin, f"b.{zone}") == 1234
    assert added_ttl(admin, f"c.{zone}", ttl=77) == 77
    admin.put(f"/records/d.{zone}/TXT", {"values": ["x"]})
    admin.put(f"/records/d.{zone}/TXT", {"values": ["y"]})
    admin.post("/changes", {"changes": [
        {"action": "create", "name": f"e.{zone}", "record_type": "A", "value": "192.0.2.2"}]}, 200)  # fmt: skip
    admin.post("/servers", {"hostname": f"f.{zone}", "ip": "198.51.100.1", "ptr": False})
    admin.post("/servers", {"hostname": f"g.{zone}", "ip": "198.51.100.2", "ptr": False, "ttl": 66})
    ttls = {"d": "TXT", "e": "A", "f": "A"}
    for label, kind in ttls.items():
        assert admin.get(f"/records/{label}.{zone}/{kind}").json()["data"]["ttl"] == 1234, label
    assert admin.get(f"/records/g.{zone}/A").json()["data"]["ttl"] == 66
    # What is there already keeps its own.
    assert admin.get(f"/records/a.{zone}/A").json()["data"]["ttl"] == usual
    undone = revert(admin, answer)
    assert details(admin, zone)["ttl"] is None
    assert added_ttl(admin, f"h.{zone}") == usual
    revert(admin, undone)
    assert details(admin, zone)["ttl"] == 1234
    again = edit(admin, zone, ttl=None)
    assert details(admin, zone)["ttl"] is None
    problem = admin.problem("POST", f"/changes/{answer.headers['Change-Id']}/revert", 409, "conflict")
    assert "default TTL" in json.dumps(problem["errors"])
    revert(admin, again)
    assert details(admin, zone)["ttl"] == 1234


def test_the_default_ttl_of_a_new_zone_comes_back_with_it(admin):
    admin.post("/zones", {"name": "ttl.test", "nameservers": ["ns1.example.com"], "ttl": 4321})
    assert details(admin, "ttl.test")["ttl"] == 4321
    assert admin.get("/records/ttl.test/NS").json()["data"]["ttl"] == 4321
    gone = admin.delete("/zones/ttl.test?confirm=ttl.test")
    revert(admin, gone)
    assert details(admin, "ttl.test")["ttl"] == 4321
    assert added_ttl(admin, "a.ttl.test") == 4321
    admin.delete("/zones/ttl.test?confirm=ttl.test")
    admin.post("/zones", {"name": "ttl.test", "nameservers": ["ns1.example.com"]})
    assert details(admin, "ttl.test")["ttl"] is None
    admin.delete("/zones/ttl.test?confirm=ttl.test")


@pytest.mark.parametrize("body, places", [
    ({}, {""}),
    ({"nameservers": []}, {"/nameservers"}),
    ({"nameservers": "ns1.example.com"}, {"/nameservers"}),
    ({"nameservers": ["a..b", "ok.example.com", 5]}, {"/nameservers/0", "/nameservers/2"}),
    ({"nameservers": ["a.example.com", "A.example.com."]}, {"/nameservers/1"}),
    ({"nameservers": [f"ns{i:04}.{'x' * 60}.example.com" for i in range(900)]}, {"/nameservers"}),
    ({"contact": "@example.com"}, {"/contact"}),
    ({"contact": None}, {"/contact"}),
    ({"ttl": -1}, {"/ttl"}),
    ({"ttl": 2**31}, {"/ttl"}),
    ({"ttl": "300"}, {"/ttl"}),
    ({"refresh": -1, "retry": 1.5, "expire": 2**31, "minimum": None},
     {"/refresh", "/retry", "/expire", "/minimum"}),
    ({"serial": 5}, {"/serial"}),
    ({"dry_run": True}, {"/dry_run"}),
    ({"refresh": 1, "contact": 5, "ttl": []}, {"/contact", "/ttl"}),
])  # fmt: skip
def test_faults_are_told_with_their_places(admin, zone, body, places):
    before = details(admin, zone)
    answer = admin.patch(f"/zones/{zone}", body, (400, 422))
    assert {fault["pointer"] for fault in answer.json().get("errors", [{"pointer": ""}])} == places
    assert details(admin, zone) == before


def test_entity_tags(admin, zone):
    old = admin.get(f"/zones/{zone}").headers["ETag"]
    new = admin.patch(f"/zones/{zone}", {"refresh": 1}, headers={"If-Match": old}).headers["ETag"]
    for headers in ({"If-Match": old}, {"If-None-Match": new}, {"If-None-Match": "*"}):
        admin.problem("PATCH", f"/zones/{zone}", 412, "precondition-failed", body={"retry": 9}, headers=headers)
    admin.patch(f"/zones/{zone}", {"retry": 9}, headers={"If-Match": "*"})
    assert details(admin, zone)["soa"]["retry"] == 9


def test_a_zone_that_is_none(admin, zone):
    admin.problem("PATCH", "/zones/missing.test", 404, "no-such-zone", body={"retry": 9})
    admin.problem("PATCH", f"/zones/www.{zone}", 404, "no-such-zone", body={"nameservers": ["ns1.example.com"]})


def test_prefer(service, admin, zone):
    answer = admin.patch(f"/zones/{zone}", {"refresh": 111}, headers={"Prefer": "wait=20"})
    assert answer.headers["Preference-Applied"] == "wait"
    assert service.soa_serial(zone) == answer.json()["data"]["serial"]
    answer = admin.patch(f"/zones/{zone}", {"refresh": 112}, headers={"Prefer": "return=minimal"})
    assert answer.json()["data"] == {"id": int(answer.headers["Change-Id"])}
    answer = admin.patch(f"/zones/{zone}", {"refresh": 112}, headers={"Prefer": "return=minimal"})
    assert answer.json()["data"] == {"id": None}


def test_what_it_takes(service, admin, zone):
    """SOA for the members of the SOA and the TTL; for the nameservers also NS."""
    owner = {"n": ["@"]}
    soa = token_for(service, zone, {**owner, "t": ["SOA"], "a": "ru"})
    edit(soa, zone, refresh=501, ttl=501)
    soa.problem("PATCH", f"/zones/{zone}", 403, "not-permitted", body={"nameservers": ["ns5.example.com"]})
    ns = token_for(service, zone, {**owner, "t": ["NS"], "a": "ru"})
    ns.problem("PATCH", f"/zones/{zone}", 403, "not-permitted", body={"nameservers": ["ns5.example.com"]})
    both = token_for(service, zone, {**owner, "t": ["SOA", "NS"], "a": "u"})
    answer = edit(both, zone, nameservers=["ns5.example.com"])
    # It may not read the SOA.
    assert answer.json()["data"] == {"id": int(answer.headers["Change-Id"])}
    for grant in (
        {"t": ["*"], "a": "rlcud"}, {"t": ["SOA"], "a": "rlcd"}, {"t": ["SOA"], "a": "u", "ttl": [400, 500]},
        {"t": ["SOA"], "a": "u", "n": ["www"]},
    ):  # fmt: skip
        client = token_for(service, zone, {**owner, **grant})
        client.problem("PATCH", f"/zones/{zone}", 403, "not-permitted", body={"refresh": 502})
        client.problem("PATCH", "/zones/other.test", 403, "not-permitted", body={"refresh": 502})
    assert details(admin, zone)["soa"]["refresh"] == 501


def test_it_is_audited(admin, zone):
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    edit(admin, zone, refresh=600, ttl=700)
    text = admin.get(f"/audit?since={since}&limit=1000").text
    assert "zone.edit" in text and f"PATCH /zones/{zone}" in text
