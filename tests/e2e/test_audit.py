# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log: what is in it, and that nobody can change it unseen."""

import json
import sqlite3

import pytest


def audit(service, word, *more):
    return service.tool("audit", word, "--store", service.home / "store/coregate.db", *more)


def rows(service):
    result = audit(service, "export")
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.split("\n") if line]


def test_every_change_and_every_attempt_has_a_row(own_service):
    service = own_service
    admin = service.client()
    before = len(rows(service))
    admin.put("/records/a.example.com/A", {"values": ["192.0.2.1"]}, headers={"X-Request-Id": "first"})
    admin.put("/records/a.example.com/A", {"values": ["192.0.2.2"]}, headers={"X-Request-Id": "second"})
    weak = service.client(
        service.issue_token("--preset", "readonly", "--zone", "example.com", subject="weak")
    )
    weak.call("DELETE", "/records/a.example.com/A", 403, headers={"X-Request-Id": "refused"})
    admin.call(
        "PUT", "/records/a.example.com/A", 412, body={"values": ["192.0.2.3"]},
        headers={"If-Match": '"x"', "X-Request-Id": "failed"},
    )  # fmt: skip
    admin.delete("/records/a.example.com/A", headers={"X-Request-Id": "last"})
    admin.get("/zones", headers={"X-Request-Id": "only-read"})
    found = rows(service)[before:]
    by_id = {row["request_id"]: row for row in found}
    assert set(by_id) == {"first", "second", "refused", "failed", "last"}
    text = json.dumps(by_id["second"])
    assert "192.0.2.1" in text and "192.0.2.2" in text, "before and after"
    assert "local-admin" in text and "127.0.0.1" in text
    assert "weak" in json.dumps(by_id["refused"]) and "not-permitted" in json.dumps(by_id["refused"])
    assert "precondition-failed" in json.dumps(by_id["failed"])
    assert audit(service, "verify").returncode == 0


TAMPERING = {
    "an edit": "UPDATE {table} SET {text} = replace({text}, 'local-admin', 'somebody') WHERE {id} = {middle}",
    "a deletion": "DELETE FROM {table} WHERE {id} = {middle}",
    "a swap": "UPDATE {table} SET {id} = CASE {id} WHEN {middle} THEN -1 ELSE {id} END WHERE {id} = {middle}",
}


def audit_table(database):
    """(table, id column, a text column with the subject) of the audit rows."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    table = next(name for name in names if "audit" in name)
    columns = list(database.execute(f"PRAGMA table_info({table})"))
    id_column = next(c[1] for c in columns if c[5])
    for column in columns:
        hit = database.execute(
            f"SELECT 1 FROM {table} WHERE CAST({column[1]} AS TEXT) LIKE '%local-admin%'"
        ).fetchone()
        if hit:
            return table, id_column, column[1]
    raise AssertionError("no column holds the subject")


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found(own_service, what):
    service = own_service
    admin = service.client()
    for number in range(8):
        admin.put("/records/a.example.com/A", {"values": [f"192.0.2.{number}"]})
    assert audit(service, "verify").returncode == 0
    service.stop()
    with sqlite3.connect(service.home / "store/coregate.db") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        for (name,) in list(
            database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ):
            database.execute(f"DROP TRIGGER {name}")
        table, id_column, text = audit_table(database)
        ids = [row for (row,) in database.execute(f"SELECT {id_column} FROM {table} ORDER BY 1")]
        statement = TAMPERING[what].format(table=table, id=id_column, text=text, middle=ids[-4])
        assert database.execute(statement).rowcount == 1
    database.close()
    result = audit(service, "verify")
    assert result.returncode == 1, result.stdout
    assert result.stderr or result.stdout


def test_two_rows_in_the_other_order_are_found(own_service):
    service = own_service
    admin = service.client()
    for number in range(4):
        admin.put("/records/a.example.com/A", {"values": [f"192.0.2.{number}"]})
    service.stop()
    with sqlite3.connect(service.home / "store/coregate.db") as database:
        for (name,) in list(
            database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ):
            database.execute(f"DROP TRIGGER {name}")
        table, id_column, _ = audit_table(database)
        last = [row for (row,) in database.execute(f"SELECT {id_column} FROM {table} ORDER BY 1")][-3:-1]
        database.execute(f"UPDATE {table} SET {id_column} = -5 WHERE {id_column} = {last[0]}")
        database.execute(f"UPDATE {table} SET {id_column} = {last[0]} WHERE {id_column} = {last[1]}")
        database.execute(f"UPDATE {table} SET {id_column} = {last[1]} WHERE {id_column} = -5")
    database.close()
    assert audit(service, "verify").returncode == 1
