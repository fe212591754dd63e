# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that must not become records or zones: in bodies, in paths, in queries."""

import socket
import urllib.parse

import pytest

from harness import wait_until
from hostile import assert_refused, short_id

NAME_CODES = {"invalid-name", "bad-request", "no-such-zone", "too-large", "out-of-zone"}

# Put before the zone's name. Each is refused whatever calls it.
LABELS = [
    ".", "..", "a..b", ".a", "a.", "a" * 64, "a" * 63 + "." + "b" * 64, ".".join(["a"] * 140),
    ".".join(["abc"] * 70), "a" * 300, "a" * 3000, "a." * 2000,
    "\\2", "\\25", "\\256", "\\999", "\\00a", "\\0", "\\000", "\\001", "\\009", "\\010", "\\013", "\\032",
    "\\127", "\\128", "\\195\\164", "\\255", "a\\032b", "a\\010b", "\\ ", "a\\ b", "\\\n", "\\\x00",
    " ", "a b", " a", "a ", "\t", "a\tb", "\n", "a\nb", "\r", "a\r\nb", "\x00", "a\x00b", "a\x00", "\x01",
    "\x08", "\x0b", "\x0c", "\x1b[31m", "\x1f", "\x7f",
    "ä", "bücher", "例え", "xn--ä", "а", "🎉", "\u0080", "\u00a0", "\u00ad", "\u200b", "\u202e", "\u2028",
    "\u3002", "a。b", "a．b", "İ", "ß", "ﬀ", "a\u0301", "\ufeff", "\ufffd", "\uffff", "\ud800", "\udfff",
    "$INCLUDE", "$INCLUDE /etc/passwd", "$ORIGIN evil.", "$TTL", "$GENERATE 1-65535 a$", "$", "\\036include",
    "\\$include", "a\n$INCLUDE /etc/passwd", "a\n@ 300 IN A 6.6.6.6", "a 300 IN A 6.6.6.6\nb", "a(\nb",
    "a ( b", "a ;b", "; b", "a.*", "*.*", "a.*.b", "%s%n\x01", "*..", "*.\n", "\\..\\ .",
]  # fmt: skip


@pytest.mark.parametrize("label", LABELS, ids=short_id)
def test_in_a_body(target, label):
    name = f"{label}.{target.zone}"
    body = {"name": name, "record_type": "A", "value": "192.0.2.66"}
    problem = target.refused("POST", "/records", NAME_CODES, body=body)
    assert problem["code"] != "no-such-zone", problem


@pytest.mark.parametrize("label", [x for x in LABELS if "\ud800" not in x and "\udfff" not in x], ids=short_id)
def test_in_a_path(target, label):
    name = urllib.parse.quote(f"{label}.{target.zone}", safe="")
    for method, body in [("PUT", {"values": ["192.0.2.66"]}), ("PATCH", {"add": ["192.0.2.66"]}),
                         ("DELETE", None), ("GET", None)]:  # fmt: skip
        target.refused(method, f"/records/{name}/A", NAME_CODES, body=body)
    target.refused("GET", f"/records?name={name}", NAME_CODES)
    target.refused("GET", f"/verify?name={name}&record_type=A&timeout=1", NAME_CODES)


# Legal labels that cannot be the name of a file.
ZONE_LABELS = LABELS + ["a/b", "/", "/etc/passwd", "../../etc", "\\047", "a\\047b", "..\\047etc", "*"]


@pytest.mark.parametrize("label", ZONE_LABELS, ids=short_id)
def test_as_a_zone(target, label):
    body = {"name": f"{label}.{target.zone}", "nameservers": ["ns1.example.com"]}
    target.refused("POST", "/zones", NAME_CODES, body=body)


@pytest.mark.parametrize("label", LABELS, ids=short_id)
def test_inside_a_zone(target, label):
    """As a nameserver and as the contact of a zone that would be good."""
    codes = NAME_CODES | {"invalid-record"}
    body = {"name": f"z.{target.zone}", "nameservers": [f"{label}.{target.zone}"]}
    target.refused("POST", "/zones", codes, body=body)
    body = {"name": f"z.{target.zone}", "nameservers": ["ns1.example.com"], "contact": f"{label}\n@x.test"}
    target.refused("POST", "/zones", codes, body=body)


@pytest.mark.parametrize("name", ["", ".", "..", "test", "a", "com", "nowhere.invalid", "@", "*", "a" * 63])
def test_outside_of_every_zone(target, name):
    body = {"name": name, "record_type": "A", "value": "192.0.2.66"}
    target.refused("POST", "/records", NAME_CODES, body=body)


def test_the_root_and_wildcards_are_no_zones(target):
    for name in (".", "*", "*.test", f"*.{target.zone}"):
        body = {"name": name, "nameservers": ["ns1.example.com"]}
        target.refused("POST", "/zones", NAME_CODES, body=body)


# ---- odd, but names all the same: what is accepted is served

ODD = [
    "{name}", "a;b", ";", "(", ")", "()", '"', '"q"', "'", "@", "@a", "a@b", "\\@", "\\.", "a\\.b", "a\\046b",
    "\\\\", "a\\\\b", "\\092", "\\065", "\\*", "a*", "*a", "_acme-challenge", "*", "*.w", "0", "-", "--", "a" * 63,
    ".".join(["x" * 49] * 4), "a$", "a$b", "%s%n", "%41", "a/b", "a=b", "a,b", "a&b", "~", "`id`", "$(id)"[1:], "!",
    "#", "?", "[", "]", "^", "|", "<script>", "IN", "A", "TYPE1", "SOA", "\\097\\098", "xn--bcher-kva",
]  # fmt: skip


def test_odd_names_are_served(target):
    """Sent in one go, then asked of CoreDNS one by one."""
    service, admin, zone = target.service, target.admin, target.zone
    rendered = {}
    for number, label in enumerate(ODD):
        path = f"/records/{urllib.parse.quote(f'{label}.{zone}', safe='')}/A"
        data = admin.put(path, {"values": [f"10.9.8.{number}"]}).json()["data"]
        rendered[data["name"]] = data["values"]
        # What came out is the same name.
        again = f"/records/{urllib.parse.quote(data['name'], safe='')}/A"
        assert admin.get(again).json()["data"]["name"] == data["name"]
    last = list(rendered)[-1]
    service.wait_served(last, "A", rendered[last])
    wrong = {
        name: service.answers(name, "A")
        for name, values in rendered.items()
        if service.answers(name, "A") != ("NOERROR", set(values))
    }
    assert not wrong
    assert len(target.record_lines()) == len(target.state["lines"]) + len(rendered)
    for name in rendered:
        admin.delete(f"/records/{urllib.parse.quote(name, safe='')}/A")
    service.wait_served(last, "A", [])


ODD_ZONES = ["\\.", "a\\.b", "{z}", "a;b", '"', "(", "@", "\\\\", "a\\\\b", "-", "_a", "%s", "db", "~", "'", "#", "a$"]


def test_odd_zones_are_served(target):
    service, admin = target.service, target.admin
    for label in ODD_ZONES:
        admin.post("/zones", {"name": f"{label}.{target.zone}", "nameservers": ["ns1.example.com"]})
    listed = [zone["name"] for zone in admin.get("/zones?limit=1000").json()["data"]]
    odd = [name for name in listed if name.endswith(f".{target.zone}")]
    assert len(odd) == len(ODD_ZONES)
    wait_until(lambda: all(service.answers(name, "SOA")[1] for name in odd), what="all of them at CoreDNS")
    for name in odd:
        quoted = urllib.parse.quote(name, safe="")
        admin.delete(f"/zones/{quoted}?confirm={quoted}")
    wait_until(lambda: target.look()["files"] == target.state["files"], what="their files to go")


# ---- paths

PATHS = [
    "%", "%2", "%zz", "%00", "%0a", "%0d%0a", "%0d%0aX:%20y", "%ff", "%c0%ae", "%c0%af", "%e0%80%af", "%2e",
    "%2e%2e", "..", "..%2f", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c", "a%2fb%2f..", "a%252fb%zz", "%5c",
    "%5c%30", "a%20b", "%09", "%1f", "%7f", "%u0041", "a%", "a%2", "%25zz%", "%c3%28", "%f0%28%8c%bc",
    "%ed%a0%80", "%f4%90%80%80", "%fe", "\\", "\\..\\", "%c2%80", "%e2%80%a8", "%ef%bb%bf", "%e2%80%ae",
]  # fmt: skip


def raw_status(service, token, method, target):
    """requests would tidy the path up."""
    with socket.create_connection(("127.0.0.1", service.api_port), timeout=10) as connection:
        connection.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n".encode()
        )
        data = b""
        while piece := connection.recv(65536):
            data += piece
    return int(data.split(b" ", 2)[1])


@pytest.mark.parametrize("path", PATHS)
def test_paths(target, path):
    for url in (f"/records/{path}.{target.zone}/A", f"/records/{path}/A", f"/zones/{path}", f"/{path}",
                f"/records/a.{target.zone}/{path}", f"/zones/{path}.{target.zone}"):  # fmt: skip
        for method in ("GET", "DELETE", "PUT"):
            status = raw_status(target.service, target.admin.token, method, f"/api/v1/dns{url}")
            assert 400 <= status < 500, (method, url)


QUERIES = [
    "limit=0", "limit=-1", "limit=1001", "limit=1e3", "limit=0x10", "limit=", "limit=99999999999999999999",
    "limit=1&limit=2", "cursor=x", "cursor=%00", "cursor=" + "A" * 2000, "cursor=AAAA", "cursor=../..", "nothing=1",
    "name=a&name=b", "=1", "zone=%0a", "zone=a..b", "under=%ff", "record_type=", "record_type=*",
    "record_type=A%00", "record_type=TYPE65536", "record_type=A&value=%0a", "record_type=A&value=x",
    "record_type=MX&value=10", "name=a.test&under=test", "&".join(f"p{n}=1" for n in range(200)), "zone=test&name=a.com",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=short_id)
def test_queries(target, query):
    assert_refused(target.admin.call("GET", f"/records?{query}"))


# ---- types

TYPES = [
    "", " ", "a b", "AA", "A\x00", "A ", " A", "TYPE", "TYPE-1", "TYPE65536", "TYPE99999999999", "TYPE1x", "TYPE 1",
    "TYPE+1", "TYPE0x1", "*", "ANY", "AXFR", "IXFR", "MAILA", "MAILB", "OPT", "TSIG", "TKEY", "NXT", "SIG", "TYPE0",
    "TYPE6", "TYPE24", "TYPE30", "TYPE41", "TYPE46", "TYPE47", "TYPE50", "TYPE51", "TYPE128", "TYPE249", "TYPE250",
    "TYPE251", "TYPE252", "TYPE253", "TYPE254", "TYPE255", "SOA", "soa", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM",
    "nsec3param", "CLASS1", "IN", "\n", "A\nA", "A\r", "ä", "А", "Ａ", "A" * 1000, "0", "1", "../A", "$INCLUDE", "A;",
    "TYPE00000000000000000065536", "TYPE１", "\u0130N",
]  # fmt: skip


@pytest.mark.parametrize("kind", TYPES, ids=short_id)
def test_types(target, kind):
    codes = {"unsupported-type", "bad-request", "not-found"}
    body = {"name": f"t.{target.zone}", "record_type": kind, "value": "\\# 4 06060606"}
    target.refused("POST", "/records", codes, body=body)
    path = f"/records/t.{target.zone}/{urllib.parse.quote(kind, safe='')}"
    target.refused("PUT", path, codes, body={"values": ["\\# 4 06060606"]})
    target.refused("PATCH", path, codes | {"method-not-allowed"}, body={"add": ["\\# 4 06060606"]})


# ---- TTLs

TTLS = [
    "-1", "2147483648", "4294967295", "4294967296", "18446744073709551616", "18446744073709551621", "9" * 400,
    "1e400", "1.5", "0.1", "300.7", "1e-5", "-0.5", '"300"', '"1h"', "true", "false", "null", "[]", "[300]", "{}",
    '{"a":1}', "NaN", "Infinity", "-Infinity", "0x10", "010", "+1", ".5", "5.", "1_000", "１２", "''", "", "-", "--1",
    "1e", "1e+", "300 400", "300,", "\x00", "-2147483649", "-9223372036854775809", "2147483647.5", "2147483648e0",
]  # fmt: skip


@pytest.mark.parametrize("text", TTLS, ids=short_id)
def test_ttls(target, text):
    zone = target.zone
    for method, path, body in [
        ("POST", "/records", f'{{"name":"t.{zone}","record_type":"A","value":"192.0.2.66","ttl":{text}}}'),
        ("PUT", f"/records/t.{zone}/A", f'{{"values":["192.0.2.66"],"ttl":{text}}}'),
        ("PATCH", f"/records/before.{zone}/A", f'{{"ttl":{text}}}'),
        ("POST", "/zones", f'{{"name":"t.{zone}","nameservers":["ns1.example.com"],"ttl":{text}}}'),
    ]:  # fmt: skip
        target.refused(
            method, path, {"invalid-ttl", "bad-request", "empty-change"}, data=body.encode(),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
