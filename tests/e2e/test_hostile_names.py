# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that must not become records: in paths, in bodies, as zones."""

import urllib.parse

from hostile import assert_refused, unharmed

# Relative to the zone; ZONE is put in where it matters.
LABELS = [
    "", ".", "..", "a..b", ".a", "a" * 64, "a" * 63 + "." + "b" * 64, "\\", "\\2", "\\25", "\\256",
    "\\999", "\\00a", "a\\", " ", "a b", "\t", "a\tb", "\n", "a\nb", "\r", "a\r\nb", "\x00", "a\x00b",
    "\x01", "\x0b", "\x1f", "\x7f", "\x80", "ä", "bücher", "例え", "xn--ä", "а", "🎉", "\u200b", "\ufeff",
    "\u202e", "\u2028", "\u3002", "a。b", "İ", "ß", "ﬀ", "a\u0301", "\ud800",
    "a;b c", "$INCLUDE /etc/passwd", "$ORIGIN evil.", "a\n$INCLUDE /etc/passwd",
    "a\n@ 300 IN A 6.6.6.6", "a 300 IN A 6.6.6.6\nb", "a(\nb", "\"a\" b", "( ", "a\\032b\\", "a\\0b",
    ".".join(["a"] * 140), ".".join(["abc"] * 70), "a" * 300, "a" * 3000, "a." * 2000,
    "{name}", "%s%s%n\x01", "a/../../b", "\\000\\", "..\\..", "*.", "*..", "a\u0000", "\x1b[31m",
]  # fmt: skip


def full(label, zone):
    return f"{label}.{zone}" if label else f".{zone}"


def test_hostile_names_in_bodies(service, admin, zone):
    with unharmed(service, admin, zone):
        for label in LABELS:
            body = {"name": full(label, zone), "record_type": "A", "value": "192.0.2.66"}
            problem = assert_refused(admin.call("POST", "/records", body=body), label)
            assert problem["code"] in (
                "invalid-name", "bad-request", "no-such-zone", "too-large", "out-of-zone",
            ), label  # fmt: skip


def test_hostile_names_in_paths(service, admin, zone):
    with unharmed(service, admin, zone):
        for label in LABELS:
            if label == "\ud800" or len(label) > 2500:
                continue
            name = urllib.parse.quote(full(label, zone), safe="")
            for method, body in [("PUT", {"values": ["192.0.2.66"]}), ("DELETE", None), ("GET", None)]:
                answer = admin.call(method, f"/records/{name}/A", body=body)
                assert_refused(answer, label)


PATHS = [
    "%", "%2", "%zz", "%00", "%0a", "%0d%0a", "%ff", "%c0%ae", "%c0%af", "%e0%80%af", "%2e%2e", "..%2f",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "a%2fb", "a%252fb", "%5c", "%5c%30", "%3b", "a%20b", "%09", "%7f",
    "%u0041", "a+b c", "a%", "%25", "%2500", "%c3%28", "%f0%28%8c%bc", "%ed%a0%80", "\\", "\\..\\",
]  # fmt: skip


def test_hostile_paths(service, admin, zone):
    with unharmed(service, admin, zone):
        for path in PATHS:
            for url in (f"/records/{path}.{zone}/A", f"/records/{path}/A", f"/zones/{path}",
                        f"/records/a.{zone}/{path}"):  # fmt: skip
                answer = raw_get(service, admin.token, f"/api/v1/dns{url}")
                assert 400 <= answer < 500, url


def raw_get(service, token, target):
    """The status; requests would tidy the path up."""
    import socket

    with socket.create_connection(("127.0.0.1", service.api_port), timeout=10) as connection:
        connection.sendall(
            f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        data = b""
        while piece := connection.recv(65536):
            data += piece
    return int(data.split(b" ", 2)[1])


TYPES = [
    "", "a b", "AA", "A\x00", "TYPE", "TYPE-1", "TYPE65536", "TYPE99999999999", "TYPE1x", "TYPE 1",
    "TYPE+1", "*", "ANY", "AXFR", "IXFR", "MAILA", "MAILB", "OPT", "TSIG", "TKEY", "NXT", "SIG", "TYPE0",
    "TYPE41", "TYPE249", "TYPE250", "TYPE251", "TYPE252", "TYPE253", "TYPE254", "TYPE255", "TYPE6",
    "TYPE46", "TYPE47", "TYPE50", "TYPE51", "SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "CLASS1",
    "IN", "\n", "A\nA", "ä", "А", "A" * 1000, "0", "1", "null", "../A", "$INCLUDE",
]  # fmt: skip


def test_hostile_types(service, admin, zone):
    with unharmed(service, admin, zone):
        for kind in TYPES:
            body = {"name": f"t.{zone}", "record_type": kind, "value": "\\# 4 06060606"}
            problem = assert_refused(admin.call("POST", "/records", body=body), kind)
            assert problem["code"] in ("unsupported-type", "bad-request"), kind
            path = f"/records/t.{zone}/{urllib.parse.quote(kind, safe='')}"
            assert_refused(admin.call("PUT", path, body={"values": ["\\# 4 06060606"]}), kind)


ZONES = LABELS + ["a/b", "a\\.b", "a\\046b", "a\\047b", "..\\047etc", "a b.test", "a$b\nc", "-\\032-"]


def test_hostile_zone_names(service, admin, zone):
    before = sorted(path.name for path in (service.home / "zones").iterdir())
    with unharmed(service, admin, zone):
        for name in ZONES:
            body = {"name": full(name, "hostile.test"), "nameservers": ["ns1.example.com"]}
            assert_refused(admin.call("POST", "/zones", body=body), name)
            body = {"name": "hostile.test", "nameservers": [full(name, "hostile.test")]}
            assert_refused(admin.call("POST", "/zones", body=body), name)
            contact = {"name": "hostile.test", "nameservers": ["ns1.example.com"], "contact": name + "\n@x"}
            assert_refused(admin.call("POST", "/zones", body=contact), name)
    assert sorted(path.name for path in (service.home / "zones").iterdir()) == before


def test_hostile_ttls(service, admin, zone):
    texts = [
        "-1", "2147483648", "4294967295", "4294967296", "18446744073709551616", "18446744073709551621",
        "9" * 400, "1e400", "1.5", "0.1", "300.7", "1e-5", "-0.5", '"300"', '"1h"', "true", "false",
        "null", "[]", "[300]", "{}", '{"a":1}', "NaN", "Infinity", "-Infinity", "0x10", "010", "+1",
        ".5", "5.", "1_000", "１２", "''", "", "-", "--1", "1e", "1e+", "300 400", "300,", "\x00",
    ]  # fmt: skip
    with unharmed(service, admin, zone):
        for text in texts:
            for method, path, body in [
                ("POST", "/records",
                 f'{{"name":"t.{zone}","record_type":"A","value":"192.0.2.66","ttl":{text}}}'),
                ("PUT", f"/records/t.{zone}/A", f'{{"values":["192.0.2.66"],"ttl":{text}}}'),
                ("PATCH", f"/records/before.{zone}/A", f'{{"ttl":{text}}}'),
            ]:  # fmt: skip
                answer = admin.call(
                    method, path, data=body.encode(), headers={"Content-Type": "application/json"}
                )
                problem = assert_refused(answer, (method, text))
                assert problem["code"] in ("invalid-ttl", "bad-request", "empty-change"), text
