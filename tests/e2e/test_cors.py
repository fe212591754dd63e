# SPDX-License-Identifier: GPL-3.0-or-later
"""Browsers: cross-origin calls, HEAD and OPTIONS on every route, compression and entity tags."""

import pytest
import requests

from conftest import RESPONDERS
from harness import Service, wait_until

ORIGIN = "https://dns.example.com"
OTHER = "http://localhost:5173"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("cors") / "home", RESPONDERS=RESPONDERS)
    service.start()
    service.configure(f'cors_origins = {{"{ORIGIN}", "{OTHER}"}}')
    service.reload()
    wait_until(lambda: allowed(preflight(service, "/zones", ORIGIN)) == ORIGIN, 20)
    yield service
    service.stop()
    service.check_logs()


def allowed(answer):
    return answer.headers.get("Access-Control-Allow-Origin")


def preflight(service, path, origin, method="GET"):
    return service.anonymous().call("OPTIONS", path, 204, headers={
        "Origin": origin, "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,if-match",
    })  # fmt: skip


def words(text):
    return {word.strip().lower() for word in text.split(",")}


ROUTES = {
    "/records": {"GET", "POST"},
    "/records/a.example.com/A": {"GET", "PUT", "PATCH", "DELETE"},
    "/verify": {"GET"},
    "/zones": {"GET", "POST"},
    "/zones/example.com": {"GET", "DELETE"},
    "/token": {"GET"},
    "/tokens": {"POST"},
    "/revocations": {"GET", "POST"},
    "/audit": {"GET"},
    "/health": {"GET"},
    "/ready": {"GET"},
    "/metrics": {"GET"},
}


@pytest.mark.parametrize("path", ROUTES)
def test_options_and_head_on_every_route(site, path):
    methods = ROUTES[path] | {"OPTIONS"} | ({"HEAD"} if "GET" in ROUTES[path] else set())
    answer = preflight(site, path, OTHER)
    assert methods <= {word.strip() for word in answer.headers["Allow"].split(",")}
    assert answer.headers["Access-Control-Allow-Methods"] == answer.headers["Allow"]
    assert allowed(answer) == OTHER and answer.headers["Vary"] == "Origin"
    assert words(answer.headers["Access-Control-Allow-Headers"]) >= {
        "authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "prefer"
    }  # fmt: skip
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Authorization" not in answer.headers.get("WWW-Authenticate", "")
    client = site.client()
    plain = client.call("OPTIONS", path, 204)
    assert plain.headers["Allow"] == answer.headers["Allow"] and allowed(plain) is None
    assert plain.headers["Vary"] == "Origin"
    if "HEAD" not in methods:
        client.problem("GET", path, 405, "method-not-allowed")
        return
    query = "?name=a.example.com&record_type=A" if path == "/verify" else ""
    got, head = client.call("GET", path + query), client.call("HEAD", path + query)
    assert head.status_code == got.status_code
    assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_answers_to_listed_origins(site):
    client = site.client()
    for status, method, path in [(200, "GET", "/zones"), (404, "GET", "/nothing"), (405, "PUT", "/zones"),
                                 (400, "GET", "/zones?x=1"), (404, "GET", "/records/none.example.com/A")]:  # fmt: skip
        answer = client.call(method, path, status, headers={"Origin": ORIGIN})
        assert allowed(answer) == ORIGIN and answer.headers["Vary"] == "Origin"
        exposed = words(answer.headers["Access-Control-Expose-Headers"])
        assert exposed >= {"etag", "change-id", "link", "location", "ratelimit", "ratelimit-policy",
                           "retry-after", "x-request-id", "preference-applied"}  # fmt: skip
        assert "Access-Control-Allow-Credentials" not in answer.headers
    answer = site.anonymous().call("GET", "/zones", 401, headers={"Origin": ORIGIN})
    assert allowed(answer) == ORIGIN


@pytest.mark.parametrize("origin", [
    "https://evil.example", "http://dns.example.com", "https://dns.example.com:444", "https://dns.example.com.evil",
    "https://dns.example.com/", "https://DNS.example.com", "null", "*", "https://a.dns.example.com",
])  # fmt: skip
def test_other_origins(site, origin):
    for answer in (preflight(site, "/zones", origin), site.client().get("/zones", headers={"Origin": origin})):
        assert not any(name.lower().startswith("access-control") for name in answer.headers)
        assert answer.headers["Vary"] == "Origin"


def test_off_by_default(service):
    answer = service.client().get("/zones", headers={"Origin": ORIGIN})
    assert "Vary" not in answer.headers and allowed(answer) is None
    answer = preflight(service, "/zones", ORIGIN)
    assert answer.headers["Allow"] and allowed(answer) is None


# ---- compression

LARGE = [f"192.0.{high}.{low}" for high in range(2) for low in range(100)]


def raw(client, method, path, **headers):
    """Without the decompression of the client library."""
    headers["Authorization"] = f"Bearer {client.token}"
    headers.setdefault("Accept-Encoding", "gzip")
    with requests.request(method, client.service.api + path, headers=headers, stream=True, timeout=30) as answer:
        return answer, answer.raw.read(decode_content=False)


def test_lists_are_compressed(service, admin, zone):
    admin.put(f"/records/large.{zone}/A", {"values": LARGE})
    path = f"/records?zone={zone}&limit=1000"
    answer, body = raw(admin, "GET", path)
    assert answer.headers["Content-Encoding"] == "gzip" and body[:2] == b"\x1f\x8b"
    assert "Accept-Encoding" in answer.headers["Vary"]
    plain, whole = raw(admin, "GET", path, **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and len(body) < len(whole) / 3
    assert set(LARGE) <= {record["value"] for record in admin.get(path).json()["data"]}
    small, _ = raw(admin, "GET", "/health")
    assert "Content-Encoding" not in small.headers


def test_entity_tags_stay_strong(service, admin, zone):
    """What a client that takes compressed answers holds can be used with If-Match and If-None-Match."""
    path = f"/records/tags.{zone}/A"
    admin.put(path, {"values": LARGE})
    answer, _ = raw(admin, "GET", path)
    tag = answer.headers["ETag"]
    assert tag.startswith('"') and "Content-Encoding" not in answer.headers
    admin.call("GET", path, 304, headers={"If-None-Match": tag})
    admin.put(path, {"values": LARGE[:-1]}, 200, headers={"If-Match": tag})
    admin.problem("PUT", path, 412, "precondition-failed", body={"values": LARGE}, headers={"If-Match": tag})
    admin.get(path, 200, headers={"If-None-Match": tag})
    assert raw(admin, "GET", f"/zones/{zone}")[0].headers["ETag"].startswith('"')


def test_a_token_is_never_compressed(service, admin):
    grant = {"z": ["example.com"], "n": [f"name-{n}" for n in range(60)], "t": ["A"], "a": "r"}
    answer = admin.post("/tokens", {"g": [grant]})
    assert len(answer.content) > 2000
    assert "Content-Encoding" not in answer.headers
