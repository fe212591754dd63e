# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens over HTTP: what one may do, children that may do no more, and revocations."""

import base64
import json
import os
import subprocess
import time

import pytest

from harness import wait_until

GRANT = {"z": ["example.com"], "s": ["dev"], "t": ["A", "TXT"], "a": "rlcud", "ttl": [60, 600], "max": 4}


def claims_of(token):
    body = token.split(".")[2]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))[:-64])


def parent(service, *arguments, grant=GRANT, **options):
    return service.client(
        service.issue_token("--grant", json.dumps(grant), "--dg", "2", *arguments, **options)
    )


def make(client, **body):
    body.setdefault("g", [GRANT])
    return client.post("/tokens", body).json()["data"]


def rows(service):
    result = service.tool("audit", "export", "--store", service.home / "store/coregate.db")
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.split("\n") if line]


# ---- GET /token


def test_a_token_is_told_what_it_may_do(service):
    client = parent(service, "--ip", "127.0.0.0/8", "--adm", "audit.read", "--rl", "bulk", subject="reader")
    answer = client.get("/token")
    data = answer.json()["data"]
    assert data["subject"] == "reader" and data["dg"] == 2 and data["par"] == []
    assert data["ip"] == ["127.0.0.0/8"] and data["adm"] == ["audit.read"]
    assert data["kid"].startswith("k4.pid.") and data["audience"] == "coregate"
    assert data["issued_at"] == data["not_before"] < data["expires_at"]
    assert data["rate_class"] == {
        "name": "bulk",
        "requests": {"quota": 10000000, "window": 60},
        "records": {"quota": 10000000, "window": 60},
    }
    assert data["grants"] == [{
        "zones": ["example.com"], "names": [], "subtrees": ["dev"], "first_labels": [],
        "record_types": ["A", "TXT"], "actions": ["read", "list", "create", "update", "delete"],
        "ttl_min": 60, "ttl_max": 600, "max_records": 4, "wildcards": False,
    }]  # fmt: skip
    assert data["claims"] == claims_of(client.token) and data["jti"] == data["claims"]["jti"]
    assert client.token not in answer.text and "v4.public" not in answer.text
    service.anonymous().problem("GET", "/token", 401, "no-token")


# ---- POST /tokens


def test_a_child_may_do_what_it_says_and_no_more(service):
    client = parent(service, subject="family")
    narrow = dict(GRANT, s=["a.dev"], a="rc", ttl=[60, 60])
    data = make(client, g=[narrow], lifetime=600)
    assert data["subject"] == "family" and data["claims"] == claims_of(data["token"])
    assert data["claims"]["jti"] == data["jti"] and "dg" not in data["claims"]
    assert data["claims"]["par"] == [client.get("/token").json()["data"]["jti"]]
    child = service.client(data["token"])
    told = child.get("/token").json()["data"]
    assert told["jti"] == data["jti"] and told["expires_at"] == data["expires_at"]
    child.put("/records/x.a.dev.example.com/A", {"values": ["192.0.2.1"], "ttl": 60}, 201)
    child.problem("DELETE", "/records/x.a.dev.example.com/A", 403, "not-permitted")
    child.problem("PUT", "/records/x.b.dev.example.com/A", 403, "not-permitted",
                  body={"values": ["192.0.2.1"], "ttl": 60})  # fmt: skip
    child.problem("PUT", "/records/y.a.dev.example.com/A", 403, "not-permitted",
                  body={"values": ["192.0.2.1"], "ttl": 61})  # fmt: skip
    child.problem("POST", "/tokens", 403, "not-permitted", body={"g": [narrow]})
    client.delete("/records/x.a.dev.example.com/A")


def test_what_is_left_out_is_inherited_or_nothing(service):
    client = parent(service, "--ip", "127.0.0.0/8", "--rl", "bulk", "--adm", "audit.read,token.issue",
                    "--exp", "1h", subject="heir")  # fmt: skip
    claims = make(client)["claims"]
    above = claims_of(client.token)
    assert claims["sub"] == "heir" and claims["ip"] == above["ip"] and claims["rl"] == "bulk"
    assert claims["exp"] == above["exp"] and claims["aud"] == above["aud"]
    assert "adm" not in claims and "dg" not in claims
    assert make(client, lifetime=60)["claims"]["exp"] < above["exp"]
    other = make(client, sub="other", adm=["audit.read"], dg=1, ip=["127.0.0.1"])
    assert other["claims"]["sub"] == "other" and other["claims"]["ip"] == ["127.0.0.1/32"]
    service.client(other["token"]).get("/audit?limit=1")


def test_presets(service, admin):
    data = admin.post("/tokens", {"preset": "acme", "zones": ["example.com"], "lifetime": 60}).json()["data"]
    assert data["claims"]["g"] == [
        {"z": ["example.com"], "p": ["_acme-challenge"], "t": ["TXT"], "a": "rcud", "ttl": [1, 300]}
    ]
    problem = parent(service).problem("POST", "/tokens", 403, "not-permitted",
                                      body={"preset": "readonly", "zones": ["example.com"]})  # fmt: skip
    assert problem["errors"][0]["pointer"] == "/preset"
    for body, pointer in [
        ({"preset": "acme"}, "/zones"), ({"preset": "dyndns", "zones": ["example.com"]}, "/names"),
        ({"preset": "x"}, "/preset"), ({"preset": "acme", "zones": ["a..b"]}, "/preset"),
        ({"zones": ["example.com"], "g": [GRANT]}, "/zones"), ({}, "/g"),
        ({"preset": "acme", "zones": ["example.com"], "g": [GRANT]}, "/g"),
    ]:  # fmt: skip
        problem = admin.problem("POST", "/tokens", 400, "bad-request", body=body)
        assert pointer in [fault["pointer"] for fault in problem["errors"]], body


BEYOND = [
    ({"g": [dict(GRANT, z=["example.org"])]}, "/g/0/z", "z"),
    ({"g": [dict(GRANT, z=["*"])]}, "/g/0/z", "z"),
    ({"g": [GRANT, dict(GRANT, s=["@"])]}, "/g/1/s", "s"),
    ({"g": [dict(GRANT, n=["www"])]}, "/g/0/n", "n"),
    ({"g": [dict(GRANT, p=["dev"])]}, "/g/0/p", "p"),
    ({"g": [dict(GRANT, w=1)]}, "/g/0/w", "w"),
    ({"g": [dict(GRANT, t=["*"])]}, "/g/0/t", "t"),
    ({"g": [dict(GRANT, t=["A", "MX"])]}, "/g/0/t", "t"),
    ({"g": [dict(GRANT, ttl=[59, 600])]}, "/g/0/ttl", "ttl"),
    ({"g": [dict(GRANT, ttl=[60, 601])]}, "/g/0/ttl", "ttl"),
    ({"g": [dict(GRANT, max=5)]}, "/g/0/max", "max"),
    ({"ip": ["10.0.0.0/8"]}, "/ip/0", "ip"),
    ({"ip": ["127.0.0.0/24", "0.0.0.0/0"]}, "/ip/1", "ip"),
    ({"ip": []}, "/ip", "ip"),
    ({"exp": "2096-01-01T00:00:00Z"}, "/exp", "exp"),
    ({"lifetime": 7200}, "/lifetime", "exp"),
    ({"adm": ["token.revoke"]}, "/adm", "adm"),
    ({"dg": 2}, "/dg", "dg"),
    ({"sub": "somebody"}, "/sub", "sub"),
    ({"rl": "bulk"}, "/rl", "rl"),
]


@pytest.mark.parametrize("body, pointer, axis", BEYOND)
def test_beyond_its_parent(service, body, pointer, axis):
    client = parent(service, "--ip", "127.0.0.0/16", "--adm", "audit.read", "--exp", "1h")
    problem = client.problem("POST", "/tokens", 403, "not-permitted", body={"g": [GRANT], **body})
    assert [(fault["pointer"], fault["axis"]) for fault in problem["errors"]] == [(pointer, axis)]
    assert problem["errors"][0]["code"] == "not-permitted"


def test_a_letter_more(service):
    client = parent(service, grant=dict(GRANT, a="rl"))
    problem = client.problem("POST", "/tokens", 403, "not-permitted", body={"g": [dict(GRANT, a="rlc")]})
    assert problem["errors"][0]["axis"] == "a"


def test_all_that_goes_beyond_is_told_at_once(service):
    body = {"g": [dict(GRANT, z=["x.test"]), dict(GRANT, t=["NS"])], "adm": ["metrics"], "dg": 3, "sub": "x"}
    problem = parent(service).problem("POST", "/tokens", 403, "not-permitted", body=body)
    assert [fault["axis"] for fault in problem["errors"]] == ["z", "t", "adm", "dg", "sub"]


MALFORMED = [
    ({"g": {}}, "/g"), ({"g": []}, "/g"), ({"g": [GRANT] * 17}, "/g"), ({"g": ["x"]}, "/g/0"),
    ({"g": [GRANT, dict(GRANT, q=1)]}, "/g/1"), ({"g": [dict(GRANT, z=[])]}, "/g/0"),
    ({"g": [dict(GRANT, n=[f"n{i}" for i in range(200)])]}, "/g/0"),
    ({"exp": "tomorrow"}, "/exp"), ({"exp": "2020-01-01T00:00:00Z"}, "/exp"), ({"exp": 5}, "/exp"),
    ({"lifetime": 0}, "/lifetime"), ({"lifetime": 1.5}, "/lifetime"), ({"lifetime": "1h"}, "/lifetime"),
    ({"lifetime": 60, "exp": "2096-01-01T00:00:00Z"}, "/lifetime"),
    ({"ip": ["10.0.0.1/8"]}, "/ip/0"), ({"ip": ["x"] * 17}, "/ip"), ({"ip": "10.0.0.0/8"}, "/ip"),
    ({"adm": ["root"]}, "/adm/0"), ({"adm": ["metrics", "metrics"]}, "/adm/1"),
    ({"rl": "none"}, "/rl"), ({"dg": 4}, "/dg"), ({"dg": True}, "/dg"), ({"sub": ""}, "/sub"),
    ({"sub": "a\nb"}, "/sub"), ({"sub": "x" * 129}, "/sub"), ({"jti": "mine"}, "/jti"),
    ({"par": []}, "/par"), ({"nbf": "2026-01-01T00:00:00Z"}, "/nbf"),
]  # fmt: skip


@pytest.mark.parametrize("body, pointer", MALFORMED)
def test_malformed(admin, body, pointer):
    problem = admin.problem("POST", "/tokens", 400, "bad-request", body={"g": [GRANT], **body})
    assert pointer in [fault["pointer"] for fault in problem["errors"]]


def test_malformed_in_many_places(admin):
    body = {"g": ["x"], "ip": ["y"], "adm": ["z"], "rl": "none", "dg": 9, "lifetime": -1, "sub": ""}
    problem = admin.problem("POST", "/tokens", 400, "bad-request", body=body)
    assert {f["pointer"] for f in problem["errors"]} == {
        "/g/0", "/ip/0", "/adm/0", "/rl", "/dg", "/lifetime", "/sub"
    }  # fmt: skip


def test_a_token_that_would_be_too_long(admin):
    grants = [dict(GRANT, n=[f"{'n' * 50}{i}.{j}" for j in range(8)]) for i in range(12)]
    admin.problem("POST", "/tokens", 413, "too-large", body={"g": grants})


def test_three_generations_and_no_fourth(service, admin):
    """The administrator's token has dg 3."""
    token = admin.token
    for depth in (2, 1, 0):
        data = make(service.client(token), dg=depth)
        token = data["token"]
    assert len(data["claims"]["par"]) == 3
    problem = service.client(token).problem("POST", "/tokens", 403, "not-permitted", body={"g": [GRANT]})
    assert [fault["axis"] for fault in problem["errors"]] == ["dg"]


def test_issuing_is_audited_and_the_token_is_kept_nowhere(service):
    client = parent(service, subject="auditee")
    data = client.post("/tokens", {"g": [GRANT], "comment": "for the build"},
                       headers={"X-Request-Id": "issue-1"}).json()["data"]  # fmt: skip
    client.problem("POST", "/tokens", 403, "not-permitted", body={"g": [dict(GRANT, z=["*"])]},
                   headers={"X-Request-Id": "issue-2"})  # fmt: skip
    found = {row["request_id"]: row for row in rows(service)}
    effect = found["issue-1"]["body"]["effects"][0]
    assert effect["op"] == "token.issue" and effect["token_id"] == data["jti"]
    assert effect["subject"] == "auditee" and json.loads(effect["claims"]) == data["claims"]
    assert found["issue-1"]["body"]["comment"] == "for the build"
    assert found["issue-1"]["subject"] == "auditee" and found["issue-1"]["change_id"] > 0
    assert found["issue-2"]["outcome"] == "not-permitted"
    signed = data["token"].split(".")[2]
    for path in (service.home / "store").iterdir():
        assert signed.encode() not in path.read_bytes()
    for part in ("coregated", "nginx"):
        assert "v4.public." not in "\n".join(service.logs(part))


def test_without_an_issuing_key(own_service):
    path = own_service.home / "coregate.conf"
    admin = own_service.client()
    child = make(admin)["token"]
    text = path.read_text().split("\n", 1)[1]
    path.write_text("\n".join(line for line in text.splitlines() if not line.startswith("issuing_key")))
    own_service.reload()
    wait_until(lambda: admin.call("POST", "/tokens", body={"g": [GRANT]}).status_code == 404, 20)
    assert "issuing key" in admin.problem("POST", "/tokens", 404, "not-found", body={"g": [GRANT]})["detail"]
    own_service.client(child).get("/token")  # its key block is still there


def test_the_ceiling_of_the_issuing_key(own_service):
    path = own_service.home / "coregate.conf"
    admin = own_service.client()
    text = path.read_text().split("\n", 1)[1]
    block = text.index('key "issuing" {')
    text = text[:block] + text[block:].replace(
        "issuing.key.pub\"", "issuing.key.pub\"\n\tzones = {\"example.com\"}\n\tadm = {}\n\tmax_lifetime_s = 3600"
    )
    path.write_text(text)
    own_service.reload()
    everywhere = dict(GRANT, z=["*"])
    wait_until(lambda: admin.call("POST", "/tokens", body={"g": [everywhere]}).status_code == 403, 20)
    data = make(admin)
    claims = data["claims"]
    assert claims["exp"][:13] != claims["iat"][:13] and claims["exp"][11:] != claims["iat"][11:]
    for body in ({"g": [everywhere]}, {"adm": ["metrics"]}, {"lifetime": 3601}):
        admin.problem("POST", "/tokens", 403, "not-permitted", body={"g": [GRANT], **body})
    own_service.client(data["token"]).get("/token")


@pytest.mark.parametrize("fault", ["open to others", "of no block", "missing", "no key"])
def test_an_issuing_key_that_cannot_be_used(service, tmp_path, fault):
    key = tmp_path / "key"
    made = service.tool("key", "generate", "--out", key)
    assert made.returncode == 0
    if fault == "open to others":
        key.chmod(0o644)
    elif fault == "missing":
        key.unlink()
    elif fault == "no key":
        key.write_text("k4.secret.AAAA\n")
    conf = tmp_path / "coregate.conf"
    conf.write_text(f'issuing_key = "{key}"\n')
    daemon = os.path.join(os.environ["BUILD_DIR"], "src/coregated")
    result = subprocess.run([daemon, "-t", "-c", conf], capture_output=True, text=True, timeout=30)
    assert result.returncode != 0
    assert f"{conf}:1: issuing_key" in result.stderr
    assert "k4.secret." not in result.stderr


# ---- revocations


def refused(client):
    return client.call("GET", "/token").status_code == 401


def test_children_go_with_their_parent(service, admin):
    client = parent(service, subject="head")
    child = service.client(make(client, dg=1)["token"])
    grandchild = service.client(make(child)["token"])
    sibling = parent(service, subject="head")
    for who in (client, child, grandchild):
        who.get("/token")
    jti = claims_of(client.token)["jti"]
    data = admin.post("/revocations", {"jti": jti, "reason": "left"}).json()["data"]
    assert data["jti"] == jti and data["expires_at"] is None
    end = time.monotonic() + 1
    wait_until(lambda: all(refused(who) for who in (client, child, grandchild)), 1)
    assert time.monotonic() < end
    grandchild.problem("GET", "/token", 401, "revoked-token")
    sibling.get("/token")
    admin.problem("POST", "/tokens", 400, "bad-request", body={})


def test_a_child_goes_alone(service):
    """A token may always revoke itself and what was made from it."""
    client = parent(service, subject="careful")
    stranger = parent(service, subject="careful")
    first, second = make(client, dg=1), make(client)
    below = make(service.client(first["token"]))
    jti = first["jti"]
    stranger.problem("POST", "/revocations", 403, "not-permitted", body={"jti": jti})
    service.client(second["token"]).problem("POST", "/revocations", 403, "not-permitted", body={"jti": jti})
    service.client(below["token"]).problem("POST", "/revocations", 403, "not-permitted", body={"jti": jti})
    client.problem("POST", "/revocations", 403, "not-permitted", body={"jti": "unknown"})
    client.problem("POST", "/revocations", 403, "not-permitted", body={"sub": "careful"})
    client.problem("GET", "/revocations", 403, "not-permitted")
    data = client.post("/revocations", {"jti": jti}).json()["data"]
    assert data["expires_at"] == first["expires_at"]
    wait_until(lambda: refused(service.client(first["token"])), 1)
    wait_until(lambda: refused(service.client(below["token"])), 1)
    client.get("/token")
    service.client(second["token"]).get("/token")
    client.post("/revocations", {"jti": claims_of(client.token)["jti"]})
    wait_until(lambda: refused(client) and refused(service.client(second["token"])), 1)


@pytest.mark.parametrize("what", ["sub", "kid"])
def test_children_go_with_the_subject_and_key_of_their_parent(own_service, what):
    """Also those that have another subject, and are signed with the issuing key."""
    service, admin = own_service, own_service.client()
    client = parent(service, "--adm", "token.issue", subject="leaver")
    child = service.client(make(client, sub="robot", dg=1)["token"])
    grandchild = service.client(make(child)["token"])
    value = claims_of(client.token)["sub"] if what == "sub" else client.get("/token").json()["data"]["kid"]
    time.sleep(1.1)  # times of issue are whole seconds
    keeper = make(admin, adm=["token.revoke"])["token"]
    admin.post("/revocations", {what: value})
    wait_until(lambda: all(refused(who) for who in (client, child, grandchild)), 1)
    assert refused(service.client(keeper)) is (what == "kid")


def test_a_revocation_does_not_end_before_the_token(service, admin):
    data = make(admin, lifetime=3600)
    answer = admin.post("/revocations", {"jti": data["jti"], "expires_at": "2096-01-01T00:00:00Z"})
    assert answer.json()["data"]["expires_at"] == "2096-01-01T00:00:00Z"
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    other = make(admin, lifetime=3600)
    answer = admin.post("/revocations", {"jti": other["jti"], "expires_at": soon})
    assert answer.json()["data"]["expires_at"] == other["expires_at"]


@pytest.mark.parametrize("body, pointer", [
    ({}, ""), ({"jti": "a", "sub": "b"}, ""), ({"jti": ""}, "/jti"), ({"jti": "a b"}, "/jti"),
    ({"jti": "v4.public.abc"}, "/jti"), ({"jti": "x" * 65}, "/jti"), ({"jti": 7}, "/jti"),
    ({"kid": "k4.sid.abc"}, "/kid"), ({"sub": ""}, "/sub"), ({"sub": "x" * 129}, "/sub"),
    ({"sub": "a", "before": "now"}, "/before"), ({"jti": "a", "before": "2027-01-01T00:00:00Z"}, "/before"),
    ({"jti": "a", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"), ({"jti": "a", "why": ""}, "/why"),
])  # fmt: skip
def test_malformed_revocations(admin, body, pointer):
    problem = admin.problem("POST", "/revocations", 400, "bad-request", body=body)
    assert pointer in [fault["pointer"] for fault in problem["errors"]]


def test_the_list_of_revocations(service, admin):
    made = [{"jti": f"list-{number}"} for number in range(7)] + [
        {"sub": "list of nobody", "before": "2020-01-01T00:00:00Z"}
    ]
    for body in made:
        admin.post("/revocations", body)
    found, path, pages = [], "/revocations?limit=3", 0
    while path:
        answer = admin.get(path)
        page = answer.json()
        assert len(page["data"]) <= 3
        found += page["data"]
        pages += 1
        path = page["next"] and f"/revocations?limit=3&cursor={page['next']}"
        assert ("Link" in answer.headers) == (path is not None)
    assert pages >= 3
    keys = [tuple(sorted(row.items())) for row in found]
    assert len(set(keys)) == len(keys), "nothing twice"
    assert [row["revoked_at"] for row in found] == sorted(row["revoked_at"] for row in found)
    for body in made:
        assert any(body.items() <= row.items() for row in found), body
    admin.problem("GET", "/revocations?cursor=00", 400, "bad-request")
    other = admin.get("/audit?limit=1").json()["next"]
    admin.problem("GET", f"/revocations?cursor={other}", 400, "bad-request")
