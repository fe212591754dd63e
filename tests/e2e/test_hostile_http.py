# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP that is not HTTP, through nginx into the application, byte by byte."""

import json
import socket
import time

import pytest

from hostile import short_id

BASE = b"/api/v1/dns"


class Sent:
    """Sends octets as they are; the statuses of the answers that come on that connection."""

    IDLE_SECONDS = 0.25

    def __init__(self, service, data):
        self.text = b""
        with socket.create_connection(("127.0.0.1", service.api_port), timeout=10) as connection:
            try:
                connection.sendall(data)
                if not self.read(connection):
                    # Whoever waits for more learns that there is none.
                    connection.shutdown(socket.SHUT_WR)
                    self.read(connection)
            except (ConnectionResetError, BrokenPipeError):
                pass
        self.statuses = self.parse(self.text)

    def read(self, connection):
        """Until the other side closes, or says nothing for a while."""
        connection.settimeout(self.IDLE_SECONDS)
        try:
            while piece := connection.recv(65536):
                self.text += piece
        except TimeoutError:
            return bool(self.text)
        return True

    @staticmethod
    def parse(answer):
        """Reads answers as they are: heads, and as many octets as they say."""
        statuses = []
        while answer.startswith(b"HTTP/1."):
            head, _, rest = answer.partition(b"\r\n\r\n")
            statuses.append(int(head.split(b" ", 2)[1]))
            lines = head.lower().split(b"\r\n")
            length = next((int(x.split(b":")[1]) for x in lines if x.startswith(b"content-length:")), None)
            if length is None:
                # Chunked: up to the last chunk.
                _, _, answer = rest.partition(b"0\r\n\r\n")
            else:
                answer = rest[length:]
        return statuses


def requests_of(zone, token):
    """name, bytes"""
    host = b"Host: a\r\nConnection: close\r\n"
    auth = b"Authorization: Bearer " + token.encode() + b"\r\n"
    kind = b"Content-Type: application/json\r\n"
    path = BASE + b"/records"
    body = json.dumps({"name": f"r000.{zone}", "record_type": "A", "value": "192.0.2.66"}).encode()
    size = len(body)

    def post(*headers, target=path, data=body, line=None, end=b"\r\n"):
        first = line or b"POST " + target + b" HTTP/1.1\r\n"
        return first + host + auth + kind + b"".join(h + b"\r\n" for h in headers) + end + data

    length = b"Content-Length: %d" % size
    good = post(length)
    chunked = b"Transfer-Encoding: chunked"
    chunks = b"%x\r\n" % size + body + b"\r\n0\r\n\r\n"
    smuggled = good.replace(b"r000", b"s000")

    for number, data in enumerate([
        b"", b"\r\n", b"\r\n\r\n", b"\n", b"\x00" * 100, b"\xff" * 1000, b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n",
        b" GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"SSH-2.0-x\r\n",
        b"X" * 20000, b"X" * 20000 + b"\r\n\r\n", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + host + b"\r\n", b"OPTIONS * HTTP/1.1\r\n" + host + b"\r\n",
        b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + good, b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a" + good,
    ]):  # fmt: skip
        yield f"noise-{number}", data

    for line in [b"POST " + path, b"POST " + path + b" ", b"POST " + path + b" HTTP", b"POST " + path + b" HTTP/", b"POST " + path + b" HTTP/0.9",
                 b"POST " + path + b" HTTP/1", b"POST " + path + b" HTTP/2.0", b"POST " + path + b" HTTP/3.0", b"POST " + path + b" HTTP/9.9",
                 b"POST " + path + b" http/1.1", b"POST " + path + b" HTTP/1.1 x", b"POST " + path + b" x HTTP/1.1", b"POST\t" + path + b" HTTP/1.1",
                 b"POST " + path + b"\tHTTP/1.1", b"POST\x00 " + path + b" HTTP/1.1", b"post " + path + b" HTTP/1.1", b"Post " + path + b" HTTP/1.1",
                 b"P\xd6ST " + path + b" HTTP/1.1", b"POST/ " + path + b" HTTP/1.1", b"POSTPOSTPOSTPOSTPOST" * 20 + b" " + path + b" HTTP/1.1",
                 b"TRACE " + path + b" HTTP/1.1", b"CONNECT a:443 HTTP/1.1", b"CONNECT " + path + b" HTTP/1.1", b"QUERY " + path + b" HTTP/1.1",
                 b"PROPFIND " + path + b" HTTP/1.1", b"MKCOL " + path + b" HTTP/1.1", b"LOCK " + path + b" HTTP/1.1", b"COPY " + path + b" HTTP/1.1",
                 b"FROB " + path + b" HTTP/1.1", b"G " + path + b" HTTP/1.1", b"PURGE " + path + b" HTTP/1.1", b"DEBUG " + path + b" HTTP/1.1",
                 b"PUT " + path + b" HTTP/1.1", b"PATCH " + path + b" HTTP/1.1", b"DELETE " + path + b" HTTP/1.1", b"_GET " + path + b" HTTP/1.1"]:  # fmt: skip
        yield f"line-{short_id(line.decode('latin-1'))}", post(length, line=line + b"\r\n")

    for target in [path + b"#x", path + b"/", path + b"//", b"/" + path, path.replace(b"/dns", b"//dns"), path + b"%00", path + b"%0d%0aX:%20y",
                   path + b"%20", path + b"%2f", path + b";x", path + b"?x=1", path + b"?%00", path + b"?limit=1", path + b"?" + b"a" * 9000,
                   BASE + b"/../dns/x", BASE + b"/./x", BASE + b"/%2e%2e/dns/x", BASE + b"/..%2frecords/x", BASE + b"/RECORDS",
                   b"/API/V1/DNS/records", b"/api/v1/dns%2frecords", b"/api/v1/dnsx/records", b"/api/v2/dns/records", b"/api/v1/records", b"/",
                   b"*", b"records", b"//evil.example" + path, b"http://evil.example", b"http:/" + path, b"file:///etc/passwd",
                   b"http://a:b@evil.example" + BASE + b"/x", b"\\api\\v1\\dns\\records", path + b"\\", path + b"\x01", path + b"\x7f", path + b"\xff",
                   path + b" x", path + b'"', path + b"<x>", path + b"{}", path + b"|", path + b"^", path + b"`", BASE + b"/%c0%ae%c0%ae/x",
                   BASE + b"/.git/config", BASE + b"/.coregate-problem", b"/.coregate-problem", BASE + b"/records/../../../../etc/passwd",
                   BASE + b"/tokens", BASE + b"/changes", BASE + b"/servers", BASE + b"/audit", BASE + b"/openapi.json/..", BASE, b"/api", b"/metrics"]:  # fmt: skip
        yield f"target-{short_id(target.decode('latin-1'))}", post(length, target=target)

    for name, headers in {
        "no length": [], "short length": [b"Content-Length: 5"], "length 0": [b"Content-Length: 0"], "length 1": [b"Content-Length: 1"],
        "length too long": [b"Content-Length: %d" % (size + 1)], "length -1": [b"Content-Length: -1"], "length +": [b"Content-Length: +%d" % size],
        "length hex": [b"Content-Length: 0x40"], "length word": [b"Content-Length: many"], "length empty": [b"Content-Length: "],
        "length list": [b"Content-Length: %d, %d" % (size, size)], "length 2^64": [b"Content-Length: 18446744073709551617"],
        "length 2^63": [b"Content-Length: 9223372036854775808"], "length large": [b"Content-Length: 9999999999999"],
        "length 1 MiB + 1": [b"Content-Length: 1048577"], "length float": [b"Content-Length: %d.0" % size], "length space": [b"Content-Length: 1 0"],
        "two lengths": [length, b"Content-Length: 0"], "two other lengths": [b"Content-Length: 0", length],
        "length and chunked": [length, chunked], "chunked and length": [chunked, length], "chunked twice": [chunked, chunked],
        "chunked, identity": [b"Transfer-Encoding: chunked, identity"], "identity": [b"Transfer-Encoding: identity"],
        "gzip, chunked": [b"Transfer-Encoding: gzip, chunked"], "xchunked": [b"Transfer-Encoding: xchunked"], "chunked;": [b"Transfer-Encoding: chunked;x=1"],
        "chunked vt": [b"Transfer-Encoding:\x0bchunked"], "chunked space": [b"Transfer-Encoding : chunked"], "chunked nul": [b"Transfer-Encoding: chunked\x00"],
        "empty encoding": [b"Transfer-Encoding:"], "length space colon": [b"Content-Length : %d" % size], "obs-fold": [b"X: a", b"\tb", length],
        "first fold": [b" x: y", length], "nul in a header": [b"X: a\x00b", length], "cr in a header": [b"X: a\rb", length],
        "nul in a name": [b"X\x00: a", length], "empty name": [b": x", length], "two authorizations": [auth[:-2], length],
        "large header": [b"X: " + b"a" * 9000, length], "many headers": [b"X: a"] * 6000 + [length], "large name": [b"X" * 9000 + b": a", length],
        "second host": [b"Host: b", length], "bad host": [b"Host: a b", length], "gzip": [b"Content-Encoding: gzip", b"Content-Length: 3"],
        "brotli, no length": [b"Content-Encoding: br"],
    }.items():  # fmt: skip
        yield f"header-{name}", post(*headers)

    for name, data in {
        "size word": b"zz\r\nx", "size huge": b"ffffffffffffffff1\r\nx", "size -1": b"-1\r\nx", "size 0x": b"0x5\r\nxxxxx\r\n0\r\n\r\n",
        "no size": b"\r\nx\r\n0\r\n\r\n", "size too small": b"1\r\n" + body + b"\r\n0\r\n\r\n", "size too large": b"fff\r\n" + body + b"\r\n0\r\n\r\n",
        "only the end": b"0\r\n\r\n", "cut": chunks[:-7], "large": b"200000\r\n" + b" " * 0x200000 + b"\r\n0\r\n\r\n", "space": b"5 5\r\nxxxxx\r\n0\r\n\r\n",
        "newline only": b"5\nxxxxx\n0\n\n", "size sign": b"+5\r\nxxxxx\r\n0\r\n\r\n",
    }.items():  # fmt: skip
        yield f"chunk-{name}", post(chunked, data=data)

    yield "http/1.0 chunked", post(chunked, data=chunks, line=b"POST " + path + b" HTTP/1.0\r\n")
    yield "no host", good.replace(b"Host: a\r\n", b"")
    yield "a path as host", good.replace(b"Host: a", b"Host: a/b")
    yield "newlines only", good.replace(b"\r\n", b"\n").replace(b"Bearer", b"Bearer\t")
    yield "smuggled behind CL.TE", post(length, chunked, data=b"0\r\n\r\n" + smuggled)
    yield "smuggled behind TE.CL", post(chunked, b"Content-Length: 4", data=b"5c\r\n" + smuggled + b"\r\n0\r\n\r\n")
    yield "smuggled behind TE.TE", post(chunked, b"Transfer-Encoding: x", data=b"0\r\n\r\n" + smuggled)
    yield "smuggled behind CL.0", post(b"Content-Length: 0", data=b"").replace(b"Connection: close\r\n", b"Connection: x\r\n", 1) + b"X" + smuggled


def numbered(pairs):
    """Each with a name of its own in its body, so that what one made hides nothing."""
    for number, (name, data) in enumerate(pairs):
        yield name, data.replace(b"r000", b"r%03d" % number).replace(b"s000", b"s%03d" % number)


def names():
    return [name for name, _ in requests_of("z.test", "token")]


@pytest.fixture(scope="module")
def prepared(target):
    sent = [data for _, data in numbered(requests_of(target.zone, target.admin.token))]
    return dict(zip(names(), sent, strict=True))


@pytest.mark.parametrize("name", names())
def test_raw(target, prepared, name):
    """4xx or a closed connection; 5xx and success for nothing never."""
    sent = Sent(target.service, prepared[name])
    assert all(400 <= status < 500 for status in sent.statuses), (name, sent.statuses, sent.text[:400])
    assert sent.statuses or not sent.text or b'"success":false' in sent.text, sent.text[:300]


def good_request(target, owner, value="192.0.2.66", close=False):
    body = json.dumps({"values": [value]}).encode()
    return (
        f"PUT /api/v1/dns/records/{owner}.{target.zone}/A HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {target.admin.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{'Connection: close' + chr(13) + chr(10) if close else ''}\r\n"
    ).encode() + body  # fmt: skip


def test_pipelined_requests_are_answered_in_order(target):
    """Good ones between bad ones: each gets its own answer, a broken one ends the connection."""
    bad = good_request(target, "pipe", "not an address")
    data = good_request(target, "pipe") + bad + good_request(target, "pipe") + bad + b"BROKEN\r\n\r\n" + good_request(target, "never")
    sent = Sent(target.service, data)
    assert sent.statuses == [201, 422, 200, 422, 400]
    assert target.admin.values(f"never.{target.zone}", "A") is None
    target.admin.delete(f"/records/pipe.{target.zone}/A")


def test_a_chunked_body_is_a_body(target):
    """And its size is what counts, not what it was cut into."""
    body = json.dumps({"values": ["192.0.2.66"]}).encode()
    head = good_request(target, "chunk", close=True).split(b"Content-Length")[0] + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"1;x=y\r\n" + body[at : at + 1] + b"\r\n" for at in range(len(body)))
    assert Sent(target.service, head + chunks + b"0\r\nTrailer: x\r\n\r\n").statuses == [201]
    target.admin.delete(f"/records/chunk.{target.zone}/A")


def test_absolute_targets_name_the_same_thing(target):
    """Whatever host and scheme they have; none of it comes back."""
    for scheme in (b"http", b"https", b"ftp"):
        data = good_request(target, "before", "192.0.2.1").replace(b"/api", scheme + b"://evil.example/api", 1)
        sent = Sent(target.service, data)
        assert sent.statuses == [200] and b"evil" not in sent.text


def test_requests_that_end_early(target):
    """Cut off after every few octets: nothing is carried out."""
    request = good_request(target, "cut")
    for cut in range(0, len(request) - 1, 11):
        with socket.create_connection(("127.0.0.1", target.service.api_port), timeout=10) as connection:
            connection.sendall(request[:cut])
    time.sleep(0.2)
    assert target.admin.values(f"cut.{target.zone}", "A") is None


def test_clients_that_do_not_wait(target):
    """They send a whole request and are gone: it is carried out or not, and that is all."""
    for number in range(60):
        with socket.create_connection(("127.0.0.1", target.service.api_port), timeout=10) as connection:
            connection.sendall(good_request(target, "gone", f"192.0.2.{number}"))
    time.sleep(0.3)
    target.admin.delete(f"/records/gone.{target.zone}/A", (200, 404))


def test_slow_clients_harm_nobody(target):
    """Connections that send an octet now and then; a good client does not notice."""
    slow = []
    for number in range(200):
        connection = socket.create_connection(("127.0.0.1", target.service.api_port), timeout=10)
        data = good_request(target, "slow")
        connection.sendall(data[: 20 + number % 300] if number % 2 else data[:-1])
        slow.append(connection)
    try:
        longest = 0
        for _ in range(20):
            begin = time.monotonic()
            target.admin.get("/zones")
            longest = max(longest, time.monotonic() - begin)
        assert longest < 1
    finally:
        for connection in slow:
            connection.close()
    assert target.admin.values(f"slow.{target.zone}", "A") is None


HEADERS = [
    ("If-Match", value) for value in ("x", '"', '"x', 'x"', "**", '"a" "b"', ",", '"a",,', "W/", '"\x7f"', '"' + "a" * 4000 + '"', '"1"x', "W/*")
] + [
    ("If-None-Match", value) for value in ("x", '"x', "* *", '*,"a"', "W/x", "\\")
]  # fmt: skip


@pytest.mark.parametrize("header, value", HEADERS, ids=short_id)
def test_preconditions_that_are_none(target, header, value):
    path, body = f"/records/before.{target.zone}/A", {"values": ["192.0.2.66"]}
    target.refused("PUT", path, {"bad-request", "precondition-failed"}, body=body, headers={header: value})
    target.refused("DELETE", path, {"bad-request", "precondition-failed"}, headers={header: value})


@pytest.mark.parametrize("value", ["a b", "", "a" * 65, "a\tb", "ä".encode().decode("latin-1"), "<x>", '"', "a/b", "%0a", "${x}", "'", ";"], ids=short_id)
def test_request_ids_that_are_none(target, value):
    answer = target.admin.get("/zones", headers={"X-Request-Id": value})
    assert answer.headers["X-Request-Id"] != value


def test_headers_of_proxies_count_for_nothing(target):
    """Neither the address nor the method nor the path is taken from them."""
    for name, value in [
        ("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "DELETE"), ("X-Original-URL", "/api/v1/dns/health"),
        ("X-Rewrite-URL", "/api/v1/dns/health"), ("X-Forwarded-Host", "evil"), ("X-Forwarded-For", "1.2.3.4"), ("Proxy", "http://evil"),
        ("Range", "bytes=0-1"), ("Expect", "200-ok"), ("Upgrade", "h2c"), ("TE", "trailers"), ("Connection", "Authorization"),
        ("Content-Length", "0"), ("REMOTE_ADDR", "1.2.3.4"), ("Script-Name", "/x"), ("Accept", "text/html"), ("Accept-Encoding", "gzip"),
    ]:  # fmt: skip
        answer = target.admin.get(f"/records/before.{target.zone}/A", headers={name: value})
        assert answer.json()["data"]["values"] == ["192.0.2.1"], name
