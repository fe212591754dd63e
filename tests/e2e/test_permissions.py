# SPDX-License-Identifier: GPL-3.0-or-later
"""What a token may do: matchers, types, actions, TTL bounds, wildcards, presets."""

import json

import pytest


def client_with(service, *grants, **options):
    arguments = [word for grant in grants for word in ("--grant", json.dumps(grant))]
    return service.client(service.issue_token(*arguments, **options))


def may(client, method, path, body=None):
    """Whether the call is permitted; a refusal has to be the right one."""
    answer = client.call(method, path, body=body)
    if answer.status_code == 403:
        assert answer.json()["code"] == "not-permitted"
        return False
    assert answer.status_code < 400 or answer.status_code == 404, answer.text
    return True


def put(client, name, kind="A", value="192.0.2.1", **more):
    return may(client, "PUT", f"/records/{name}/{kind}", {"values": [value], **more})


def test_exact_names(service, zone):
    client = client_with(service, {"z": [zone], "n": ["www", "@"], "t": ["A", "TXT"], "a": "rlcud"})
    assert put(client, f"www.{zone}")
    assert put(client, f"WWW.{zone}.")
    assert put(client, zone, "TXT", "x")
    assert not put(client, f"a.www.{zone}")
    assert not put(client, f"wwww.{zone}")
    assert not put(client, f"www2.{zone}")
    assert not put(client, "www.example.com")


def test_subtrees(service, zone):
    client = client_with(service, {"z": [zone], "s": ["dev"], "t": ["A"], "a": "rlcud"})
    assert put(client, f"dev.{zone}")
    assert put(client, f"a.b.dev.{zone}")
    assert not put(client, f"xdev.{zone}")
    assert not put(client, f"dev.a.{zone}")
    assert not put(client, f"www.{zone}")
    assert not put(client, zone)


def test_first_labels(service, zone):
    client = client_with(
        service, {"z": [zone], "p": ["_acme-challenge"], "t": ["TXT"], "a": "rlcud"}
    )
    assert put(client, f"_acme-challenge.{zone}", "TXT", "x")
    assert put(client, f"_acme-challenge.a.b.{zone}", "TXT", "x")
    assert not put(client, f"a._acme-challenge.{zone}", "TXT", "x")
    assert not put(client, f"_acme-challengex.{zone}", "TXT", "x")


def test_other_zones(service, admin, zone):
    client = client_with(service, {"z": [zone], "s": ["@"], "t": ["*"], "a": "rlcud", "w": 1})
    assert put(client, f"a.{zone}")
    assert not put(client, "other.example.com")
    inner = f"inner.{zone}"
    admin.post("/zones", {"name": inner, "nameservers": ["ns1.example.com"]})
    assert not put(client, f"a.{inner}"), "a zone below is another zone"
    admin.delete(f"/zones/{inner}?confirm={inner}")


NAMED_TYPES = {
    "NS": "ns.example.com", "DS": "1 8 2 " + "ab" * 32, "CAA": '0 issue "x"',
    "DNAME": "x.example.com", "CDS": "1 8 2 " + "ab" * 32, "DNSKEY": "257 3 8 AQID",
    "CDNSKEY": "257 3 8 AQID",
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMED_TYPES)
def test_the_star_does_not_cover_what_moves_trust(service, zone, kind):
    star = client_with(service, {"z": [zone], "s": ["@"], "t": ["*"], "a": "rlcud"})
    named = client_with(service, {"z": [zone], "s": ["@"], "t": [kind], "a": "rlcud"})
    assert not put(star, f"sub.{zone}", kind, NAMED_TYPES[kind])
    assert put(named, f"sub.{zone}", kind, NAMED_TYPES[kind])
    assert may(named, "DELETE", f"/records/sub.{zone}/{kind}")


def test_types_in_another_spelling(service, zone):
    client = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "rlcud"})
    assert put(client, f"a.{zone}", "TYPE1", "\\# 4 c0000201")
    assert not put(client, f"a.{zone}", "TYPE16", "\\# 2 0141")
    star = client_with(service, {"z": [zone], "s": ["@"], "t": ["*"], "a": "rlcud"})
    assert not put(star, f"sub.{zone}", "TYPE2", "\\# 1 00")


def test_actions_follow_the_state(service, admin, zone):
    path = f"/records/a.{zone}/A"
    create = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "c"})
    update = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "u"})
    delete = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "d"})
    read = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "r"})
    assert not put(update, f"a.{zone}")
    assert not put(read, f"a.{zone}")
    assert put(create, f"a.{zone}")
    assert not put(create, f"a.{zone}", value="192.0.2.2"), "it is an update now"
    assert put(update, f"a.{zone}", value="192.0.2.2")
    assert may(read, "GET", path)
    for blind in (create, update, delete):
        assert not may(blind, "GET", path)
    assert not may(update, "DELETE", path)
    assert not may(create, "DELETE", path)
    assert may(delete, "DELETE", path)
    assert admin.values(f"a.{zone}", "A") is None


def test_a_refusal_does_not_tell_what_exists(service, admin, zone):
    admin.put(f"/records/there.{zone}/A", {"values": ["192.0.2.1"]})
    client = client_with(service, {"z": [zone], "n": ["mine"], "t": ["A"], "a": "rlcud"})
    bodies = []
    for name in (f"there.{zone}", f"missing.{zone}"):
        for method, body in [("GET", None), ("DELETE", None), ("PUT", {"values": ["192.0.2.2"]}),
                             ("PATCH", {"add": ["192.0.2.2"]})]:  # fmt: skip
            problem = client.problem(method, f"/records/{name}/A", 403, "not-permitted", body=body)
            problem.pop("request_id")
            bodies.append(json.dumps(problem).replace(name, "NAME"))
    assert bodies[:4] == bodies[4:]
    assert client.get("/records").json()["data"] == []


def test_who_may_not_read_learns_no_values(service, admin, zone):
    path = f"/records/blind.{zone}/A"
    admin.put(path, {"values": ["192.0.2.1", "192.0.2.2"]})

    def client(actions):
        return client_with(service, {"z": [zone], "n": ["blind"], "t": ["A"], "a": actions})

    for body in ({"remove": ["192.0.2.9"]}, {"add": ["192.0.2.3"]}, {"ttl": 77}):
        answer = client("u").patch(path, body)
        assert answer.json()["data"] is None and "192.0.2." not in answer.text
    assert client("ru").patch(path, {"remove": ["192.0.2.3"]}).json()["data"]["values"] == ["192.0.2.1", "192.0.2.2"]
    for value in ("192.0.2.1", "192.0.2.9"):
        record = {"name": f"blind.{zone}", "record_type": "A", "value": value}
        client("c").problem("POST", "/records", 403, "not-permitted", body=record)
    client("d").problem("DELETE", f"{path}?value=192.0.2.9", 403, "not-permitted")


def test_a_zone_that_is_not_granted_looks_like_one_that_is_not_there(service, zone):
    client = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "rlcud"})
    there = client.call("GET", "/zones/example.com")
    missing = client.call("GET", "/zones/not-there.invalid")
    assert there.status_code == missing.status_code
    assert there.json()["code"] == missing.json()["code"]
    there = client.call("GET", "/records/a.example.com/A")
    missing = client.call("GET", "/records/a.not-there.invalid/A")
    assert (there.status_code, there.json()["code"]) == (missing.status_code, missing.json()["code"])


def test_ttl_bounds(service, admin, zone):
    client = client_with(
        service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "rlcud", "ttl": [60, 600]}
    )
    assert put(client, f"a.{zone}", ttl=60)
    assert put(client, f"a.{zone}", ttl=600)
    assert not put(client, f"a.{zone}", ttl=59)
    assert not put(client, f"b.{zone}", ttl=601)
    assert admin.get(f"/records/a.{zone}/A").json()["data"]["ttl"] == 600


def test_how_many_records(service, admin, zone):
    client = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "rlcud", "max": 2})
    path = f"/records/a.{zone}/A"
    assert may(client, "PUT", path, {"values": ["192.0.2.1", "192.0.2.2"]})
    assert not may(client, "PATCH", path, {"add": ["192.0.2.3"]})
    assert not may(client, "PUT", path, {"values": [f"192.0.2.{n}" for n in range(3)]})
    assert may(client, "PATCH", path, {"add": ["192.0.2.3"], "remove": ["192.0.2.1"]})
    assert admin.values(f"a.{zone}", "A") == {"192.0.2.2", "192.0.2.3"}


def test_wildcard_owners_are_named(service, zone):
    plain = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "rlcud"})
    wild = client_with(service, {"z": [zone], "s": ["@"], "t": ["A"], "a": "rlcud", "w": 1})
    exact = client_with(service, {"z": [zone], "n": ["*.x"], "t": ["A"], "a": "rlcud"})
    assert not put(plain, f"*.{zone}")
    assert put(wild, f"*.{zone}")
    assert put(exact, f"*.x.{zone}")
    assert not put(exact, f"a.x.{zone}")


def test_one_grant_has_to_cover_a_change(service, zone):
    """Two grants do not add up: one may create, the other has the TTL."""
    client = client_with(
        service,
        {"z": [zone], "s": ["@"], "t": ["A"], "a": "c", "ttl": [1, 60]},
        {"z": [zone], "s": ["@"], "t": ["A"], "a": "u", "ttl": [61, 600]},
    )
    assert not put(client, f"a.{zone}", ttl=300)
    assert put(client, f"a.{zone}", ttl=60)
    assert not put(client, f"a.{zone}", ttl=30, value="192.0.2.2")
    assert put(client, f"a.{zone}", ttl=300, value="192.0.2.2")


def test_zones_need_rights_of_their_own(service, admin, zone):
    client = client_with(service, {"z": ["*"], "s": ["@"], "t": ["*"], "a": "rlcud", "w": 1})
    body = {"name": "not-mine.test", "nameservers": ["ns1.example.com"]}
    client.problem("POST", "/zones", 403, "not-permitted", body=body)
    client.problem("DELETE", f"/zones/{zone}?confirm={zone}", 403, "not-permitted")
    admin.get(f"/zones/{zone}")


def test_a_list_holds_only_what_may_be_listed(service, admin, zone):
    for name in ("a", "b", "c"):
        admin.put(f"/records/{name}.{zone}/A", {"values": ["192.0.2.1"]})
        admin.put(f"/records/{name}.{zone}/TXT", {"values": ["x"]})
    client = client_with(service, {"z": [zone], "n": ["a", "b"], "t": ["A"], "a": "l"})
    listed = client.get(f"/records?zone={zone}").json()["data"]
    assert {(r["name"], r["record_type"]) for r in listed} == {(f"a.{zone}", "A"), (f"b.{zone}", "A")}
    assert [z["name"] for z in client.get("/zones").json()["data"]] == [zone]


def test_preset_acme(service, zone):
    client = service.client(service.issue_token("--preset", "acme", "--zone", zone))
    assert put(client, f"_acme-challenge.www.{zone}", "TXT", "token", ttl=60)
    assert may(client, "DELETE", f"/records/_acme-challenge.www.{zone}/TXT")
    assert not put(client, f"_acme-challenge.{zone}", "TXT", "token", ttl=301)
    assert not put(client, f"_acme-challenge.{zone}", "A", "192.0.2.1", ttl=60)
    assert not put(client, f"www.{zone}", "TXT", "x", ttl=60)


def test_preset_dyndns(service, admin, zone):
    client = service.client(service.issue_token("--preset", "dyndns", "--zone", zone, "--name", "home"))
    assert not put(client, f"home.{zone}"), "it updates, it does not create"
    admin.put(f"/records/home.{zone}/A", {"values": ["192.0.2.1"]})
    assert put(client, f"home.{zone}", value="192.0.2.2")
    assert not may(client, "DELETE", f"/records/home.{zone}/A")
    assert not put(client, f"other.{zone}")


def test_preset_external_dns(service, zone):
    client = service.client(service.issue_token("--preset", "external-dns", "--zone", zone))
    assert put(client, f"app.{zone}")
    assert put(client, f"app2.{zone}", "CNAME", "app.example.com")
    assert put(client, f"app.{zone}", "TXT", "heritage=external-dns")
    assert not put(client, f"app.{zone}", "MX", "10 mail.example.com")
    assert may(client, "DELETE", f"/records/app.{zone}/A")


def test_preset_readonly(service, admin, zone):
    admin.put(f"/records/a.{zone}/A", {"values": ["192.0.2.1"]})
    client = service.client(service.issue_token("--preset", "readonly", "--zone", zone))
    assert may(client, "GET", f"/records/a.{zone}/A")
    assert may(client, "GET", f"/records/{zone}/NS")
    assert len(client.get(f"/records?zone={zone}").json()["data"]) >= 2
    assert not put(client, f"b.{zone}")
    assert not may(client, "DELETE", f"/records/a.{zone}/A")


@pytest.mark.parametrize("grant", [
    {}, {"z": []}, {"z": ["*"]}, {"z": ["example.com"], "s": ["@"], "t": ["A"], "a": "x"},
    {"z": ["example.com"], "s": ["@"], "t": ["A"], "a": "r", "new": 1},
    {"z": ["*.example.com"], "s": ["@"], "t": ["A"], "a": "r"},
    {"z": ["example.com"], "s": ["*"], "t": ["A"], "a": ""},
    {"z": ["example.com"], "s": ["@"], "t": [], "a": "r"},
    {"z": ["example.com"], "s": ["@"], "t": ["A"], "a": "r", "ttl": [5, 1]},
])  # fmt: skip
def test_grants_that_mean_nothing_are_not_issued(service, grant):
    result = service.tool(
        "token", "issue", "--key", service.home / "keys/local.key", "--sub", "x",
        "--grant", json.dumps(grant),
    )  # fmt: skip
    assert result.returncode != 0
    assert result.stdout == ""
