# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones in zones: longest match at CoreDNS, and the delegation in the zone above, which follows."""

import contextlib
import itertools
import json
import os
import subprocess

import dns.exception
import dns.message
import dns.query
import dns.rdatatype
import dns.zone
import pytest

from harness import free_port, wait_until

NS = ["ns1.example.com"]
_numbers = itertools.count(1)


@pytest.fixture
def names(admin):
    """(parent, child) that no other test has; both are gone afterwards."""
    parent = f"d{next(_numbers)}.test"
    child = f"c.b.{parent}"
    yield parent, child
    for zone in (child, f"b.{parent}", parent):
        admin.delete(f"/zones/{zone}?confirm={zone}", (200, 404))


def make(admin, zone, *nameservers, **options):
    return admin.post("/zones", {"name": zone, "nameservers": list(nameservers or NS)}, **options)


def drop(admin, zone, **options):
    return admin.delete(f"/zones/{zone}?confirm={zone}", **options)


def revert(admin, answer):
    return admin.post(f"/changes/{answer.headers['Change-Id']}/revert", expect=200)


def below(admin, zone):
    """What the zone itself holds below its apex: {(name, type): values}."""
    found = {}
    for record in admin.get(f"/records?zone={zone}&limit=1000").json()["data"]:
        if record["name"] != zone:
            found.setdefault((record["name"], record["record_type"]), set()).add(record["value"])
    return found


def details(admin, zone):
    return admin.get(f"/zones/{zone}").json()["data"]


def zone_file(service, zone):
    return dns.zone.from_text(service.zone_text(zone), zone, relativize=False)


def in_file(service, zone, name, kind):
    """The values of name and type in the zone's own file, without final dots."""
    rrset = zone_file(service, zone).get_rrset(name + ".", kind)
    return {str(value).rstrip(".") for value in rrset} if rrset else set()


def is_served(service, zone, serial):
    wait_until(lambda: service.soa_serial(zone) == serial, what=f"{zone} at {serial}")


@contextlib.contextmanager
def lone_server(service, zone, folder):
    """The port of a CoreDNS that has the file of one zone and nothing else."""
    port = free_port()
    (folder / "zone").write_text(service.zone_text(zone))
    (folder / "Corefile").write_text(f"{zone}:{port} {{\n  bind 127.0.0.1\n  file {folder}/zone\n}}\n")
    program = os.readlink(f"/proc/{service.pid('coredns')}/exe")
    child = subprocess.Popen([program, "-conf", folder / "Corefile"], stdout=subprocess.DEVNULL)

    def is_up():
        with contextlib.suppress(dns.exception.DNSException, OSError):
            return dns.query.udp(dns.message.make_query(zone, "SOA"), "127.0.0.1", port=port, timeout=1).answer

    try:
        wait_until(is_up, what="a CoreDNS for one zone")
        yield port
    finally:
        child.kill()
        child.wait()


def test_from_birth_to_death(service, admin, names):
    parent, child = names
    make(admin, parent)
    before = details(admin, parent)
    answer = make(admin, child, "ns1.example.com", "ns2.example.com", headers={"Prefer": "wait=20"})
    # Both zones are served once it is answered.
    assert answer.headers["Preference-Applied"] == "wait"
    assert service.soa_serial(child) == details(admin, child)["serial"] == answer.json()["data"]["serial"]
    after = details(admin, parent)
    assert service.soa_serial(parent) == after["serial"] == before["serial"] + 1
    assert after["revision"] == int(answer.headers["Change-Id"])
    assert after["records"] == before["records"] + 2
    assert in_file(service, parent, child, "NS") == {"ns1.example.com", "ns2.example.com"}
    # CoreDNS answers for the child from the child, by longest match: with authority.
    admin.put(f"/records/www.{child}/A", {"values": ["192.0.2.7"]})
    service.wait_served(f"www.{child}", "A", ["192.0.2.7"])
    found = service.query(child, "NS")
    assert found.flags & dns.flags.AA and len(found.answer[0]) == 2
    # The history of both has it.
    for zone in names:
        assert answer.headers["Change-Id"] in {str(one["id"]) for one in admin.get(f"/changes?zone={zone}").json()["data"]}
    told = admin.get(f"/changes/{answer.headers['Change-Id']}").json()["data"]
    assert {one["zone"] for one in told["zones"]} == {parent, child}
    assert {(row["zone"], row["name"], row["record_type"], row["action"]) for row in told["diff"]} == {
        (child, child, "SOA", "create"), (child, child, "NS", "create"), (parent, child, "NS", "create"),
    }  # fmt: skip
    admin.patch(f"/zones/{child}", {"nameservers": ["ns9.example.com"]}, headers={"Prefer": "wait=20"})
    assert below(admin, parent) == {(child, "NS"): {"ns9.example.com"}}
    assert in_file(service, parent, child, "NS") == {"ns9.example.com"}
    gone = drop(admin, child, headers={"Prefer": "wait=20"})
    assert gone.headers["Preference-Applied"] == "wait"
    assert below(admin, parent) == {}
    assert in_file(service, parent, child, "NS") == set()
    # What was the child's is the parent's to deny.
    wait_until(lambda: service.answers(f"www.{child}", "A")[0] == "NXDOMAIN", what="NXDOMAIN of the parent")


def test_the_parent_alone_refers_to_the_child(service, admin, names, tmp_path):
    """What a secondary with the parent alone would say: a referral with glue, from the same file."""
    parent, child = names
    make(admin, parent)
    make(admin, child, f"ns.{child}", "ns1.example.com")
    admin.put(f"/records/ns.{child}/A", {"values": ["192.0.2.53"], "ttl": 77})
    admin.put(f"/records/ns.{child}/AAAA", {"values": ["2001:db8::53"]})
    admin.put(f"/records/other.{child}/A", {"values": ["192.0.2.99"]})
    assert below(admin, parent) == {
        (child, "NS"): {f"ns.{child}", "ns1.example.com"},
        (f"ns.{child}", "A"): {"192.0.2.53"}, (f"ns.{child}", "AAAA"): {"2001:db8::53"},
    }  # fmt: skip
    is_served(service, parent, details(admin, parent)["serial"])
    with lone_server(service, parent, tmp_path) as port:
        question = dns.message.make_query(f"www.{child}", "A")
        found = dns.query.udp(question, "127.0.0.1", port=port, timeout=5)
    assert not found.answer
    [referral] = [rrset for rrset in found.authority if rrset.rdtype == dns.rdatatype.NS]
    assert str(referral.name) == f"{child}." and len(referral) == 2
    glue = {str(value) for rrset in found.additional for value in rrset if rrset.rdtype != dns.rdatatype.OPT}
    assert glue == {"192.0.2.53", "2001:db8::53"}
    # The addresses change, and go.
    admin.put(f"/records/ns.{child}/A", {"values": ["192.0.2.54"]})
    assert below(admin, parent)[f"ns.{child}", "A"] == {"192.0.2.54"}
    answer = admin.delete(f"/records/ns.{child}/A")
    assert (f"ns.{child}", "A") not in below(admin, parent)
    revert(admin, answer)
    assert below(admin, parent)[f"ns.{child}", "A"] == {"192.0.2.54"}


def test_a_name_below_is_the_childs_to_deny(service, admin, names):
    parent, child = names
    make(admin, parent)
    make(admin, child)
    admin.put(f"/records/*.{parent}/A", {"values": ["192.0.2.1"]})
    service.wait_served(f"x.{parent}", "A", ["192.0.2.1"])
    wait_until(lambda: service.soa_serial(child) is not None, what="the child")
    found = service.query(f"x.{child}", "A")
    assert found.rcode() == dns.rcode.NXDOMAIN and str(found.authority[0].name) == f"{child}."


def test_every_order(service, admin, names):
    parent, child = names
    middle = f"b.{parent}"
    of_child, of_middle = {(child, "NS"): set(NS)}, {(middle, "NS"): set(NS)}
    make(admin, child)
    parents = make(admin, parent)
    assert below(admin, parent) == of_child
    made = make(admin, middle)
    assert (below(admin, parent), below(admin, middle)) == (of_middle, of_child)
    undone = revert(admin, made)
    assert below(admin, parent) == of_child
    revert(admin, undone)
    assert (below(admin, parent), below(admin, middle)) == (of_middle, of_child)
    gone = drop(admin, child)
    assert (below(admin, parent), below(admin, middle)) == (of_middle, {})
    # The child comes back into a parent that was made anew meanwhile, or is not there any more.
    drop(admin, middle)
    make(admin, middle)
    back = revert(admin, gone)
    assert below(admin, middle) == of_child
    revert(admin, back)
    drop(admin, middle)
    back = revert(admin, gone)
    assert below(admin, parent) == of_child
    admin.problem("POST", f"/changes/{parents.headers['Change-Id']}/revert", 409, "conflict")
    gone = drop(admin, parent)
    drop(admin, child)
    revert(admin, gone)
    assert below(admin, parent) == {}
    is_served(service, parent, details(admin, parent)["serial"])
    assert in_file(service, parent, child, "NS") == set()


def test_the_delegation_is_the_childs(service, admin, names):
    """Its name belongs to the child: what is done to it is done there, and follows in the parent."""
    parent, child = names
    make(admin, parent)
    make(admin, child)
    before = details(admin, parent)["serial"]
    admin.put(f"/records/{child}/NS", {"values": NS})  # as it is
    assert details(admin, parent)["serial"] == before
    admin.put(f"/records/{child}/NS", {"values": ["ns8.example.com"], "ttl": 60})
    assert admin.values(child, "NS") == {"ns8.example.com"}
    assert below(admin, parent) == {(child, "NS"): {"ns8.example.com"}}
    problem = admin.problem("DELETE", f"/records/{child}/NS", 409, "conflict")
    assert "zone's own" in problem["detail"]
    admin.problem("PUT", f"/records/{child}/CNAME", 409, "conflict", body={"values": ["www.example.com"]})
    # A token for the parent alone does not reach it.
    words = json.dumps({"z": [parent], "s": ["@"], "t": ["*", "NS"], "a": "rlcud"})
    client = service.client(service.issue_token("--grant", words))
    client.problem("PUT", f"/records/{child}/NS", 403, "not-permitted", body={"values": ["ns7.example.com"]})
    client.problem("DELETE", f"/records/{child}/NS", 403, "not-permitted")
    assert below(admin, parent) == {(child, "NS"): {"ns8.example.com"}}


def test_by_hand_before(service, admin, names):
    """A delegation that was there by hand is taken over, and comes back when the child is undone."""
    parent, child = names
    make(admin, parent)
    admin.put(f"/records/{child}/NS", {"values": [f"ns.{child}"]})
    admin.put(f"/records/ns.{child}/A", {"values": ["192.0.2.1"]})
    by_hand = below(admin, parent)
    made = make(admin, child)
    assert below(admin, parent) == {(child, "NS"): set(NS)}
    revert(admin, made)
    assert below(admin, parent) == by_hand
    # What the child would hide stands in its way, and nothing is done.
    admin.delete(f"/records/{child}/NS")
    serial = details(admin, parent)["serial"]
    problem = admin.problem("POST", "/zones", 409, "conflict", body={"name": child, "nameservers": NS})
    assert f"ns.{child} A" in problem["detail"]
    assert details(admin, parent)["serial"] == serial


def test_the_right_to_make_a_zone_is_enough(service, admin, names):
    """zone.create for the child needs no grant for the NS of the parent; nor do PATCH and undoing."""
    parent, child = names
    make(admin, parent)
    words = json.dumps({"z": [child], "n": ["@"], "t": ["SOA", "NS"], "a": "rlcud"})
    client = service.client(
        service.issue_token("--grant", words, "--adm", "zone.create,zone.delete")
    )
    make(client, child)
    answer = client.patch(f"/zones/{child}", {"nameservers": ["ns2.example.com"]})
    assert below(admin, parent) == {(child, "NS"): {"ns2.example.com"}}
    # It may not read the parent, and is not told of it.
    told = client.get(f"/changes/{answer.headers['Change-Id']}").json()["data"]
    assert {one["zone"] for one in told["zones"]} == {child}
    assert {row["zone"] for row in told["diff"]} == {child}
    revert(client, answer)
    assert below(admin, parent) == {(child, "NS"): set(NS)}
    gone = drop(client, child)
    assert below(admin, parent) == {}
    revert(client, gone)
    assert below(admin, parent) == {(child, "NS"): set(NS)}


def test_many_at_once(admin, names):
    """A change of several zones moves each of them once, the parents too."""
    parent, child = names
    middle = f"b.{parent}"
    for zone in (parent, middle, child):
        make(admin, zone)
    before = {zone: details(admin, zone)["serial"] for zone in (parent, middle, child)}
    told = admin.post("/changes", {"changes": [
        {"action": "upsert", "name": zone, "record_type": "NS", "values": ["ns5.example.com"]}
        for zone in (middle, child)]}, 200).json()["data"]  # fmt: skip
    assert {one["zone"]: one["serial"] for one in told["zones"]} == {zone: serial + 1 for zone, serial in before.items()}
    assert below(admin, parent) == {(middle, "NS"): {"ns5.example.com"}}
    assert below(admin, middle) == {(child, "NS"): {"ns5.example.com"}}
    admin.post("/changes", {"dry_run": True, "changes": [
        {"action": "upsert", "name": child, "record_type": "NS", "values": ["ns6.example.com"]}]}, 200)  # fmt: skip
    assert below(admin, middle) == {(child, "NS"): {"ns5.example.com"}}
