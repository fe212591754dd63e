# SPDX-License-Identifier: GPL-3.0-or-later
"""/servers: the life of a provisioned machine, as an orchestrator sees it."""

import itertools
import threading
import time

import dns.reversename
import pytest

from harness import wait_until

_numbers = itertools.count(1)


def reverse(address):
    return dns.reversename.from_address(address).to_text().rstrip(".")


@pytest.fixture
def v4(admin):
    """Addresses of a reverse zone of their own: 10.77.n.0/24."""
    net = f"10.77.{next(_numbers)}"
    zone = ".".join(reversed(net.split("."))) + ".in-addr.arpa"
    admin.post("/zones", {"name": zone, "nameservers": ["ns1.example.com"]})
    yield lambda number: f"{net}.{number}"
    admin.delete(f"/zones/{zone}?confirm={zone}", (200, 404))


def register(client, hostname, *ips, expect=201, **more):
    return client.post("/servers", {"hostname": hostname, "ips": list(ips), **more}, expect).json()["data"]


def records(data):
    return {(r["name"], r["record_type"], r["value"]) for r in data["records"]}


def test_registers_both_families_and_reverse_names(admin, zone, v4):
    host = f"web-01.{zone}"
    answer = admin.post("/servers", {"hostname": host.upper(), "ips": [v4(1), "2001:DB8::1"], "ttl": 120}, 201)
    data = answer.json()["data"]
    assert (data["hostname"], data["registered"], data["conflict"]) == (host, True, None)
    assert data["verified"] is None
    assert records(data) == {
        (host, "A", v4(1)), (host, "AAAA", "2001:db8::1"),
        (reverse(v4(1)), "PTR", host), (reverse("2001:db8::1"), "PTR", host),
    }  # fmt: skip
    assert {r["ttl"] for r in data["records"]} == {120}
    assert answer.headers["Location"].endswith(f"/servers/{host}")
    assert int(answer.headers["Change-Id"]) > 0
    assert admin.values(host, "A") == {v4(1)}
    assert admin.values(reverse("2001:db8::1"), "PTR") == {host}
    admin.delete(f"/servers/{host}")


def test_is_idempotent(admin, zone, v4):
    host = f"a.{zone}"
    register(admin, host, v4(1), v4(2))
    serial = admin.get(f"/zones/{zone}").json()["data"]["serial"]
    again = admin.post("/servers", {"hostname": host, "ips": [v4(2), v4(1)]}, 200)
    assert again.json()["data"]["registered"] is True
    assert len(again.json()["data"]["records"]) == 4
    assert "Change-Id" not in again.headers
    assert admin.get(f"/zones/{zone}").json()["data"]["serial"] == serial
    # What was lost meanwhile comes back.
    admin.delete(f"/records/{host}/A?value={v4(2)}")
    again = admin.post("/servers", {"hostname": host, "ips": [v4(2), v4(1)]}, 200)
    assert "Change-Id" in again.headers
    assert admin.values(host, "A") == {v4(1), v4(2)}


@pytest.mark.parametrize("is_registered", [True, False])
def test_conflict_report_fail_replace(admin, zone, v4, is_registered):
    host = f"c.{zone}"
    if is_registered:
        register(admin, host, v4(1))
    else:
        admin.put(f"/records/{host}/A", {"values": [v4(1)]})
    data = register(admin, host, v4(2), expect=200)
    assert data["registered"] is False
    assert data["records"] == []
    assert [(r["name"], r["value"]) for r in data["conflict"]] == [(host, v4(1))]
    assert register(admin, host, v4(2), expect=200, on_conflict="report")["registered"] is False
    body = {"hostname": host, "ip": v4(2), "on_conflict": "fail"}
    assert host in admin.problem("POST", "/servers", 409, "conflict", body=body)["detail"]
    assert admin.values(host, "A") == {v4(1)}
    assert admin.values(reverse(v4(2)), "PTR") is None
    data = register(admin, host, v4(2), expect=(200, 201), on_conflict="replace")
    assert data["registered"] is True
    assert admin.values(host, "A") == {v4(2)}
    assert admin.values(reverse(v4(1)), "PTR") is None
    assert admin.values(reverse(v4(2)), "PTR") == {host}
    admin.delete(f"/servers/{host}")
    assert admin.values(host, "A") is None


def test_a_cname_is_a_conflict(admin, zone, v4):
    host = f"c.{zone}"
    admin.put(f"/records/{host}/CNAME", {"values": ["elsewhere.test"]})
    data = register(admin, host, v4(1), expect=200)
    assert [r["record_type"] for r in data["conflict"]] == ["CNAME"]
    body = {"hostname": host, "ip": v4(1), "on_conflict": "replace"}
    admin.problem("POST", "/servers", 409, "conflict", body=body)


def test_a_reverse_name_that_points_elsewhere(admin, zone, v4):
    admin.put(f"/records/{reverse(v4(1))}/PTR", {"values": ["other.test"]})
    host = f"p.{zone}"
    data = register(admin, host, v4(1))
    assert data["registered"] is True
    assert [(r["record_type"], r["value"]) for r in data["conflict"]] == [("PTR", "other.test")]
    assert data["ptr_skipped"] == [{"name": reverse(v4(1)), "reason": "points-elsewhere"}]
    admin.delete(f"/servers/{host}")
    assert admin.values(reverse(v4(1)), "PTR") == {"other.test"}
    data = register(admin, host, v4(1), expect=200, ptr=True)
    assert data["registered"] is False
    body = {"hostname": host, "ip": v4(1), "on_conflict": "fail"}
    admin.problem("POST", "/servers", 409, "conflict", body=body)
    assert admin.values(host, "A") is None
    register(admin, host, v4(1), on_conflict="replace")
    assert admin.values(reverse(v4(1)), "PTR") == {host}


def test_without_a_reverse_zone(admin, zone):
    host = f"n.{zone}"
    data = register(admin, host, "203.0.113.7")
    assert data["ptr_skipped"] == [{"name": reverse("203.0.113.7"), "reason": "no-zone"}]
    assert len(data["records"]) == 1
    admin.delete(f"/servers/{host}")
    body = {"hostname": host, "ip": "203.0.113.7", "ptr": True}
    admin.problem("POST", "/servers", 404, "no-such-zone", body=body)
    assert admin.values(host, "A") is None


def test_ptr_false(admin, zone, v4):
    data = register(admin, f"n.{zone}", v4(1), ptr=False)
    assert (len(data["records"]), data["ptr_skipped"]) == (1, [])
    assert admin.values(reverse(v4(1)), "PTR") is None


def test_of_sixteen_at_once_one_wins(service, zone, v4):
    host = f"race.{zone}"
    answers = []
    barrier = threading.Barrier(16)

    def run(number):
        client = service.client()
        barrier.wait()
        answers.append(client.post("/servers", {"hostname": host, "ip": v4(number)}, (200, 201)))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(1, 17)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [a.json()["data"] for a in answers if a.json()["data"]["registered"]]
    losers = [a.json()["data"] for a in answers if not a.json()["data"]["registered"]]
    assert (len(winners), len(losers)) == (1, 15)
    (address,) = [r["value"] for r in winners[0]["records"] if r["record_type"] == "A"]
    client = service.client()
    assert client.values(host, "A") == {address}
    assert all(r["value"] == address for data in losers for r in data["conflict"])
    pointers = [n for n in range(1, 17) if client.values(reverse(v4(n)), "PTR")]
    assert [v4(n) for n in pointers] == [address]


def test_moves(admin, zone, v4):
    host = f"m.{zone}"
    admin.problem("PUT", f"/servers/{host}", 404, "not-found", body={"ip": v4(1)})
    register(admin, host, v4(1), "2001:db8::77")
    admin.patch(f"/records/{host}/A", {"add": ["192.0.2.99"]})
    before = admin.get(f"/zones/{zone}").json()["data"]["serial"]
    answer = admin.put(f"/servers/{host}", {"ips": [v4(2)]}, 200)
    assert answer.json()["data"]["registered"] is True
    assert admin.get(f"/zones/{zone}").json()["data"]["serial"] == before + 1
    assert admin.values(host, "A") == {v4(2), "192.0.2.99"}
    assert admin.values(host, "AAAA") is None
    assert admin.values(reverse(v4(1)), "PTR") is None
    assert admin.values(reverse("2001:db8::77"), "PTR") is None
    assert admin.values(reverse(v4(2)), "PTR") == {host}
    assert "Change-Id" not in admin.put(f"/servers/{host}", {"ip": v4(2)}, 200).headers


def test_unregisters_exactly_what_it_made(admin, zone, v4):
    host = f"u.{zone}"
    register(admin, host, v4(1), v4(2))
    admin.patch(f"/records/{host}/A", {"add": ["192.0.2.99"]})
    admin.put(f"/records/{host}/TXT", {"values": ["kept"]})
    admin.patch(f"/records/{reverse(v4(1))}/PTR", {"add": ["other.test"]})
    admin.delete(f"/records/{host}/A?value={v4(2)}")
    data = admin.delete(f"/servers/{host}").json()["data"]
    assert data == {"hostname": host, "deleted": 3}
    assert admin.values(host, "A") == {"192.0.2.99"}
    assert admin.values(host, "TXT") == {"kept"}
    assert admin.values(reverse(v4(1)), "PTR") == {"other.test"}
    assert admin.values(reverse(v4(2)), "PTR") is None
    admin.problem("DELETE", f"/servers/{host}", 404, "not-found")
    admin.problem("GET", f"/servers/{host}", 404, "not-found")


def test_stays_when_its_zone_goes(admin, v4):
    name = "gone-zone.test"
    admin.post("/zones", {"name": name, "nameservers": ["ns1.example.com"]})
    host = f"g.{name}"
    register(admin, host, v4(1))
    admin.delete(f"/zones/{name}?confirm={name}")
    assert admin.get(f"/servers/{host}").json()["data"]["addresses"] == [v4(1)]
    assert admin.values(reverse(v4(1)), "PTR") == {host}
    assert admin.delete(f"/servers/{host}").json()["data"]["deleted"] == 1
    assert admin.values(reverse(v4(1)), "PTR") is None


def test_if_match(admin, zone, v4):
    host = f"e.{zone}"
    register(admin, host, v4(1))
    tag = admin.get(f"/servers/{host}").headers["ETag"]
    admin.get(f"/servers/{host}", 304, headers={"If-None-Match": tag})
    new = admin.put(f"/servers/{host}", {"ip": v4(2)}, 200, headers={"If-Match": tag}).headers["ETag"]
    assert new != tag
    options = {"headers": {"If-Match": tag}}
    admin.problem("PUT", f"/servers/{host}", 412, "precondition-failed", body={"ip": v4(3)}, **options)
    admin.problem("DELETE", f"/servers/{host}", 412, "precondition-failed", **options)
    admin.delete(f"/servers/{host}", headers={"If-Match": new})


def test_lists_with_cursor_and_filters(admin, zone, v4):
    hosts = [f"l{number:02}.{'east' if number % 2 else 'west'}.{zone}" for number in range(10)]
    for number, host in enumerate(hosts):
        register(admin, host, v4(number + 1), ptr=False)
    found, cursor = [], ""
    while cursor is not None:
        page = admin.get(f"/servers?zone={zone}&limit=3{cursor and '&cursor=' + cursor}").json()
        found += [s["hostname"] for s in page["data"]]
        cursor = page["next"]
    assert sorted(found) == sorted(hosts)
    assert len(found) == 10
    under = admin.get(f"/servers?under=east.{zone}").json()["data"]
    assert [s["hostname"] for s in under] == [host for host in hosts if "east" in host]
    (server,) = admin.get(f"/servers?under={hosts[0]}").json()["data"]
    assert server["addresses"] == [v4(1)]
    assert server["records"] == [{"name": hosts[0], "record_type": "A", "value": v4(1), "ttl": 300}]
    assert server["registered_by"] == "local-admin"
    assert server["registered_at"].endswith("Z") and server["change_id"] > 0
    assert server["state"] in ("ok", "unknown")
    assert admin.get(f"/servers?zone={zone}&state=drift").json()["data"] == []
    assert admin.problem("GET", "/servers?state=ill", 400, "bad-request")["errors"][0]["pointer"] == "?state"
    admin.problem("GET", "/servers?cursor=00", 400, "bad-request")


def test_verify(service, admin, zone, v4):
    host = f"v.{zone}"
    start = time.monotonic()
    data = register(admin, host, v4(1), verify=True)
    assert data["verified"] is True
    assert time.monotonic() - start < 9
    assert service.answers(host, "A")[1] == {v4(1)}
    assert service.answers(reverse(v4(1)), "PTR")[1] == {host + "."}
    assert admin.put(f"/servers/{host}", {"ip": v4(2), "verify": True}, 200).json()["data"]["verified"] is True
    assert service.answers(host, "A")[1] == {v4(2)}


def test_all_faults_at_once(admin, zone):
    body = {
        "hostname": "bad name", "ips": ["192.0.2.1", "192.0.2.256", "2001:db8::g", "192.0.2.1"],
        "ttl": -1, "on_conflict": "shrug", "verify": "yes", "colour": 1,
    }  # fmt: skip
    problem = admin.call("POST", "/servers", (400, 422), body=body).json()
    assert {e["pointer"] for e in problem["errors"]} == {
        "/hostname", "/ips/1", "/ips/2", "/ips/3", "/ttl", "/on_conflict", "/verify", "/colour",
    }  # fmt: skip
    for body, pointer in (
        ({"hostname": f"a.{zone}"}, "/ip"),
        ({"hostname": f"a.{zone}", "ip": "192.0.2.1", "ips": ["192.0.2.1"]}, "/ips"),
        ({"hostname": f"*.{zone}", "ip": "192.0.2.1"}, "/hostname"),
        ({"hostname": f"a.{zone}", "ips": []}, "/ips"),
        ({"hostname": f"a.{zone}", "ips": [f"192.0.2.{n}" for n in range(17)]}, "/ips"),
        ({"ip": "192.0.2.1"}, "/hostname"),
    ):
        problem = admin.call("POST", "/servers", (400, 422), body=body).json()
        assert [e["pointer"] for e in problem["errors"]] == [pointer], body
    admin.problem("POST", "/servers", 404, "no-such-zone", body={"hostname": "a.nowhere.test", "ip": "192.0.2.1"})


def test_permissions(service, admin, zone, v4):
    grant = '{"z":["%s"],"s":["@"],"t":["A","AAAA"],"a":"rlcud"}' % zone
    client = service.client(service.issue_token("--grant", grant))
    host = f"w.{zone}"
    # The reverse name is not this token's: it goes without, and says so.
    data = register(client, host, v4(1))
    assert data["ptr_skipped"] == [{"name": reverse(v4(1)), "reason": "not-permitted"}]
    assert admin.values(reverse(v4(1)), "PTR") is None
    body = {"hostname": f"x.{zone}", "ip": v4(2), "ptr": True}
    client.problem("POST", "/servers", 403, "not-permitted", body=body)
    assert admin.values(f"x.{zone}", "A") is None
    client.problem("POST", "/servers", 403, "not-permitted", body={"hostname": "a.example.com", "ip": v4(3)})
    # Another's registration made a PTR, which this token may not take away.
    register(admin, f"y.{zone}", v4(4))
    client.problem("DELETE", f"/servers/y.{zone}", 403, "not-permitted")
    client.problem("PUT", f"/servers/y.{zone}", 403, "not-permitted", body={"ip": v4(5)})
    assert {r["record_type"] for r in client.get(f"/servers/y.{zone}").json()["data"]["records"]} == {"A"}
    assert len(client.get("/servers").json()["data"]) == 2
    client.delete(f"/servers/{host}")
    # Who may read nothing there learns nothing.
    other = service.client(service.issue_token("--grant", grant.replace(zone, "example.com")))
    other.problem("GET", f"/servers/y.{zone}", 403, "not-permitted")
    other.problem("DELETE", f"/servers/none.{zone}", 403, "not-permitted")
    assert other.get("/servers").json()["data"] == []
    blind = service.client(service.issue_token("--grant", grant.replace("rlcud", "c")))
    admin.put(f"/records/q.{zone}/A", {"values": ["192.0.2.66"]})
    for _ in range(2):  # the second time it is the answer that was kept
        answer = blind.post(
            "/servers", {"hostname": f"q.{zone}", "ip": v4(6)}, 200, headers={"Idempotency-Key": f'"blind-{zone}"'}
        )
        assert answer.json()["data"]["registered"] is False
        assert "192.0.2.66" not in answer.text


def test_auto_register_off(own_service):
    own_service.configure("auto_register = false")
    client = own_service.client()

    def is_off():
        data = client.post("/servers", {"hostname": "off.example.com", "ip": "10.1.2.3"}, (200, 201)).json()["data"]
        if data["registered"]:
            client.delete("/servers/off.example.com")
        return data if not data["registered"] else None

    own_service.reload()
    data = wait_until(is_off, what="auto_register off")
    assert data["reason"] == "auto_register is off"
    assert (data["records"], data["conflict"]) == ([], None)
    assert client.values("off.example.com", "A") is None
    data = client.post("/servers", {"hostname": "off.example.com", "ip": "10.1.2.3", "force": True}).json()["data"]
    assert data["registered"] is True
    assert client.values(reverse("10.1.2.3"), "PTR") == {"off.example.com"}
