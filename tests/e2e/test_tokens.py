# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: who gets in, who does not, and how soon a revocation counts."""

import base64
import json
import time

import pytest

from harness import wait_until


def refused(client, code, path="/zones"):
    answer = client.call("GET", path, 401)
    assert answer.json()["code"] == code, answer.text
    assert "realm=" in answer.headers["WWW-Authenticate"]


def test_no_token(service):
    refused(service.anonymous(), "no-token")


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_what_is_open(service, path):
    service.anonymous().get(path)


def test_a_caller_without_a_token_learns_nothing(service):
    """Neither the body nor the path is looked at before the token."""
    client = service.anonymous()
    for method, path, body in [
        ("POST", "/records", b"{broken"), ("PUT", "/records/a.example.com/A", b"\xff"),
        ("GET", "/records?limit=bad", None), ("DELETE", "/zones/example.com", None),
    ]:  # fmt: skip
        assert client.call(method, path, 401, data=body).json()["code"] == "no-token"


def test_other_schemes_and_shapes(service):
    token = service.admin_token
    for value, status in [
        (f"bearer {token}", 200), (f"BEARER {token}", 200), (f"Bearer  {token}", (200, 401)),
        (f"Basic {token}", 401), (token, 401), ("Bearer", 401), ("Bearer ", 401),
        (f"Bearer {token} x", 401), (f"Bearer {token},", 401), (f'Bearer "{token}"', 401),
    ]:  # fmt: skip
        service.anonymous().call("GET", "/zones", status, headers={"Authorization": value})


def flip(text, at):
    letter = "A" if text[at] != "A" else "B"
    return text[:at] + letter + text[at + 1 :]


def test_every_part_of_a_token_is_signed(service):
    token = service.admin_token
    for at in range(0, len(token), 7):
        refused(service.client(flip(token, at)), "bad-token")


def hostile_tokens(token):
    head, payload, footer = "v4.public.", token.split(".")[2], token.split(".")[3]
    kid = json.loads(base64.urlsafe_b64decode(footer + "=="))["kid"]

    def footer_of(value):
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    yield from [
        head, head + payload, head + payload + ".", head + payload + "=." + footer,
        head + payload + "." + footer + "=", head + payload + "." + footer + ".x",
        "v3.public." + payload + "." + footer, "v4.local." + payload + "." + footer,
        "v2.public." + payload + "." + footer, "v1.public." + payload + "." + footer,
        "V4.PUBLIC." + payload + "." + footer, "v4.public" + payload + "." + footer,
        "v4.public.." + footer, "v4.public." + "A" * 86 + "." + footer, "v4.public.A." + footer,
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "null", "undefined", "true", "0",
        head + payload.replace("-", "+").replace("_", "/") + "+." + footer,
        head + payload + "." + footer_of({"kid": kid, "x": 1}),
        head + payload + "." + footer_of({"kid": kid + "A"}),
        head + payload + "." + footer_of({"KID": kid}), head + payload + "." + footer_of([kid]),
        head + payload + "." + footer_of(b"\x00"), head + payload + "." + footer_of(kid.encode()),
        head + payload + "." + footer_of({"kid": kid.replace("pid", "sid")}),
        head + payload + "." + footer_of({"kid": "k4.public." + "A" * 43}),
        head + payload + "." + footer_of(b'{"kid":"' + kid.encode() + b'"} '),
        head + payload + "." + footer_of(b'{"kid": "' + kid.encode() + b'"}'),
        head + "A" * 4000 + "." + footer, head + "A" * 4100 + "." + footer,
        head + "." * 100, "." * 500, "v4.public." + "\\u0041" * 20, "../../etc/passwd", "' OR 1=1 --",
    ]  # fmt: skip


def test_hostile_tokens(service):
    count = 0
    for token in hostile_tokens(service.admin_token):
        answer = service.client(token).call("GET", "/zones", (400, 401))
        assert answer.json()["code"] in ("bad-token", "bad-request"), token
        count += 1
    assert count > 30


def test_a_token_of_another_key(service, tmp_path):
    service.tool("key", "generate", "--out", tmp_path / "other.key")
    result = service.tool(
        "token", "issue", "--key", tmp_path / "other.key", "--preset", "admin", "--sub", "x"
    )
    refused(service.client(result.stdout.strip()), "bad-token")


def test_expiry_is_to_the_second(service):
    token = service.issue_token("--preset", "readonly", "--zone", "example.com", "--exp", "2s")
    client = service.client(token)
    client.get("/records?zone=example.com")
    end = time.time() + 2.1
    time.sleep(max(0, end - time.time()) + 1)
    refused(client, "expired-token", "/records?zone=example.com")


def test_not_yet_valid(service):
    token = service.issue_token(
        "--preset", "readonly", "--zone", "example.com", "--nbf", "1h", "--exp", "2h"
    )
    refused(service.client(token), "not-yet-valid")


def test_another_audience(service):
    token = service.issue_token("--preset", "admin", "--aud", "another")
    refused(service.client(token), "bad-token")


def test_too_long_a_life(service):
    token = service.issue_token("--preset", "admin", "--exp", "800d")
    refused(service.client(token), "bad-token")


def test_the_address_counts(service):
    here = service.issue_token("--preset", "admin", "--ip", "127.0.0.0/8")
    service.client(here).get("/zones")
    elsewhere = service.issue_token("--preset", "admin", "--ip", "192.0.2.0/24", "--ip", "::1/128")
    problem = service.client(elsewhere).problem("GET", "/zones", 403, "address-not-allowed")
    assert "192.0.2" not in json.dumps(problem)


def test_a_forged_forwarding_header_changes_no_address(service):
    elsewhere = service.issue_token("--preset", "admin", "--ip", "192.0.2.0/24")
    for name in ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Remote-Addr"]:
        service.client(elsewhere).call("GET", "/zones", 403, headers={name: "192.0.2.1"})


def revoke(service, *arguments):
    result = service.tool("token", "revoke", "--config", service.home / "coregate.conf", *arguments)
    assert result.returncode == 0, result.stderr


def jti_of(service, token):
    result = service.tool("token", "inspect", input=token)
    found = json.loads(result.stdout)
    return (found.get("payload") or found)["jti"]


def test_a_revoked_token_is_refused_within_a_second(service):
    token = service.issue_token("--preset", "admin", subject="to-be-revoked")
    clients = [service.client(token) for _ in range(8)]
    for client in clients:
        client.get("/zones")
    revoke(service, jti_of(service, token))
    time.sleep(1)
    for _ in range(4):
        for client in clients:
            refused(client, "revoked-token")
    listed = service.tool("token", "list-revoked", "--config", service.home / "coregate.conf")
    assert jti_of(service, token) in listed.stdout


def test_all_tokens_of_a_subject_are_revoked(service):
    tokens = [service.issue_token("--preset", "admin", subject="fired") for _ in range(3)]
    other = service.issue_token("--preset", "admin", subject="kept")
    for token in tokens:
        service.client(token).get("/zones")
    time.sleep(1.1)  # "issued before now" is counted in whole seconds
    revoke(service, "--sub", "fired")
    wait_until(lambda: service.client(tokens[0]).call("GET", "/zones").status_code == 401, 2)
    time.sleep(1)
    for token in tokens:
        refused(service.client(token), "revoked-token")
    service.client(other).get("/zones")


def test_a_revocation_outlives_a_restart(own_service):
    token = own_service.issue_token("--preset", "admin", subject="gone")
    revoke(own_service, jti_of(own_service, token))
    own_service.stop()
    own_service.start()
    refused(own_service.client(token), "revoked-token")


def test_no_token_is_ever_logged(service, admin, zone):
    admin.put(f"/records/a.{zone}/A", {"values": ["192.0.2.1"]})
    service.anonymous().call("GET", f"/zones?token={service.admin_token}", (400, 401))
    secret = (service.home / "keys/local.key").read_text().strip()
    for part in ("coregated", "nginx", "coredns"):
        text = "\n".join(service.logs(part))
        assert "v4.public." not in text
        assert secret not in text and "k4.secret" not in text
