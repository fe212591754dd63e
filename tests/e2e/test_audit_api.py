# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /audit: the same rows as the command exports, in pages."""

import hashlib
import json
import sqlite3
import struct
import time

import pytest


def exported(service):
    result = service.tool("audit", "export", "--store", service.home / "store/coregate.db")
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.split("\n") if line]


def pages(client, query, limit=7):
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/audit?limit={limit}&{query}" + (f"&cursor={cursor}" if cursor else "")).json()
        assert len(page["data"]) <= limit
        found += page["data"]
        cursor = page["next"]
    return found


@pytest.fixture(scope="module")
def busy(service):
    """Rows of two subjects."""
    admin = service.client()
    other = service.client(service.issue_token("--preset", "admin", subject="auditee"))
    for number in range(10):
        admin.put("/records/audited.example.com/A", {"values": [f"192.0.2.{number}"]})
        other.put("/records/audited.example.com/TXT", {"values": [f"text {number}"]})
    other.problem("PUT", "/records/audited.example.com/A", 422, "invalid-record", body={"values": ["x"]})
    yield service
    admin.delete("/records/audited.example.com/A")
    admin.delete("/records/audited.example.com/TXT")


def test_pages_and_export_agree(busy):
    assert pages(busy.client(), "") == exported(busy)
    first = busy.client().get("/audit?limit=2")
    assert [row["seq"] for row in first.json()["data"]] == [1, 2]
    assert 'rel="next"' in first.headers["Link"]


def texts(row):
    return [row[name] for name in ("subject", "token_id", "key_id", "address", "request_id", "request", "outcome")]


def test_a_client_can_check_the_chain(busy):
    """Everything that a hash covers is in the rows, but for the spelling of the body."""
    found = pages(busy.client(), "", 1000)
    with sqlite3.connect(f"file:{busy.home}/store/coregate.db?mode=ro", uri=True) as database:
        bodies = dict(database.execute("SELECT seq, body FROM audit"))
    previous = bytes(32)
    for row in found:
        assert json.loads(bodies[row["seq"]]) == row["body"]
        text = b"coregate/audit/v1\n" + struct.pack(
            ">QqIQ", row["seq"], row["at_ms"], row["status"], row["change_id"]
        )
        for piece in texts(row) + [json.dumps(row["body"], separators=(",", ":"), ensure_ascii=False)]:
            text += struct.pack(">I", len(piece.encode())) + piece.encode()
        previous = hashlib.blake2b(previous + text, digest_size=32).digest()
        assert previous.hex() == row["hash"], row


def test_filters(busy):
    client = busy.client()
    everything = exported(busy)
    of_other = [row for row in everything if row["subject"] == "auditee"]
    assert len(of_other) == 11 and of_other[-1]["outcome"] == "invalid-record"
    assert pages(client, "actor=auditee", 3) == of_other
    assert pages(client, "actor=nobody") == []
    middle = everything[len(everything) // 2]["at"]
    since = [row for row in everything if row["at"] >= middle]
    assert 0 < len(since) <= len(everything)
    assert pages(client, f"since={middle}") == since
    assert pages(client, f"since={middle}&actor=auditee", 2) == [r for r in since if r["subject"] == "auditee"]
    assert pages(client, "since=2096-01-01T00:00:00Z") == []
    assert pages(client, "since=1999-01-01T00:00:00Z", 50) == everything


def test_who_may(busy):
    reads = busy.client(busy.issue_token("--preset", "readonly", "--zone", "example.com", "--adm", "audit.read"))
    reads.get("/audit?limit=1")
    busy.client(busy.issue_token("--preset", "readonly", "--zone", "*")).problem(
        "GET", "/audit", 403, "not-permitted"
    )
    busy.anonymous().problem("GET", "/audit", 401, "no-token")


@pytest.mark.parametrize("query, place", [
    ("limit=0", "?limit"), ("limit=1001", "?limit"), ("since=yesterday", "?since"), ("cursor=ab", "?cursor"),
    ("subject=x", "?subject"),
])  # fmt: skip
def test_malformed(admin, query, place):
    problem = admin.problem("GET", f"/audit?{query}", 400, "bad-request")
    assert place in [fault["pointer"] for fault in problem["errors"]]


def test_fast_with_very_many_rows(own_service):
    """A page in the middle of 300,000 rows costs what the first one costs."""
    service = own_service
    service.stop()
    with sqlite3.connect(service.home / "store/coregate.db") as database:
        start, = database.execute("SELECT max(seq) FROM audit").fetchone()
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
            " INSERT INTO audit SELECT ?1 + i, 1000000000000 + i * 1000, 'robot-' || (i % 1000), '', '', '', '',"
            " 'PUT /x', 'ok', 200, 0, '{}', zeroblob(32) FROM n", (start,)
        )  # fmt: skip
    database.close()
    service.start()
    client = service.client()
    late = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1000000000 + 299000))

    def cost(query):
        begin = time.monotonic()
        for _ in range(5):
            assert client.get(f"/audit?limit=100&{query}").json()["data"]
        return (time.monotonic() - begin) / 5

    base = max(cost(""), 0.02)
    assert cost(f"since={late}") < 3 * base
    assert cost("actor=robot-999") < 3 * base
    assert cost(f"since={late}&actor=robot-999") < 3 * base
