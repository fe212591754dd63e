# SPDX-License-Identifier: GPL-3.0-or-later
"""expires_at: values that leave by themselves, as ACME clients and orchestrators use them."""

import json
import os
import signal
import time

import pytest

from harness import wait_until


def in_seconds(seconds):
    """(RFC 3339, wall clock) of a whole second that far ahead, at least."""
    at = int(time.time() + seconds) + 1
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)), at


def serial(client, zone):
    return client.get(f"/zones/{zone}").json()["data"]["serial"]


def rrset(client, name, kind="A"):
    return client.get(f"/records/{name}/{kind}").json()["data"]


def expiry_rows(service):
    export = service.tool("audit", "export", "--store", service.home / "store/coregate.db").stdout
    rows = [json.loads(line) for line in export.split("\n") if line]
    return [row for row in rows if row["subject"] == "expiry"]


def rows_of(service, name):
    return [row for row in expiry_rows(service) if name in json.dumps(row["body"])]


def test_a_challenge_goes_by_itself(service, admin, zone):
    """What an ACME client does: it leaves the TXT record, and it is gone from DNS in time."""
    name, (text, at) = f"_acme-challenge.{zone}", in_seconds(3)
    answer = admin.post("/records", {
        "name": name, "record_type": "TXT", "value": "token", "ttl": 60, "expires_at": text,
    })  # fmt: skip
    assert answer.json()["data"]["expires_at"] == text
    service.wait_served(name, "TXT", ['"token"'])
    before = serial(admin, zone)
    assert rrset(admin, name, "TXT")["expires"] == [{"value": "token", "expires_at": text}]
    listed = admin.get(f"/records?zone={zone}&record_type=TXT").json()["data"]
    assert [one["expires_at"] for one in listed] == [text]
    wait_until(lambda: admin.values(name, "TXT") is None, 10, what="the end of the record")
    assert at <= time.time() < at + 1
    service.wait_served(name, "TXT", [])
    assert serial(admin, zone) == before + 1
    (row,) = rows_of(service, name)
    assert row["request"] == "expiry" and row["outcome"] == "ok" and row["change_id"] > 0
    (effect,) = row["body"]["effects"]
    assert effect["op"] == "expire" and effect["action"] == "delete" and effect["after"] is None
    assert effect["before"]["expires"] == [{"value": "token", "expires_at": text}]


def test_only_the_values_that_were_given(service, admin, zone):
    text, _ = in_seconds(2)
    admin.put(f"/records/a.{zone}/A", {"values": ["192.0.2.1"]})
    answer = admin.patch(f"/records/a.{zone}/A", {"add": ["192.0.2.2"], "expires_at": text})
    assert answer.json()["data"]["expires"] == [{"value": "192.0.2.2", "expires_at": text}]
    listed = admin.get(f"/records?zone={zone}&record_type=A").json()["data"]
    assert [one.get("expires_at") for one in listed] == [None, text]
    wait_until(lambda: admin.values(f"a.{zone}", "A") == {"192.0.2.1"}, 10)
    assert "expires" not in rrset(admin, f"a.{zone}")
    (row,) = rows_of(service, f"a.{zone}")
    assert row["body"]["effects"][0]["action"] == "update"
    service.wait_served(f"a.{zone}", "A", ["192.0.2.1"])


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_lease_is_renewed(service, admin, zone, method):
    """What an orchestrator does for a server: the serial rests, the entity tag and the audit log tell it."""
    path = f"/records/lease.{zone}/A"
    member = {"put": "values", "patch": "add"}[method]
    first, _ = in_seconds(2)
    admin.put(path, {"values": ["192.0.2.1"], "expires_at": first})
    before, tag = serial(admin, zone), admin.get(path).headers["ETag"]
    second, at = in_seconds(5)
    renewed = getattr(admin, method)(path, {member: ["192.0.2.1"], "expires_at": second})
    assert renewed.headers["Change-Id"]
    assert renewed.headers["ETag"] == admin.get(path).headers["ETag"] != tag
    assert serial(admin, zone) == before
    again = getattr(admin, method)(path, {member: ["192.0.2.1"], "expires_at": second})
    assert "Change-Id" not in again.headers and again.headers["ETag"] == renewed.headers["ETag"]
    admin.problem(method.upper(), path, 412, "precondition-failed", body={member: ["192.0.2.1"]},
                  headers={"If-Match": tag})  # fmt: skip
    time.sleep(max(0, at - 1 - time.time()))
    assert admin.values(f"lease.{zone}", "A") == {"192.0.2.1"}
    wait_until(lambda: admin.values(f"lease.{zone}", "A") is None, 10)
    assert at <= time.time() < at + 1
    assert len(rows_of(service, f"lease.{zone}")) == 1


@pytest.mark.parametrize("method", ["put", "patch"])
def test_written_without_it_a_value_stays(service, admin, zone, method):
    path, (text, at) = f"/records/a.{zone}/A", in_seconds(1)
    member = {"put": "values", "patch": "add"}[method]
    admin.put(path, {"values": ["192.0.2.1"], "expires_at": text})
    getattr(admin, method)(path, {member: ["192.0.2.1"]})
    assert "expires" not in rrset(admin, f"a.{zone}")
    time.sleep(max(0, at + 1.5 - time.time()))
    assert admin.values(f"a.{zone}", "A") == {"192.0.2.1"}
    assert not rows_of(service, f"a.{zone}")


def test_what_was_dropped_and_written_anew_stays(service, admin, zone):
    path, (text, at) = f"/records/a.{zone}/A", in_seconds(1)
    admin.put(path, {"values": ["192.0.2.1"], "expires_at": text})
    admin.delete(path)
    admin.put(path, {"values": ["192.0.2.1"]})
    time.sleep(max(0, at + 1.5 - time.time()))
    assert admin.values(f"a.{zone}", "A") == {"192.0.2.1"}
    assert not rows_of(service, f"a.{zone}")


@pytest.mark.parametrize("value, status, code", [
    ("2001-01-01T00:00:00Z", 422, "invalid-record"),
    ("2999-01-01T00:00:00Z", 422, "invalid-record"),
    ("in an hour", 422, "invalid-record"),
    ("2030-01-01", 422, "invalid-record"),
    (1893456000, 400, "bad-request"),
    (None, 400, "bad-request"),
])  # fmt: skip
def test_what_is_no_such_time(admin, zone, value, status, code):
    problem = admin.problem("POST", "/records", status, code, body={
        "name": f"a.{zone}", "record_type": "A", "value": "192.0.2.1", "expires_at": value,
    })  # fmt: skip
    assert [fault["pointer"] for fault in problem["errors"]] == ["/expires_at"]
    assert admin.values(f"a.{zone}", "A") is None


def test_a_patch_that_adds_nothing_has_no_use_for_it(admin, zone):
    text, _ = in_seconds(60)
    admin.put(f"/records/a.{zone}/A", {"values": ["192.0.2.1"]})
    admin.problem("PATCH", f"/records/a.{zone}/A", 400, "bad-request", body={"ttl": 60, "expires_at": text})


def test_a_zone_keeps_a_name_server(admin, zone):
    text, _ = in_seconds(60)
    path = f"/records/{zone}/NS"
    admin.problem("PUT", path, 409, "conflict", body={"values": ["ns2.example.com"], "expires_at": text})
    admin.patch(path, {"add": ["ns2.example.com"], "expires_at": text})
    admin.problem("DELETE", f"{path}?value=ns1.example.com", 409, "conflict")


def entry(action, name, value="192.0.2.1", **members):
    return {"action": action, "name": name, "record_type": "A", "value": value, **members}


def ends(client, name):
    """{value: when it expires} of those that do"""
    return {one["value"]: one["expires_at"] for one in rrset(client, name).get("expires", [])}


def test_one_time_for_all_of_a_batch(service, admin, zone):
    """expires_at of the request goes for each change that has none of its own and puts something."""
    (soon, _), (later, _) = in_seconds(2), in_seconds(600)
    admin.put(f"/records/old.{zone}/A", {"values": ["192.0.2.1"]})
    admin.put(f"/records/kept.{zone}/A", {"values": ["192.0.2.1"]})
    data = admin.post("/changes", {"expires_at": soon, "changes": [
        entry("create", f"a.{zone}"), entry("upsert", f"b.{zone}"), entry("delete", f"old.{zone}"),
        entry("create", f"kept.{zone}", "192.0.2.2"), entry("create", f"later.{zone}", expires_at=later),
    ]}, expect=200).json()["data"]  # fmt: skip
    told = [{one["value"]: one["expires_at"] for one in (effect["after"] or {}).get("expires", [])}
            for effect in data["diff"]]  # fmt: skip
    assert told == [{"192.0.2.1": soon}, {"192.0.2.1": soon}, {}, {"192.0.2.2": soon}, {"192.0.2.1": later}]
    assert ends(admin, f"a.{zone}") == ends(admin, f"b.{zone}") == {"192.0.2.1": soon}
    assert ends(admin, f"kept.{zone}") == {"192.0.2.2": soon}
    assert ends(admin, f"later.{zone}") == {"192.0.2.1": later}
    wait_until(lambda: admin.values(f"a.{zone}", "A") is None, 10, what="the end of the batch")
    assert admin.values(f"b.{zone}", "A") is None
    assert admin.values(f"kept.{zone}", "A") == {"192.0.2.1"}
    assert admin.values(f"later.{zone}", "A") == {"192.0.2.1"}
    service.wait_served(f"kept.{zone}", "A", ["192.0.2.1"])


def test_a_time_for_a_batch_that_is_no_such_time(admin, zone):
    body = {"expires_at": "2001-01-01T00:00:00Z", "changes": [entry("create", f"a.{zone}")]}
    problem = admin.problem("POST", "/changes", 422, "invalid-record", body=body)
    assert [fault["pointer"] for fault in problem["errors"]] == ["/expires_at"]
    assert admin.values(f"a.{zone}", "A") is None


def test_undoing_brings_the_time_back(admin, zone):
    """Of a value that was dropped, and of one that was renewed; then it goes as it was to."""
    name, (soon, at), (later, _) = f"a.{zone}", in_seconds(4), in_seconds(600)
    path = f"/records/{name}/A"
    admin.put(path, {"values": ["192.0.2.1"], "expires_at": soon})
    dropped = admin.delete(path).headers["Change-Id"]
    assert admin.post(f"/changes/{dropped}/revert", expect=200).json()["data"]["diff"][0]["after"]["expires"] == [
        {"value": "192.0.2.1", "expires_at": soon}
    ]
    assert ends(admin, name) == {"192.0.2.1": soon}
    renewed = admin.put(path, {"values": ["192.0.2.1"], "expires_at": later}).headers["Change-Id"]
    before = serial(admin, zone)
    (effect,) = admin.get(f"/changes/{renewed}").json()["data"]["diff"]
    assert [effect[side]["expires"][0]["expires_at"] for side in ("before", "after")] == [soon, later]
    admin.post(f"/changes/{renewed}/revert", expect=200)
    assert ends(admin, name) == {"192.0.2.1": soon}
    # DNS has nothing to learn of a time, neither of a new one nor of the old one that is back.
    assert serial(admin, zone) == before
    wait_until(lambda: admin.values(name, "A") is None, 10, what="the end of the value")
    assert at <= time.time() < at + 1


def test_undoing_after_the_time_leaves_nothing(admin, zone):
    """What was due meanwhile comes back and goes again at once."""
    name, (soon, at) = f"a.{zone}", in_seconds(1)
    admin.put(f"/records/{name}/A", {"values": ["192.0.2.1"], "expires_at": soon})
    dropped = admin.delete(f"/records/{name}/A").headers["Change-Id"]
    time.sleep(max(0, at + 0.5 - time.time()))
    admin.post(f"/changes/{dropped}/revert", expect=200)
    wait_until(lambda: admin.values(name, "A") is None, 5, what="the end of what came back")


def test_a_renewal_is_in_the_history_of_its_zone(admin, zone):
    """Also one that goes with a change of records in another zone, which is undone as a whole."""
    other, (soon, _), (later, _) = f"other.{zone}", in_seconds(300), in_seconds(600)
    admin.post("/zones", {"name": other, "nameservers": ["ns1.example.com"]})
    admin.put(f"/records/a.{zone}/A", {"values": ["192.0.2.1"], "expires_at": soon})
    before = serial(admin, zone), serial(admin, other)
    change = admin.post("/changes", {"changes": [
        entry("upsert", f"a.{zone}", expires_at=later), entry("create", f"b.{other}"),
    ]}, expect=200).json()["data"]  # fmt: skip
    assert {one["zone"]: one["serial"] for one in change["zones"]} == {zone: before[0], other: before[1] + 1}
    assert admin.get(f"/changes?zone={zone}&limit=1").json()["data"][0]["id"] == change["id"]
    admin.post(f"/changes/{change['id']}/revert", expect=200)
    assert ends(admin, f"a.{zone}") == {"192.0.2.1": soon}
    assert admin.values(f"b.{other}", "A") is None
    assert (serial(admin, zone), serial(admin, other)) == (before[0], before[1] + 2)
    admin.delete(f"/zones/{other}?confirm={other}")


def test_due_while_everything_was_down(own_service):
    """At the start all that is due goes at once, in batches that leave room for other writes."""
    service, client = own_service, own_service.client()
    text, at = in_seconds(60)
    count = 500
    soon, soon_at = in_seconds(20)
    for number in range(count):
        client.put(f"/records/d{number}.example.com/A", {"values": ["192.0.2.1"], "expires_at": soon})
    client.put("/records/later.example.com/A", {"values": ["192.0.2.1"], "expires_at": text})
    assert time.time() < soon_at, "this machine is too slow for this test"
    service.stop()
    time.sleep(max(0, soon_at + 1 - time.time()))
    service.start()
    client = service.client()
    client.put("/records/other.example.com/A", {"values": ["192.0.2.1"]})
    wait_until(
        lambda: not [one for one in client.get("/records?zone=example.com&record_type=A&limit=1000").json()["data"]
                     if one["name"].startswith("d")], 10, what="the end of all that is due",
    )  # fmt: skip
    rows = expiry_rows(service)
    assert sum(len(row["body"]["effects"]) for row in rows) == count
    assert 3 <= len(rows) < count / 10
    assert service.metrics()["coregate_records_expired_total"] == count
    service.wait_served("d0.example.com", "A", [])
    service.wait_served("later.example.com", "A", ["192.0.2.1"])
    verified = service.tool("audit", "verify", "--store", service.home / "store/coregate.db")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert time.time() < at


def test_a_new_writer_goes_on(own_service):
    service, client = own_service, own_service.client()
    text, at = in_seconds(3)
    client.put("/records/a.example.com/A", {"values": ["192.0.2.1"], "expires_at": text})
    for pid in service.children("writer"):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: client.values("a.example.com", "A") is None, 20)
    assert time.time() >= at
    service.wait_served("a.example.com", "A", [])
