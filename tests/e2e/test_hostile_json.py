# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies that are not JSON, or not the JSON that was asked for."""

import gzip
import json
import zlib

import pytest

from harness import SOURCE
from hostile import short_id

JSON = {"Content-Type": "application/json"}

# Of the project, and the JSONTestSuite where it lies beside it.
OWN = SOURCE / "tests/vectors/json"
SUITE = SOURCE.parent / "shared/vectors/json/test_parsing"
VECTORS = sorted(
    path for path in [*OWN.glob("*.json"), *SUITE.glob("*.json")] if path.stem != "y_record"
)

GOOD = '{"name":"j.ZONE","record_type":"A","value":"192.0.2.66"}'
DEEP = 100000


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


# Each is refused as a body of every call.
BODIES = [
    b"", b" ", b"\n", b"{", b"}", b"[", b"]", b"nul", b"nullx", b"null", b"true", b"0", b'""', b"[]", b"{}x", b"{}{}",
    b'"', b'"\\', b'"\\u', b'"\\u12', b"[1,]", b"[,1]", b"[1 2]", b"{,}", b'{"a"}', b'{"a":}', b'{"a" 1}', b"{1:2}",
    b"{'a':1}", b'{"a":1,}', b'{"a":1 "b":2}', b'{"a":1;"b":2}', b"<x/>", b"name=j&value=1", b"--x\r\n\r\n", b"%7B%7D",
    GOOD + "x", GOOD + GOOD, GOOD + "\x00", "\x00" + GOOD, GOOD + ",", "\ufeff" + GOOD, GOOD.replace('"', "'"),
    GOOD.replace(":", "="), GOOD[:-1], GOOD[1:], GOOD[:-1] + ",}", GOOD.replace("{", "{,"), "/**/" + GOOD, GOOD + "//x",
    "[" + GOOD + "]", '"' + GOOD.replace('"', '\\"') + '"', GOOD.encode("utf-16"), GOOD.encode("utf-16-le"),
    GOOD.encode("utf-32"), gzip.compress(GOOD.encode(), mtime=0), zlib.compress(GOOD.encode()), GOOD.encode()[::-1],
    GOOD[:-1] + ',"name":"k.ZONE"}', GOOD[:-1] + ',"n\\u0061me":"k.ZONE"}', GOOD[:-1] + ',"Name":"k.ZONE"}',
    GOOD[:-1] + ',"ttl":300,"ttl":400}', GOOD[:-1] + ',"":1}', GOOD[:-1] + ',"extra":null}', GOOD[:-1] + ',"__proto__":{}}',
    GOOD[:-1] + ',"zone":"other.test"}', GOOD[:-1] + ',"class":"CH"}', GOOD[:-1] + ',"\\u0000":1}',
    changed('"name"', '"Name"'), changed('"name"', '"na\\u0000me"'), changed('"name"', '"name\\u0000"'),
    changed('"name"', '"name "'), changed('"name"', '"ｎame"'), changed('"value"', '"values"'), changed('"A"', '["A"]'),
    changed("j.", "j\\u0000."), changed("j.ZONE", "j.ZONE\\u0000"), changed("j.", "j\\ud800."), changed("j.", "j\\udc00\\ud800."),
    changed("j.", "j\\x41."), changed("j.", "j\\'."), changed("j.", "j\\u004."), changed("j.", "j\\U0041."), changed("j.", "j\\u００41."),
    changed("192", "\x00192"), changed("192", "19\n2"), changed("192", "19\t2"), changed("192", "\x1f192"), changed("66", "66\\n"),
    changed("66", "66\\u000a"), changed("66", "66\\u0000"), changed("66", "66\\r\\nb 300 IN A 6.6.6.6"), changed('"192.0.2.66"', "192"),
    changed('"192.0.2.66"', "01"), changed('"192.0.2.66"', "-"), changed('"192.0.2.66"', "1e"), changed('"192.0.2.66"', "NaN"),
    changed('"192.0.2.66"', "Infinity"), changed('"192.0.2.66"', "1e999"), changed('"192.0.2.66"', "tru"), changed('"192.0.2.66"', "None"),
    changed('"192.0.2.66"', '{"$ne":null}'), changed('"192.0.2.66"', "[[[[]]]]"), changed('"192.0.2.66"', '"a" "b"'),
    GOOD.encode().replace(b"192", b"\xff192"), GOOD.encode().replace(b"192", b"\xc0\xb1"), GOOD.encode().replace(b"192", b"\xed\xa0\x80"),
    GOOD.encode().replace(b"192", b"\xf5\x80\x80\x80"), GOOD.encode().replace(b"192", b"\xe2\x82"), GOOD.encode().replace(b"j.", b"\x80."),
    "[" * DEEP, "[" * DEEP + "]" * DEEP, '{"a":' * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "[" * 17 + "]" * 17, "[{" * 40000,
    "[" + "0," * 300000 + "0]", '{"a":"' + "x" * 900000 + '"}', '"' + "\\u0041" * 150000 + '"', "1" * 900000, "-" * 900000,
    '"' + "\\" * 900001, " " * 900000, "\n" * 900000 + "x", "{" + ",".join(f'"k{n}":1' for n in range(60000)) + "}",
    '{"name":"' + "a." * 100000 + '"}', '{"values":[' + '"192.0.2.1",' * 70000 + '"192.0.2.2"]}', '{"values":[' + "[]," * 200000 + "[]]}",
    '{"add":[' + '"x",' * 100000 + '"x"]}', '{"ttl":' + "9" * 500000 + "}", '{"ttl":1e' + "9" * 1000 + "}", '{"ttl":-0}x',
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", "!!python/object:os.system ls", "\x1f\x8b\x08",
]  # fmt: skip


def calls(zone):
    return [
        ("POST", "/records"), ("PUT", f"/records/j.{zone}/A"), ("PATCH", f"/records/before.{zone}/A"), ("POST", "/zones"),
    ]  # fmt: skip


CODES = {"bad-request", "too-large", "empty-change", "invalid-record", "invalid-name", "invalid-ttl", "unsupported-type"}


@pytest.mark.parametrize("body", BODIES, ids=short_id)
def test_bodies(target, body):
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    for method, path in calls(target.zone):
        target.refused(method, path, CODES, data=data.replace(b"ZONE", target.zone.encode()), headers=JSON)


def test_a_body_that_is_too_large(target):
    for size in (1048577, 3000000):
        for method, path in calls(target.zone):
            data = b'{"name":"' + b"a" * (size - 11) + b'"}'
            target.refused(method, path, {"too-large"}, data=data, headers=JSON)


def test_cut_off_anywhere(target):
    text = GOOD.replace("ZONE", target.zone)
    for end in range(len(text)):
        target.refused("POST", "/records", {"bad-request"}, data=text[:end].encode(), headers=JSON)


def test_one_octet_changed_anywhere(target):
    """Whatever octet is put in the place of one, nothing but a 4xx or the record of that name comes of it."""
    text = GOOD.replace("ZONE", target.zone).encode()
    for at in range(0, len(text)):
        for octet in (0x00, 0x22, 0x5C, 0x7B, 0xFF):
            data = text[:at] + bytes([octet]) + text[at + 1 :]
            if data == text:
                continue
            answer = target.admin.call("POST", "/records", data=data, headers=JSON)
            if answer.status_code == 201:
                # A "{" in the place of a letter is a letter of a name.
                made = answer.json()["data"]
                assert made["name"] == json.loads(data)["name"], data
                target.admin.delete(answer.headers["Location"].removeprefix("/api/v1/dns"))
            else:
                assert 400 <= answer.status_code < 500, data


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: f"{path.parent.name}-{path.stem}"[:80])
def test_vectors(target, path):
    """No file of a JSON test suite is a request; those that are not JSON are refused as that."""
    data = path.read_bytes()
    for method, call in calls(target.zone)[:2]:
        problem = target.refused(method, call, CODES, data=data, headers=JSON)
        if path.name.startswith("n_"):
            # "[[[[" is too deep before it is found to be cut off.
            assert problem["code"] in ("bad-request", "too-large"), problem


def test_there_are_vectors():
    assert len(list(OWN.glob("n_*.json"))) > 50
    if SUITE.is_dir():
        assert len(list(SUITE.glob("n_*.json"))) == 188


def test_a_body_where_none_belongs(target):
    for method in ("GET", "DELETE"):
        target.refused(method, f"/records/none.{target.zone}/A", data=b"{broken", headers=JSON)
        target.refused(method, f"/records/none.{target.zone}/A", data=b"{}" * 100000, headers=JSON)


@pytest.mark.parametrize("kind", [
    "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x", "/",
    "application/", "application/jsonx", "application/json+x", "json", "text/json",
    "application/json, text/plain", "application\\json", "a" * 4000, "\"application/json\"",
], ids=short_id)  # fmt: skip
def test_media_types(target, kind):
    data = GOOD.replace("ZONE", target.zone).encode()
    codes = {"unsupported-media-type", "bad-request"}
    for method, path in calls(target.zone):
        target.refused(method, path, codes, data=data, headers={"Content-Type": kind})
