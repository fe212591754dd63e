# SPDX-License-Identifier: GPL-3.0-or-later
"""The history: one change, the list with its filters and pages, and undoing a change."""

import json
import urllib.parse

import pytest

from harness import wait_until

NS = ["ns1.example.com"]


def entry(action, name, record_type="A", **members):
    return {"action": action, "name": name, "record_type": record_type, **members}


def post(client, *changes, **members):
    return client.post("/changes", {"changes": list(changes), **members}, 200).json()["data"]


def put(client, name, *values, record_type="A", ttl=300):
    answer = client.put(f"/records/{name}/{record_type}", {"values": list(values), "ttl": ttl})
    return int(answer.headers["Change-Id"])


def revert(client, change_id, **options):
    return client.post(f"/changes/{change_id}/revert", expect=200, **options).json()["data"]


def conflicts(client, change_id, status=409, code="conflict"):
    problem = client.problem("POST", f"/changes/{change_id}/revert", status, code)
    return [fault["detail"] for fault in problem.get("errors", [])]


def pages(client, path):
    """Each page of a list or diff, following Link as well as the cursor."""
    cursor = ""
    while cursor is not None:
        answer = client.get(path + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))
        yield answer.json()["data"]
        cursor = answer.json()["next"]
        assert ("Link" in answer.headers) == (cursor is not None)
        if cursor is not None:
            following = answer.headers["Link"].split(">")[0].lstrip("<")
            assert urllib.parse.unquote(cursor) in urllib.parse.unquote(following)


def listed(client, query):
    return [one["id"] for page in pages(client, f"/changes?limit=3&{query}") for one in page]


def records(client, zone):
    return [
        (one["name"], one["record_type"], one["value"], one["ttl"])
        for one in client.get(f"/records?zone={zone}&limit=1000").json()["data"]
        if one["record_type"] != "SOA"
    ]


def serial(client, zone):
    return client.get(f"/zones/{zone}").json()["data"]["serial"]


# ---- reading


def test_every_write_is_in_the_history(admin, zone):
    first = put(admin, f"a.{zone}", "192.0.2.1")
    added = admin.post("/records", {"name": f"a.{zone}", "record_type": "A", "value": "192.0.2.2"})
    data = admin.get(f"/changes/{added.headers['Change-Id']}").json()
    assert data["next"] is None
    data = data["data"]
    assert data["id"] > first
    assert data["request_id"] == added.headers["X-Request-Id"]
    assert data["actor"] and data["comment"] == "" and data["at"].endswith("Z")
    assert data["diff"] == [{
        "action": "update", "name": f"a.{zone}", "record_type": "A", "zone": zone,
        "before": {"ttl": 300, "values": ["192.0.2.1"]},
        "after": {"ttl": 300, "values": ["192.0.2.1", "192.0.2.2"]},
    }]  # fmt: skip
    assert [one["zone"] for one in data["zones"]] == [zone]
    made = listed(admin, f"zone={zone}")[-1]
    diff = admin.get(f"/changes/{made}").json()["data"]["diff"]
    assert {one["record_type"] for one in diff} == {"SOA", "NS"}


@pytest.mark.parametrize("path", ["/changes/0", "/changes/abc", "/changes/999999999", "/changes/-1",
                                  "/changes/99999999999999999999", "/changes/1e3"])  # fmt: skip
def test_no_such_change(admin, path):
    admin.problem("GET", path, 404, "not-found")
    admin.problem("POST", path + "/revert", 404, "not-found")


@pytest.mark.parametrize("query", ["since=yesterday", "limit=0", "limit=1001", "cursor=00", "zone=a..b",
                                   "color=red"])  # fmt: skip
def test_bad_queries(admin, query):
    problem = admin.call("GET", f"/changes?{query}", (400, 422)).json()
    assert problem["errors"][0]["pointer"] == "?" + query.split("=")[0]


def test_filters(service, admin, zone):
    other = service.client(service.issue_token("--preset", "admin", subject=f"robot-{zone}"))
    ids = [put(admin, f"a.{zone}", f"192.0.2.{number}") for number in range(4)]
    ids += [put(other, f"b.{zone}", f"192.0.2.{number}") for number in range(4)]
    ids.append(post(other, entry("upsert", f"a.{zone}", value="192.0.2.9"),
                    entry("create", f"a.{zone}", "TXT", value="x"),
                    entry("create", f"c.{zone}", value="192.0.2.9"))["id"])  # fmt: skip
    newest = ids[::-1]
    made = listed(admin, f"zone={zone}")
    assert made[:-1] == newest and len(made) == 10
    assert listed(admin, f"name=a.{zone}") == [newest[0], *newest[5:]]
    assert listed(admin, f"name=a.{zone}&zone={zone}") == [newest[0], *newest[5:]]
    assert listed(admin, f"actor=robot-{zone}") == newest[:5]
    assert listed(admin, f"actor=robot-{zone}&name=a.{zone}") == newest[:1]
    assert listed(admin, f"actor=robot-{zone}&zone={zone}") == newest[:5]
    assert listed(admin, f"actor=nobody&zone={zone}") == []
    assert listed(admin, f"name=nothing.{zone}") == []
    assert listed(admin, f"zone={zone}&since=2020-01-01T00:00:00Z") == made
    assert listed(admin, f"zone={zone}&since=2100-01-01T00:00:00Z") == []
    admin.problem("GET", f"/changes?zone={zone}&name=a.test", 422, "out-of-zone")
    everything = [one["id"] for one in admin.get("/changes?limit=9").json()["data"]]
    assert everything == newest


def test_a_large_diff_comes_in_pages(admin, zone):
    batch = [entry("create", f"n{number:03}.{zone}", value="192.0.2.1") for number in range(25)]
    change = post(admin, *batch)
    for limit in (1, 7, 24, 25, 26):
        found = [one["name"] for page in pages(admin, f"/changes/{change['id']}?limit={limit}")
                 for one in page["diff"]]  # fmt: skip
        assert found == [one["name"] for one in batch], limit
    admin.problem("GET", f"/changes/{change['id']}?cursor=00", 400, "bad-request")
    history = admin.get("/changes?limit=1").json()["next"]
    admin.problem("GET", f"/changes/{change['id']}?cursor={history}", 400, "bad-request")


def test_what_a_token_sees(service, admin, zone):
    change = post(admin, entry("create", f"a.{zone}", value="192.0.2.1"),
                  entry("create", f"b.{zone}", "TXT", value="hidden"))  # fmt: skip
    hidden = put(admin, f"c.{zone}", "hidden", record_type="TXT")
    grant = json.dumps({"z": [zone], "s": ["@"], "t": ["A"], "a": "rlcud"})
    weak = service.client(service.issue_token("--grant", grant))
    answer = weak.get(f"/changes/{change['id']}")
    assert [one["name"] for one in answer.json()["data"]["diff"]] == [f"a.{zone}"]
    assert "hidden" not in answer.text
    weak.problem("GET", f"/changes/{hidden}", 404, "not-found")
    weak.problem("POST", f"/changes/{hidden}/revert", 404, "not-found")
    weak.problem("POST", f"/changes/{change['id']}/revert", 403, "not-permitted")
    assert listed(weak, f"zone={zone}") == [change["id"]]
    assert listed(weak, f"name=c.{zone}") == []
    assert listed(weak, "") == [change["id"]]
    weak.problem("GET", "/changes?zone=example.com", 403, "not-permitted")
    stranger = service.client(service.issue_token("--preset", "readonly", "--zone", "example.com"))
    stranger.problem("GET", f"/changes/{change['id']}", 404, "not-found")
    assert admin.values(f"a.{zone}", "A") == {"192.0.2.1"}


# ---- undoing


def test_each_kind_of_write_is_undone(admin, zone, service):
    put(admin, f"kept.{zone}", "192.0.2.1", "192.0.2.2", ttl=60)
    before = records(admin, zone)
    undone = {
        "create": lambda: put(admin, f"new.{zone}", "192.0.2.1"),
        "replace": lambda: put(admin, f"kept.{zone}", "192.0.2.3"),
        "add": lambda: post(admin, entry("create", f"kept.{zone}", value="192.0.2.9", ttl=5))["id"],
        "drop": lambda: post(admin, entry("delete", f"kept.{zone}"))["id"],
        "drop value": lambda: post(admin, entry("delete", f"kept.{zone}", value="192.0.2.2"))["id"],
        "patch": lambda: int(admin.patch(f"/records/kept.{zone}/A", {"ttl": 5}).headers["Change-Id"]),
        "several": lambda: post(
            admin, entry("delete", f"kept.{zone}"), entry("create", f"kept.{zone}", "CNAME", value="a.test"),
            entry("upsert", f"kept.{zone}", "CNAME", value="b.test"), entry("create", f"x.{zone}", value="192.0.2.1"),
            entry("delete", f"x.{zone}"),
        )["id"],
    }  # fmt: skip
    for kind, do in undone.items():
        change = do()
        last = serial(admin, zone)
        data = revert(admin, change)
        assert records(admin, zone) == before, kind
        assert data["id"] == change + 1 and data["comment"] == f"revert of change {change}"
        assert [one["serial"] for one in data["zones"]] == [last + 1]
        shown = admin.get(f"/changes/{change}").json()["data"]["diff"]
        turned = [(one["name"], one["before"], one["after"]) for one in data["diff"]]
        assert turned == [(one["name"], one["after"], one["before"]) for one in shown[::-1]], kind
        # It is undone; and undoing that does it once more.
        revert(admin, data["id"])
        revert(admin, data["id"] + 1)
        assert records(admin, zone) == before, kind
    service.wait_served(f"kept.{zone}", "A", ["192.0.2.1", "192.0.2.2"])


def test_a_comment_of_a_revert(admin, zone):
    change = put(admin, f"a.{zone}", "192.0.2.1")
    assert revert(admin, change, body={"comment": "sorry"})["comment"] == "sorry"
    admin.problem("POST", f"/changes/{change}/revert", 400, "bad-request", body={"other": 1})


def test_where_the_data_has_moved_on(admin, zone):
    change = post(admin, entry("create", f"a.{zone}", value="192.0.2.1"),
                  entry("create", f"b.{zone}", value="192.0.2.1"),
                  entry("create", f"c.{zone}", value="192.0.2.1"))["id"]  # fmt: skip
    put(admin, f"a.{zone}", "192.0.2.1", ttl=301)
    admin.delete(f"/records/c.{zone}/A")
    before, last = records(admin, zone), serial(admin, zone)
    assert conflicts(admin, change) == [f"c.{zone} A has changed since.", f"a.{zone} A has changed since."]
    assert records(admin, zone) == before and serial(admin, zone) == last
    put(admin, f"a.{zone}", "192.0.2.1")
    put(admin, f"c.{zone}", "192.0.2.1")
    revert(admin, change)
    assert {name for name, *_ in records(admin, zone)} == {zone}
    assert len(conflicts(admin, change)) == 3


def test_what_would_not_be_served_does_not_come_back(admin, zone):
    put(admin, f"a.{zone}", "192.0.2.1")
    change = post(admin, entry("delete", f"a.{zone}"))["id"]
    put(admin, f"a.{zone}", "b.test", record_type="CNAME")
    assert "cannot have both" in conflicts(admin, change)[0]
    assert admin.values(f"a.{zone}", "A") is None


def test_a_zone_that_was_made(admin, service, zone):
    name = f"made.{zone}"
    made = int(admin.post("/zones", {"name": name, "nameservers": NS}).headers["Change-Id"])
    change = put(admin, f"a.{name}", "192.0.2.1")
    assert "has changed since" in conflicts(admin, made)[0]
    revert(admin, change)
    assert "has changed since" in conflicts(admin, made)[0]
    other = f"other.{zone}"
    made = int(admin.post("/zones", {"name": other, "nameservers": NS}).headers["Change-Id"])
    wait_until(lambda: service.soa_serial(other), what="the zone")
    data = revert(admin, made)
    assert {(one["action"], one["record_type"]) for one in data["diff"]} == {("delete", "SOA"), ("delete", "NS")}
    admin.problem("GET", f"/zones/{other}", 404, "no-such-zone")
    wait_until(lambda: service.zone_text(other) is None, what="the file to go")
    wait_until(
        lambda: admin.get(f"/changes/{data['id']}").json()["data"]["zones"][0]["status"] == "served",
        what="served",
    )
    assert "no longer there" in conflicts(admin, made)[0]


def test_a_zone_that_was_dropped(admin, service, zone):
    for number in range(0, 1500, 500):
        post(admin, *(entry("create", f"n{number + n}.{zone}", value="192.0.2.1") for n in range(500)))
    post(admin, entry("create", f"txt.{zone}", "TXT", values=["a", "b"]))
    before, last = records(admin, zone), admin.get(f"/zones/{zone}").json()["data"]
    assert last["records"] == 1500 + 2 + 2
    wait_until(lambda: service.soa_serial(zone) == last["serial"], what="served")
    dropped = int(admin.delete(f"/zones/{zone}?confirm={zone}").headers["Change-Id"])
    wait_until(lambda: service.answers(zone, "SOA")[0] == "REFUSED", what="gone")
    whole = [one for page in pages(admin, f"/changes/{dropped}?limit=1000") for one in page["diff"]]
    assert len(whole) == 1500 + 1 + 2 and all(one["after"] is None for one in whole)
    answer = admin.post(f"/changes/{dropped}/revert", expect=200)
    assert len(answer.json()["data"]["diff"]) <= 1000 and answer.json()["next"]
    assert f"/changes/{answer.json()['data']['id']}?cursor=" in answer.headers["Link"]
    now = admin.get(f"/zones/{zone}").json()["data"]
    assert records(admin, zone) == before
    assert now["records"] == last["records"] and now["serial"] > last["serial"]
    wait_until(lambda: service.soa_serial(zone) == now["serial"], what="served again")
    assert service.answers(f"n1499.{zone}", "A")[1] == {"192.0.2.1"}
    assert "is there again" in conflicts(admin, dropped)[0]


def test_a_dropped_zone_and_what_came_in_its_place(admin, zone):
    name = f"sub.{zone}"
    admin.post("/zones", {"name": name, "nameservers": NS})
    put(admin, f"a.b.{name}", "x", record_type="TXT")
    dropped = int(admin.delete(f"/zones/{name}?confirm={name}").headers["Change-Id"])
    put(admin, f"www.{name}", "192.0.2.1")
    assert "no longer be served" in conflicts(admin, dropped)[0]
    admin.delete(f"/records/www.{name}/A")
    admin.post("/zones", {"name": f"b.{name}", "nameservers": NS})
    assert "no longer be served" in conflicts(admin, dropped)[0]
    admin.problem("GET", f"/zones/{name}", 404, "no-such-zone")
    admin.delete(f"/zones/b.{name}?confirm=b.{name}")
    revert(admin, dropped)
    assert admin.values(f"a.b.{name}", "TXT") == {"x"}
    admin.delete(f"/zones/{name}?confirm={name}")


def test_records_that_another_zone_took_over(admin, zone):
    change = put(admin, f"sub.{zone}", "192.0.2.1")
    admin.delete(f"/records/sub.{zone}/A")
    gone = put(admin, f"x.sub.{zone}", "192.0.2.1") and post(admin, entry("delete", f"x.sub.{zone}"))["id"]
    admin.post("/zones", {"name": f"sub.{zone}", "nameservers": NS})
    assert conflicts(admin, gone) == [f"x.sub.{zone} A has changed since."]
    assert conflicts(admin, change) == [f"sub.{zone} A has changed since."]
    admin.delete(f"/zones/sub.{zone}?confirm=sub.{zone}")
    revert(admin, gone)
    assert admin.values(f"x.sub.{zone}", "A") == {"192.0.2.1"}


def test_who_may_undo(service, admin, zone):
    created = put(admin, f"a.{zone}", "192.0.2.1")
    short = put(admin, f"b.{zone}", "192.0.2.1", ttl=5)
    longer = put(admin, f"b.{zone}", "192.0.2.1", ttl=300)

    def client(actions, **more):
        grant = {"z": [zone], "s": ["@"], "t": ["A", "SOA", "NS"], "a": actions, **more}
        return service.client(service.issue_token("--grant", json.dumps(grant)))

    # The opposite of a creation is a deletion.
    client("rlcu").problem("POST", f"/changes/{created}/revert", 403, "not-permitted")
    client("rd", ttl=[600, 700]).post(f"/changes/{created}/revert", expect=200)
    client("rlcud", ttl=[60, 600]).problem("POST", f"/changes/{longer}/revert", 403, "not-permitted")
    client("ru").post(f"/changes/{longer}/revert", expect=200)
    client("ru").problem("POST", f"/changes/{short}/revert", 403, "not-permitted")
    # A zone needs the right for it.
    made = int(admin.post("/zones", {"name": f"m.{zone}", "nameservers": NS}).headers["Change-Id"])
    grant = json.dumps({"z": ["*"], "s": ["@"], "t": ["*", "SOA", "NS"], "a": "rlcud"})
    plain = service.client(service.issue_token("--grant", grant))
    maker = service.client(service.issue_token("--grant", grant, "--adm", "zone.create"))
    dropper = service.client(service.issue_token("--grant", grant, "--adm", "zone.delete"))
    for one in (plain, maker):
        one.problem("POST", f"/changes/{made}/revert", 403, "not-permitted")
    dropped = revert(dropper, made)["id"]
    for one in (plain, dropper):
        one.problem("POST", f"/changes/{dropped}/revert", 403, "not-permitted")
    revert(maker, dropped)
    admin.delete(f"/zones/m.{zone}?confirm=m.{zone}")


def test_a_revert_is_audited_and_may_answer_in_short(admin, zone, service):
    change = put(admin, f"a.{zone}", "192.0.2.1")
    answer = admin.post(f"/changes/{change}/revert", expect=200, headers={"Prefer": "return=minimal"})
    assert answer.json()["data"] == {"id": change + 1}
    out = service.tool("audit", "export", "--config", service.home / "coregate.conf").stdout
    row = json.loads(out.splitlines()[-1])
    assert row["request"] == f"POST /changes/{change}/revert"
    assert row["body"]["effects"][0] == {"op": "revert", "action": "update", "change_id": change}
