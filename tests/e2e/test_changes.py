# SPDX-License-Identifier: GPL-3.0-or-later
"""Many changes at once: all or none, dry runs, what is refused and where, permissions, Prefer."""

import pytest

from harness import wait_until


def entry(action, name, record_type="A", **members):
    return {"action": action, "name": name, "record_type": record_type, **members}


def side(*values, ttl=300):
    return {"ttl": ttl, "values": list(values)} if values else None


def put(admin, name, *values, record_type="A"):
    admin.put(f"/records/{name}/{record_type}", {"values": list(values)})


def brief(diff):
    """(action, name, before values, after values) of each entry."""
    return [
        (one["action"], one["name"], *((one[s] or {}).get("values") for s in ("before", "after")))
        for one in diff
    ]


def post(client, changes, expect=200, **members):
    return client.post("/changes", {"changes": changes, **members}, expect)


def faults(client, changes, status, code, **members):
    """(pointer, code) of each fault of a refused batch."""
    problem = client.problem("POST", "/changes", status, code, body={"changes": changes, **members})
    return [(fault["pointer"], fault["code"]) for fault in problem["errors"]]


# ---- what is done


def test_each_action_and_its_diff(admin, zone, service):
    put(admin, f"old.{zone}", "192.0.2.1", "192.0.2.2")
    put(admin, f"gone.{zone}", "192.0.2.3")
    answer = post(admin, [
        entry("create", f"New.{zone}.", value="192.0.2.10", ttl=60),
        entry("create", f"many.{zone}", "txt", values=["b", "a"]),
        entry("upsert", f"old.{zone}", value="192.0.2.4"),
        entry("delete", f"gone.{zone}"),
        entry("create", f"old.{zone}", values=["192.0.2.5"]),
        entry("delete", f"old.{zone}", value="192.0.2.4"),
    ], comment="a batch")  # fmt: skip
    data = answer.json()["data"]
    assert data["id"] == int(answer.headers["Change-Id"])
    assert data["comment"] == "a batch" and data["dry_run"] is False
    assert data["request_id"] == answer.headers["X-Request-Id"]
    assert data["diff"][0] == {
        "action": "create", "name": f"new.{zone}", "record_type": "A", "zone": zone,
        "before": None, "after": side("192.0.2.10", ttl=60),
    }  # fmt: skip
    assert brief(data["diff"])[1:] == [
        ("create", f"many.{zone}", None, ["a", "b"]),
        ("update", f"old.{zone}", ["192.0.2.1", "192.0.2.2"], ["192.0.2.4"]),
        ("delete", f"gone.{zone}", ["192.0.2.3"], None),
        ("update", f"old.{zone}", ["192.0.2.4"], ["192.0.2.4", "192.0.2.5"]),
        ("update", f"old.{zone}", ["192.0.2.4", "192.0.2.5"], ["192.0.2.5"]),
    ]
    assert [one["zone"] for one in data["zones"]] == [zone]
    assert data["zones"][0]["serial"] == admin.get(f"/zones/{zone}").json()["data"]["serial"]
    assert admin.values(f"old.{zone}", "A") == {"192.0.2.5"}
    service.wait_served(f"new.{zone}", "A", ["192.0.2.10"])
    service.wait_served(f"gone.{zone}", "A", [])


def test_one_change_across_zones(admin, zone):
    zones = [f"{letter}.{zone}" for letter in "abc"]
    for name in zones:
        admin.post("/zones", {"name": name, "nameservers": ["ns1.example.com"]})
    before = {name: admin.get(f"/zones/{name}").json()["data"]["serial"] for name in zones}
    data = post(admin, [entry("create", f"www.{name}", value="192.0.2.1") for name in zones]
                + [entry("create", f"ftp.{zones[0]}", value="192.0.2.2")]).json()["data"]  # fmt: skip
    assert {one["zone"]: one["serial"] for one in data["zones"]} == {
        name: serial + 1 for name, serial in before.items()
    }
    bad = [entry("create", f"mail.{name}", value="192.0.2.1") for name in zones]
    bad.append(entry("create", f"www.{zones[2]}", value="192.0.2.1"))
    assert faults(admin, bad, 409, "exists") == [("/changes/3", "exists")]
    for name in zones:
        assert admin.values(f"mail.{name}", "A") is None
        assert admin.get(f"/zones/{name}").json()["data"]["serial"] == before[name] + 1
        admin.delete(f"/zones/{name}?confirm={name}")


BAD = {
    "exists": (lambda zone: entry("create", f"there.{zone}", value="192.0.2.1"), 409, ""),
    "not-found": (lambda zone: entry("delete", f"nowhere.{zone}"), 404, ""),
    "conflict": (lambda zone: entry("create", f"there.{zone}", "CNAME", value="a.test"), 409, ""),
    "precondition-failed": (
        lambda zone: entry("upsert", f"there.{zone}", value="192.0.2.9", if_match="1"), 412, "/if_match",
    ),
    "invalid-record": (lambda zone: entry("create", f"x.{zone}", value="300.0.0.1"), 422, "/value"),
    "invalid-name": (lambda zone: entry("create", f"x..{zone}", value="192.0.2.1"), 422, "/name"),
    "no-such-zone": (lambda zone: entry("create", "x.unknown.invalid", value="192.0.2.1"), 404, ""),
}  # fmt: skip


@pytest.mark.parametrize("code", BAD)
def test_one_bad_entry_anywhere_and_nothing_is_done(admin, zone, code):
    put(admin, f"there.{zone}", "192.0.2.1")
    serial = admin.get(f"/zones/{zone}").json()["data"]["serial"]
    make, status, member = BAD[code]
    good = [entry("create", f"n{number}.{zone}", value="192.0.2.1") for number in range(4)]
    for place in range(5):
        batch = good[:place] + [make(zone)] + good[place:]
        wanted = [(f"/changes/{place}{member}", code)]
        assert faults(admin, batch, status, code) == wanted
        assert faults(admin, batch, status, code, dry_run=True) == wanted
    assert admin.get(f"/zones/{zone}").json()["data"]["serial"] == serial
    names = {one["name"] for one in admin.get(f"/records?zone={zone}").json()["data"]}
    assert names == {zone, f"there.{zone}"}


def test_every_fault_is_told_at_once(admin, zone):
    put(admin, f"there.{zone}", "192.0.2.1")
    batch = [
        entry("create", f"there.{zone}", value="192.0.2.1"),
        entry("create", f"fine.{zone}", value="192.0.2.1"),
        entry("delete", f"nowhere.{zone}"),
        entry("create", f"there.{zone}", "CNAME", value="a.test"),
    ]
    state = [("/changes/0", "exists"), ("/changes/2", "not-found"), ("/changes/3", "conflict")]
    assert faults(admin, batch, 409, "exists") == state
    # What only the body tells comes first, and a dry run tries the others all the same.
    batch += [{"action": "delete"}, 7, entry("destroy", f"a.{zone}")]
    body = [("/changes/4/name", "bad-request"), ("/changes/4/record_type", "bad-request"),
            ("/changes/5", "bad-request"), ("/changes/6/action", "bad-request")]  # fmt: skip
    assert faults(admin, batch, 400, "bad-request") == body
    assert faults(admin, batch, 400, "bad-request", dry_run=True) == body + state


@pytest.mark.parametrize("members, pointer", [
    ({"value": "192.0.2.1", "values": ["192.0.2.2"]}, "/values"),
    ({}, "/value"),
    ({"values": []}, "/values"),
    ({"values": ["192.0.2.1", "192.0.2.1"]}, "/values/1"),
    ({"values": ["192.0.2.1", 5]}, "/values/1"),
    ({"value": "192.0.2.1", "ttl": -1}, "/ttl"),
    ({"value": "192.0.2.1", "if_match": "\"5"}, "/if_match"),
    ({"value": "192.0.2.1", "color": "red"}, "/color"),
    ({"value": ["192.0.2.1"]}, "/value"),
    ({"value": "192.0.2.1", "record_type": "SOA"}, "/record_type"),
    ({"value": "192.0.2.1", "action": "delete", "ttl": 5}, "/ttl"),
])  # fmt: skip
def test_members_of_an_entry(admin, zone, members, pointer):
    body = {"changes": [{**entry("create", f"a.{zone}"), **members}]}
    answer = admin.call("POST", "/changes", (400, 422), body=body)
    assert "/changes/0" + pointer in [one["pointer"] for one in answer.json()["errors"]], answer.text


@pytest.mark.parametrize("body, pointer", [
    ({}, "/changes"),
    ({"changes": []}, "/changes"),
    ({"changes": {}}, "/changes"),
    ({"changes": [entry("delete", "a.test")], "dry_run": 1}, "/dry_run"),
    ({"changes": [entry("delete", "a.test")], "comment": "x" * 1001}, "/comment"),
    ({"changes": [entry("delete", "a.test")], "more": 1}, "/more"),
])  # fmt: skip
def test_the_body_around_them(admin, body, pointer):
    problem = admin.call("POST", "/changes", 400, body=body).json()
    assert problem["errors"][0]["pointer"] == pointer


def test_how_many_at_once(admin, zone):
    batch = [entry("create", f"n{n}.{zone}", value="192.0.2.1") for n in range(1001)]
    assert faults(admin, batch, 413, "too-large") == [("/changes", "too-large")]
    data = post(admin, batch[:1000]).json()
    assert len(data["data"]["diff"]) == 1000 and data["next"] is None
    dry = post(admin, [entry("delete", f"n{n}.{zone}") for n in range(1000)], dry_run=True).json()
    assert len(dry["data"]["diff"]) == 1000
    problem = faults(admin, batch[:1000], 409, "exists")
    assert problem == [(f"/changes/{n}", "exists") for n in range(1000)]


def test_nothing_to_change_is_no_change(admin, zone):
    put(admin, f"a.{zone}", "192.0.2.1")
    answer = post(admin, [entry("upsert", f"a.{zone}", value="192.0.2.1")])
    assert answer.json()["data"]["id"] is None
    assert answer.json()["data"]["diff"] == []
    assert "Change-Id" not in answer.headers


def test_preconditions_of_the_request_have_no_place(admin, zone):
    admin.problem("POST", "/changes", 400, "bad-request", headers={"If-Match": "*"},
                  body={"changes": [entry("create", f"a.{zone}", value="192.0.2.1")]})  # fmt: skip
    assert admin.values(f"a.{zone}", "A") is None


def test_if_match(admin, zone):
    put(admin, f"a.{zone}", "192.0.2.1")
    tag = admin.get(f"/records/a.{zone}/A").headers["ETag"]
    put(admin, f"b.{zone}", "192.0.2.1")
    change = [entry("upsert", f"b.{zone}", value="192.0.2.2", if_match="*"),
              entry("delete", f"a.{zone}", if_match=tag)]  # fmt: skip
    post(admin, change)
    assert faults(admin, change, 412, "precondition-failed") == [("/changes/1/if_match", "precondition-failed")]
    assert admin.values(f"b.{zone}", "A") == {"192.0.2.2"}
    bare = admin.get(f"/records/b.{zone}/A").headers["ETag"].strip('"')
    post(admin, [entry("delete", f"b.{zone}", if_match=bare)])
    # An earlier entry has moved it.
    put(admin, f"c.{zone}", "192.0.2.1")
    tag = admin.get(f"/records/c.{zone}/A").headers["ETag"]
    twice = [entry("upsert", f"c.{zone}", value=f"192.0.2.{n}", if_match=tag) for n in (2, 3)]
    assert faults(admin, twice, 412, "precondition-failed") == [("/changes/1/if_match", "precondition-failed")]


# ---- dry runs


def test_a_dry_run_tells_the_same_and_does_nothing(admin, zone, service):
    put(admin, f"a.{zone}", "192.0.2.1")
    batch = [
        entry("upsert", f"a.{zone}", value="192.0.2.2"),
        entry("create", f"b.{zone}", value="192.0.2.3"),
        entry("delete", f"a.{zone}"),
    ]
    serial = admin.get(f"/zones/{zone}").json()["data"]["serial"]
    newest = admin.get("/changes?limit=1").json()["data"][0]["id"]
    dry = post(admin, batch, dry_run=True, comment="try")
    assert "Change-Id" not in dry.headers
    dry = dry.json()["data"]
    assert dry["id"] is None and dry["dry_run"] is True and dry["comment"] == "try"
    assert admin.get("/changes?limit=1").json()["data"][0]["id"] == newest
    assert admin.get(f"/zones/{zone}").json()["data"]["serial"] == serial
    assert admin.values(f"a.{zone}", "A") == {"192.0.2.1"}
    done = post(admin, batch).json()["data"]
    assert done["id"] == newest + 1
    assert dry["diff"] == done["diff"]
    assert [(one["zone"], one["serial"]) for one in dry["zones"]] == [
        (one["zone"], one["serial"]) for one in done["zones"]
    ]
    assert dry["actor"] == done["actor"]


def test_a_dry_run_leaves_no_row_in_the_audit_log(admin, zone, service):
    def rows():
        out = service.tool("audit", "export", "--config", service.home / "coregate.conf")
        assert out.returncode == 0, out.stderr
        return len(out.stdout.splitlines())

    before = rows()
    post(admin, [entry("create", f"a.{zone}", value="192.0.2.1")], dry_run=True)
    faults(admin, [entry("delete", f"a.{zone}")], 404, "not-found", dry_run=True)
    assert rows() == before
    post(admin, [entry("create", f"a.{zone}", value="192.0.2.1")])
    assert rows() == before + 1


# ---- who may


def test_every_entry_must_be_permitted(service, admin, zone):
    token = service.issue_token("--grant", f'{{"z":["{zone}"],"s":["dev"],"t":["A"],"a":"rcu","ttl":[60,600]}}')
    client = service.client(token)
    good = entry("create", f"a.dev.{zone}", value="192.0.2.1")
    for bad in (
        entry("create", f"a.{zone}", value="192.0.2.1"),
        entry("create", f"a.dev.{zone}", "TXT", value="x"),
        entry("create", f"b.dev.{zone}", value="192.0.2.1", ttl=5),
        entry("delete", f"a.dev.{zone}"),
        entry("create", "a.example.com", value="192.0.2.1"),
    ):
        for batch, place in (([bad, good], 0), ([good, bad], 1)):
            assert faults(client, batch, 403, "not-permitted") == [(f"/changes/{place}", "not-permitted")]
    assert admin.values(f"a.dev.{zone}", "A") is None
    mixed = [entry("create", f"x.{zone}", value="192.0.2.1"), entry("upsert", f"a.dev.{zone}", value="192.0.2.1", if_match="5")]
    assert faults(client, mixed, 403, "not-permitted") == [("/changes/0", "not-permitted")]
    assert faults(client, mixed, 403, "not-permitted", dry_run=True) == [
        ("/changes/0", "not-permitted"), ("/changes/1/if_match", "precondition-failed"),
    ]  # fmt: skip
    assert len(post(client, [good]).json()["data"]["diff"]) == 1


def test_the_diff_tells_no_more_than_may_be_read(service, admin, zone):
    put(admin, f"secret.{zone}", "hidden", record_type="TXT")
    writer = service.client(service.issue_token(
        "--grant", f'{{"z":["{zone}"],"s":["@"],"t":["TXT"],"a":"cud"}}'))  # fmt: skip
    answer = post(writer, [entry("upsert", f"secret.{zone}", "TXT", value="new")])
    assert "hidden" not in answer.text and answer.json()["data"]["diff"] == []
    assert answer.json()["data"]["id"] == int(answer.headers["Change-Id"])
    dry = post(writer, [entry("delete", f"secret.{zone}", "TXT")], dry_run=True)
    assert "new" not in dry.text
    writer.problem("GET", f"/changes/{answer.json()['data']['id']}", 404, "not-found")


def test_records_are_charged(own_service):
    """A class that allows 100 records at once: 60 and 60 are too many, 101 always are."""
    own_service.configure('rate_class "small" {\n requests = 1000\n records = 100\n records_window_s = 1000\n}')
    own_service.stop()
    own_service.start()
    client = own_service.client(own_service.issue_token("--preset", "admin", "--rl", "small"))
    batch = [entry("create", f"a{n}.example.com", value="192.0.2.1") for n in range(101)]
    client.problem("POST", "/changes", 413, "too-large", body={"changes": batch})
    post(client, batch[:60])
    client.problem("POST", "/changes", 429, "rate-limited", body={"changes": batch[:60]})
    post(client, [entry("delete", f"a{n}.example.com") for n in range(20)])


# ---- Prefer


def test_prefer_return_minimal(admin, zone):
    minimal = {"headers": {"Prefer": 'foo=bar; x="y,z", return=minimal, wait=0'}}
    answer = admin.post("/records", {"name": f"a.{zone}", "record_type": "A", "value": "192.0.2.1"}, **minimal)
    assert "return=minimal" in answer.headers["Preference-Applied"]
    assert answer.json()["data"] == {"id": int(answer.headers["Change-Id"])}
    assert answer.headers["ETag"] and answer.headers["Location"]
    answer = admin.post("/changes", {"changes": [entry("delete", f"a.{zone}")]}, 200, **minimal)
    assert answer.json()["data"] == {"id": int(answer.headers["Change-Id"])}
    answer = admin.put(f"/records/b.{zone}/A", {"values": ["192.0.2.1"]}, 201, **minimal)
    assert list(answer.json()["data"]) == ["id"]
    answer = admin.put(f"/records/b.{zone}/A", {"values": ["192.0.2.1"]}, 200, **minimal)
    assert answer.json()["data"] == {"id": None}
    # No answer of a read or of a dry run is cut.
    answer = admin.get(f"/records/b.{zone}/A", **minimal)
    assert answer.json()["data"]["values"] == ["192.0.2.1"]
    assert "Preference-Applied" not in answer.headers
    dry = admin.post("/changes", {"changes": [entry("delete", f"b.{zone}")], "dry_run": True}, 200, **minimal)
    assert len(dry.json()["data"]["diff"]) == 1
    full = admin.delete(f"/records/b.{zone}/A", headers={"Prefer": "return=representation, return=minimal"})
    assert full.json()["data"] == {"deleted": 1}


def test_status_goes_from_pending_to_served(admin, zone, service):
    data = post(admin, [entry("create", f"a.{zone}", value="192.0.2.1")]).json()["data"]

    def is_served():
        shown = admin.get(f"/changes/{data['id']}").json()["data"]["zones"][0]
        assert shown["zone"] == zone and shown["serial"] == data["zones"][0]["serial"]
        return shown if shown["status"] == "served" else None

    shown = wait_until(is_served, what="served")
    server = shown["servers"][0]
    assert server["address"] == f"127.0.0.1:{service.dns_port}"
    assert server["serial"] >= shown["serial"] and server["served_at"].endswith("Z")
    assert service.answers(f"a.{zone}", "A")[1] == {"192.0.2.1"}
