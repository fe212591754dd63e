# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies that are not JSON, and HTTP that is not HTTP, through nginx into the application."""

import gzip
import json
import pathlib
import socket
import time

import pytest

from harness import SOURCE
from hostile import assert_refused, unharmed

JSON = {"Content-Type": "application/json"}
VECTORS = next(
    (path for path in (SOURCE / "tests/vectors/json", SOURCE.parent / "shared/vectors/json/test_parsing")
     if path.is_dir()), pathlib.Path("/nonexistent"),
)  # fmt: skip


def bodies(zone):
    good = f'{{"name":"j.{zone}","record_type":"A","value":"192.0.2.66"}}'
    deep = 100000
    return [
        b"", b" ", b"{", b"}", b"[", b"nul", b"nullx", b"{}x", good.encode() + b"x",
        good.encode() + good.encode(), good.encode() + b"\x00", b"\x00" + good.encode(),
        b"\xef\xbb\xbf" + good.encode(), good.encode("utf-16"), good.encode("utf-32"),
        gzip.compress(good.encode()), good.replace('"', "'").encode(), good.replace(":", "=").encode(),
        good[:-1].encode() + b",}", good.replace("{", "{,").encode(), b"/**/" + good.encode(),
        good[:-1].encode() + b',"name":"k.%s"}' % zone.encode(),
        good[:-1].encode() + b',"n\\u0061me":"k.%s"}' % zone.encode(),
        good.replace("name", "Name").encode(), good.replace("name", "na\\u0000me").encode(),
        good.replace(f"j.{zone}", f"j\\u0000.{zone}").encode(),
        good.replace(f"j.{zone}", f"j\\ud800.{zone}").encode(),
        good.replace(f"j.{zone}", f"j\\x41.{zone}").encode(),
        good.encode().replace(b"192", b"\xff192"), good.encode().replace(b"192", b"\xc0\xb1"),
        good.encode().replace(b"192", b"19\n2"), good.encode().replace(b"192", b"19\t2"),
        b"[" * deep, b"[" * deep + b"]" * deep, b'{"a":' * deep, b'{"a":' * deep + b"1" + b"}" * deep,
        b"[" + b"0," * 200000 + b"0]", b'{"a":"' + b"x" * 900000 + b'"}', b'"' + b"\\u0041" * 100000 + b'"',
        b"1" * 500000, b"-", b"+1", b"01", b"1.", b".1", b"1e", b"NaN", b"Infinity", b"'a'", b"\x0c{}",
        b"name=j&value=1", b"--boundary\r\nContent-Disposition: form-data\r\n\r\nx",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
        b'{"name":{"$ne":null}}', b'{"__proto__":{}}', b'{"name":"' + b"a." * 100000 + b'"}',
        b"{" + b",".join(b'"k%d":1' % n for n in range(50000)) + b"}",
    ]  # fmt: skip


def test_hostile_bodies(service, admin, zone):
    with unharmed(service, admin, zone):
        for body in bodies(zone):
            for method, path in [("POST", "/records"), ("PUT", f"/records/j.{zone}/A"),
                                 ("PATCH", f"/records/before.{zone}/A"), ("POST", "/zones")]:  # fmt: skip
                assert_refused(admin.call(method, path, data=body, headers=JSON), body[:80])


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the JSON vectors are not here")
def test_json_vectors_as_bodies(service, admin, zone):
    """No file of the JSON test suite is a request; none of them harms."""
    with unharmed(service, admin, zone):
        paths = sorted(VECTORS.rglob("*.json"))
        assert len(paths) > 250
        for path in paths:
            answer = admin.call("POST", "/records", data=path.read_bytes(), headers=JSON)
            problem = assert_refused(answer, path.name)
            if path.name.startswith("n_"):
                assert problem["code"] == "bad-request", path.name


def test_a_body_where_none_belongs(service, admin, zone):
    with unharmed(service, admin, zone):
        for method in ("GET", "DELETE"):
            answer = admin.call(method, f"/records/none.{zone}/A", data=b"{broken", headers=JSON)
            assert_refused(answer, method)


def exchange(service, data, half_close=False, seconds=10):
    """Sends bytes; the first status of the answer, 0 when there is none."""
    with socket.create_connection(("127.0.0.1", service.api_port), timeout=seconds) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        except (ConnectionResetError, BrokenPipeError):
            return 0
    if not answer.startswith(b"HTTP/1."):
        return 0 if not answer else -1
    return int(answer.split(b" ", 2)[1])


def raw_requests(service, zone, token):
    host = b"Host: a\r\nConnection: close\r\n"
    auth = b"Authorization: Bearer " + token.encode() + b"\r\n"
    path = b"/api/v1/dns/records"
    body = json.dumps({"name": f"r.{zone}", "record_type": "A", "value": "192.0.2.66"}).encode()
    kind = b"Content-Type: application/json\r\n"
    length = b"Content-Length: %d\r\n" % len(body)
    post = b"POST " + path + b" HTTP/1.1\r\n" + host
    smuggled = b"POST " + path + b" HTTP/1.1\r\n" + host + auth + kind + length + b"\r\n" + body
    return [
        b"\r\n\r\n", b"\x00" * 100, b"GET\r\n\r\n", b"GET /\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET " + path + b" HTTP/1.1\r\n\r\n", b"GET " + path + b" HTTP/3.0\r\n" + host + b"\r\n",
        b"GET http://evil.example" + path + b" HTTP/1.1\r\n" + host + b"\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\n" + host + b"\r\n", b"TRACE " + path + b" HTTP/1.1\r\n" + host + b"\r\n",
        b"QUERY " + path + b" HTTP/1.1\r\n" + host + auth + b"\r\n", b"X" * 20000 + b"\r\n\r\n",
        b"FROB " + path + b" HTTP/1.1\r\n" + host + auth + b"\r\n",
        post + b"\r\n", post + auth + b"\r\n", post + auth + kind + b"\r\n",
        post + auth + kind + length + b"Content-Length: 0\r\n\r\n" + body,
        post + auth + kind + b"Content-Length: -1\r\n\r\n" + body,
        post + auth + kind + b"Content-Length: 18446744073709551617\r\n\r\n" + body,
        post + auth + kind + b"Content-Length: 9999999999999\r\n\r\n" + body,
        post + auth + kind + length + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
        post + auth + kind + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        post + auth + kind + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", post + auth + kind
        + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n", post + auth + kind
        + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        post + auth + kind + b"Content-Length: 5\r\n\r\n" + body,
        post + auth + auth + kind + length + b"\r\n" + body, post + b" " + auth + kind + length + b"\r\n" + body,
        post + auth.replace(b"Bearer", b"Bearer\x00") + kind + length + b"\r\n" + body,
        post + auth + b"X: " + b"a" * 9000 + b"\r\n\r\n", post + auth + b"X: a\r\n" * 3000 + b"\r\n",
        post + auth + kind.replace(b"json", b"json\r\n\tx") + length + b"\r\n" + body,
        post + b"Authorization:\r\n" + kind + length + b"\r\n" + body,
        post + b"AUTHORIZATION_: x\r\nAuthorization_Bearer: x\r\n\r\n",
        b"POST " + path + b"?" + b"a" * 9000 + b" HTTP/1.1\r\n" + host + auth + kind + length + b"\r\n" + body,
        b"POST " + path + b"#x HTTP/1.1\r\n" + host + auth + kind + b"Content-Length: 1\r\n\r\n{",
        b"POST //api/v1/dns/records HTTP/1.1\r\n" + host + auth + kind + b"Content-Length: 1\r\n\r\n{",
        b"POST /api/v1/dns/../dns/records HTTP/1.1\r\n" + host + auth + kind + b"Content-Length: 1\r\n\r\n{",
        b"POST /api/v1/dns/records%00 HTTP/1.1\r\n" + host + auth + kind + length + b"\r\n" + body,
        b"POST /api/v1/dns/records%0d%0aX:%20y HTTP/1.1\r\n" + host + auth + kind + length + b"\r\n" + body,
        b"POST /api/v1/dns/records/ HTTP/1.1\r\n" + host + auth + kind + length + b"\r\n" + body,
        b"POST /api/v1/dns/RECORDS HTTP/1.1\r\n" + host + auth + kind + length + b"\r\n" + body,
        b"POST /api/v1/dns/records;x HTTP/1.1\r\n" + host + auth + kind + length + b"\r\n" + body,
        b"POST /api/v1/dns/records?x=1 HTTP/1.1\r\n" + host + auth + kind + length + b"\r\n" + body,
        post.replace(b"POST", b"GET") + auth + b"Range: bytes=0-1\r\nExpect: 200-ok\r\nUpgrade: h2c\r\nX-HTTP-Method-Override: DELETE\r\nIf-Match: \"x\r\n\r\n",
        post + auth + kind + b"Content-Encoding: gzip\r\n" + b"Content-Length: 3\r\n\r\nabc",
    ]  # fmt: skip


def test_raw_http(service, admin, zone):
    """Never 5xx, never a success that was not asked for; the last resort is a closed connection."""
    with unharmed(service, admin, zone):
        for data in raw_requests(service, zone, admin.token):
            status = exchange(service, data, half_close=True)
            assert status == 0 or 400 <= status < 500 or data.startswith(b"GET"), data[:200]
            assert status in (0, 200) or 400 <= status < 500, data[:200]


def test_requests_that_end_early(service, admin, zone):
    """Cut off after every few bytes: nothing is carried out."""
    body = json.dumps({"name": f"cut.{zone}", "record_type": "A", "value": "192.0.2.66"}).encode()
    request = (
        b"POST /api/v1/dns/records HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
        + admin.token.encode()
        + b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body
    )
    with unharmed(service, admin, zone):
        for cut in range(0, len(request) - 1, 11):
            connection = socket.create_connection(("127.0.0.1", service.api_port), timeout=10)
            connection.sendall(request[:cut])
            connection.close()
        time.sleep(0.3)
        assert admin.values(f"cut.{zone}", "A") is None


def test_slow_clients_harm_nobody(service, admin, zone):
    """A hundred connections that send a byte now and then; a good client does not notice."""
    slow = []
    for _ in range(100):
        connection = socket.create_connection(("127.0.0.1", service.api_port), timeout=10)
        connection.sendall(b"POST /api/v1/dns/records HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        slow.append(connection)
    try:
        for _ in range(20):
            begin = time.monotonic()
            admin.get("/zones")
            assert time.monotonic() - begin < 2
            for connection in slow[:10]:
                connection.sendall(b" ")
    finally:
        for connection in slow:
            connection.close()
