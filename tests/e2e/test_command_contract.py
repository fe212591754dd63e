# SPDX-License-Identifier: GPL-3.0-or-later
"""`coregate` against a stand-in for the API (api_stub.py): what it sends and how it takes each answer.
Calls are those of docs/api.md."""

import os
import subprocess
import time

import pytest

from api_stub import ApiStub
from command import Command
from test_command import (CONFLICT, FAILED, INVALID, NOT_FOUND, NOT_YET, OK, REFUSED, UNAVAILABLE,
                          complete, on_terminal)  # fmt: skip

RECORD = {"name": "a.example.com", "record_type": "A", "value": "192.0.2.1", "ttl": 60}


@pytest.fixture
def stub():
    stub = ApiStub()
    yield stub
    stub.close()


@pytest.fixture
def coregate(stub, tmp_path):
    return Command(tmp_path, stub.url, "v4.public.stub")


# ---- what every call has


def test_the_token_is_a_header_and_nothing_more(stub, coregate):
    stub.say_list([])
    coregate.run("zone", "list")
    (call,) = stub.calls
    assert (call.method, call.path) == ("GET", "/zones?limit=1000")
    assert call.headers["Authorization"] == "Bearer v4.public.stub"
    assert "Idempotency-Key" not in call.headers


def test_no_redirect_takes_the_token_elsewhere(stub, coregate):
    other = ApiStub().say_list([])
    stub.say(302, b"", Location=other.url + "/api/v1/dns/zones")
    result = coregate.run("zone", "list", status=FAILED)
    other.close()
    assert other.calls == [] and "with status 302" in result.stderr


def test_no_proxy_of_the_environment(stub, coregate):
    stub.say_list([])
    proxy = "http://127.0.0.1:1"
    coregate.run("zone", "list", environment={"http_proxy": proxy, "ALL_PROXY": proxy, "HTTPS_PROXY": proxy})
    assert len(stub.calls) == 1


def test_certificates_are_verified(coregate, tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    stub = ApiStub((tmp_path / "cert.pem", tmp_path / "key.pem")).say_list([])
    by_name = stub.url.replace("127.0.0.1", "localhost")
    result = coregate.run("zone", "list", "--api", by_name, status=UNAVAILABLE)
    assert "certificate" in result.stderr
    coregate.run("zone", "list", "--api", by_name, "--cacert", tmp_path / "cert.pem")
    # The certificate is for another name.
    coregate.run("zone", "list", "--api", stub.url, "--cacert", tmp_path / "cert.pem", status=UNAVAILABLE)
    assert len(stub.calls) == 1
    stub.close()


def test_an_endless_answer_ends(stub, coregate):
    stub.say(200, b'{"success":true,"data":"' + b"x" * (65 << 20) + b'"}')
    assert "too large" in coregate.run("zone", "list", status=UNAVAILABLE).stderr


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"success":true}', b'{"data":1', b"\xff"])
def test_what_is_no_answer_of_the_api(stub, coregate, body):
    stub.say(200, body)
    assert "no answer of the API" in coregate.run("zone", "show", "example.com", status=FAILED).stderr


def test_who_does_not_answer_in_time(stub, coregate):
    stub.delay = 5
    stub.say_list([])
    start = time.monotonic()
    assert "timed out" in coregate.run("zone", "list", "--timeout", 1, status=UNAVAILABLE).stderr
    assert time.monotonic() - start < 5


# ---- patience


def test_a_read_is_patient(stub, coregate):
    stub.say_problem(503, "overloaded", Retry_After=1).say_problem(429, "rate-limited", Retry_After=1)
    stub.say_list([])
    start = time.monotonic()
    coregate.run("zone", "list")
    assert len(stub.calls) == 3 and 2 <= time.monotonic() - start < 10


def test_patience_ends(stub, coregate):
    stub.say_problem(503, "overloaded", Retry_After=1)
    result = coregate.run("zone", "list", status=UNAVAILABLE)
    assert len(stub.calls) == 4 and result.stderr == "coregate: About overloaded (overloaded, request r-1)\n"
    stub.calls.clear()
    stub.answers.clear()
    stub.say_problem(503, "overloaded", Retry_After=3600)
    coregate.run("zone", "list", status=UNAVAILABLE)
    assert len(stub.calls) == 1


def test_a_post_is_sent_again_under_its_key(stub, coregate):
    stub.say_problem(503, "unavailable", Retry_After=1).say_data(RECORD, 201)
    coregate.run("record", "add", "a.example.com", "A", "192.0.2.1")
    first, second = stub.calls
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.body == second.body
    coregate.run("record", "add", "a.example.com", "A", "192.0.2.1")
    assert stub.calls[2].headers["Idempotency-Key"] != first.headers["Idempotency-Key"]


def test_a_delete_is_sent_again_only_where_nothing_was_done(stub, coregate):
    stub.say_problem(503, "unavailable", Retry_After=1)
    coregate.run("record", "remove", "a.example.com", "A", status=UNAVAILABLE)
    assert len(stub.calls) == 1
    stub.answers.clear()
    stub.say_problem(429, "rate-limited", Retry_After=1).say_data({"deleted": 1})
    coregate.run("record", "remove", "a.example.com", "A")
    assert len(stub.calls) == 3


def test_each_problem_has_its_exit_status(stub, coregate):
    for status, code, wanted in [(400, "bad-request", INVALID), (401, "no-token", REFUSED),
                                 (403, "not-permitted", REFUSED), (404, "not-found", NOT_FOUND),
                                 (409, "in-progress", CONFLICT), (412, "precondition-failed", CONFLICT),
                                 (413, "too-large", INVALID), (422, "idempotency-mismatch", INVALID),
                                 (500, "internal", FAILED)]:  # fmt: skip
        stub.answers.clear()
        stub.say_problem(status, code)
        assert code in coregate.run("zone", "list", status=wanted).stderr


# ---- writes of records


def test_a_write_may_wait(stub, coregate):
    stub.say_data(RECORD, 201, Change_Id=7)
    result = coregate.run("record", "add", "a.example.com", "A", "192.0.2.1", "--wait", 5, "--expires",
                          "2027-01-31T00:00:00Z")  # fmt: skip
    call = stub.calls[0]
    assert (call.method, call.path, call.headers["Prefer"]) == ("POST", "/records", "wait=5")
    assert call.json == {"name": "a.example.com", "record_type": "A", "value": "192.0.2.1",
                         "expires_at": "2027-01-31T00:00:00Z"}  # fmt: skip
    assert result.stdout.endswith("change 7\n")
    stub.answers.clear()
    stub.say_data(RECORD, 202)
    result = coregate.run("record", "set", "a.example.com", "A", "192.0.2.1", "--wait", 5, status=NOT_YET)
    assert "not every CoreDNS serves it yet" in result.stderr


@pytest.mark.parametrize("words, change, more", [
    (["add", "a.test", "A", "192.0.2.1", "192.0.2.2", "--ttl", "9"],
     {"action": "create", "values": ["192.0.2.1", "192.0.2.2"], "ttl": 9}, {}),
    (["set", "a.test", "A", "192.0.2.1", "--dry-run", "--if-match", "4"],
     {"action": "upsert", "values": ["192.0.2.1"], "if_match": '"4"'}, {"dry_run": True}),
    (["remove", "a.test", "A", "--comment", "gone"], {"action": "delete"}, {"comment": "gone"}),
    (["remove", "a.test", "A", "192.0.2.1", "192.0.2.2"],
     {"action": "delete", "values": ["192.0.2.1", "192.0.2.2"]}, {}),
])  # fmt: skip
def test_what_one_call_cannot_say_is_a_change(stub, coregate, words, change, more):
    after = {"ttl": 9, "values": ["192.0.2.1", "192.0.2.2"]}
    stub.say_data({"diff": [{"action": "create", "name": "a.test", "record_type": "A", "before": None,
                             "after": after}]})  # fmt: skip
    result = coregate.run("record", *words)
    (call,) = stub.calls
    assert (call.method, call.path) == ("POST", "/changes")
    assert call.json == {"changes": [{"name": "a.test", "record_type": "A"} | change]} | more
    assert "192.0.2.1, 192.0.2.2" in result.stdout


# ---- zone files

ZONE_FILE = b"$ORIGIN example.com.\n@ 300 IN TXT \"x\"\n" * 1000


def test_import_sends_the_file_as_it_is(stub, coregate, tmp_path):
    stub.say_data({"added": 3, "removed": 0})
    (tmp_path / "zone").write_bytes(ZONE_FILE)
    result = coregate.run("zone", "import", "example.com", tmp_path / "zone", "--mode", "replace", "--dry-run")
    (call,) = stub.calls
    assert (call.method, call.headers["Content-Type"], call.body) == ("POST", "text/dns", ZONE_FILE)
    assert call.path == "/zones/example.com/import?dry_run=true&mode=replace"
    assert (result.stdout, result.stderr) == ("added    3\nremoved  0\n", "")
    with open(tmp_path / "zone") as file:
        coregate.run("zone", "import", "example.com", "-", stdin=file)
    assert stub.calls[1].body == ZONE_FILE
    coregate.run("zone", "import", "example.com", tmp_path / "none", status=FAILED)
    assert len(stub.calls) == 2


def test_import_names_bad_lines(stub, coregate, tmp_path):
    (tmp_path / "zone").write_bytes(b"x")
    stub.say(422, {"title": "The record is not valid", "status": 422, "code": "invalid-record", "detail": "2",
                   "errors": [{"pointer": "line 3", "detail": "No address."}]}, "application/problem+json")  # fmt: skip
    result = coregate.run("zone", "import", "example.com", tmp_path / "zone", status=INVALID)
    assert result.stderr.splitlines()[1] == "  line 3: No address."


def test_import_shows_progress_on_a_terminal_only(stub, coregate, tmp_path):
    (tmp_path / "zone").write_bytes(ZONE_FILE * 100)
    stub.say_data({"added": 3})
    status, text = on_terminal(coregate, 80, "zone", "import", "example.com", tmp_path / "zone")
    assert status == OK and "of 3.6 MiB (100 %); the service works" in text
    assert coregate.run("zone", "import", "example.com", tmp_path / "zone").stderr == ""
    status, text = on_terminal(coregate, 80, "zone", "import", "-q", "example.com", tmp_path / "zone")
    assert (status, text) == (OK, "")


def test_export_is_whole_or_not_there(stub, coregate, tmp_path):
    stub.say(200, ZONE_FILE, "text/dns")
    assert coregate.run("zone", "export", "example.com").stdout == ZONE_FILE.decode()
    coregate.run("zone", "export", "example.com", "--output", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == ZONE_FILE
    assert (stub.calls[1].method, stub.calls[1].path) == ("GET", "/zones/example.com/export")
    stub.answers.clear()
    stub.say_problem(404, "not-found")
    result = coregate.run("zone", "export", "example.com", "--output", tmp_path / "out", status=NOT_FOUND)
    assert (result.stdout, (tmp_path / "out").read_bytes()) == ("", ZONE_FILE)
    coregate.run("zone", "export", "example.com", "--output", tmp_path / "none/out", status=FAILED)
    assert sorted(os.listdir(tmp_path)) == ["out"]
    with open("/dev/full", "w") as full:
        stub.answers.clear()
        stub.say(200, ZONE_FILE, "text/dns")
        result = subprocess.run([coregate.program, "zone", "export", "example.com"], stdout=full, timeout=60,
                                env=coregate.environment, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert result.returncode != OK and "cannot be written" in result.stderr


# ---- servers

SERVER = {"hostname": "web-01.example.com", "registered": True, "verified": None, "conflict": None,
          "records": [{"name": "web-01.example.com", "record_type": "A", "value": "192.0.2.1", "ttl": 60},
                      {"name": "1.2.0.192.in-addr.arpa", "record_type": "PTR", "value": "web-01.example.com"}]}  # fmt: skip


def test_register_a_server(stub, coregate):
    stub.say_data(SERVER, 201, Change_Id=3)
    shown = coregate.run("server", "register", "web-01.example.com", "--ip", "192.0.2.1", "--ttl", 60).stdout
    assert stub.calls[0].json == {"hostname": "web-01.example.com", "ips": ["192.0.2.1"], "ttl": 60}
    assert "registered  yes" in shown and "1.2.0.192.in-addr.arpa" in shown
    coregate.run("server", "update", "web-01.example.com", "--ip", "192.0.2.2")
    assert (stub.calls[1].method, stub.calls[1].path) == ("PUT", "/servers/web-01.example.com")
    coregate.run("server", "unregister", "web-01.example.com")
    assert (stub.calls[2].method, stub.calls[2].path) == ("DELETE", "/servers/web-01.example.com")


def test_a_server_that_is_not_registered(stub, coregate):
    words = ["server", "register", "web-01.example.com", "--ip", "192.0.2.1"]
    stub.say_data(SERVER | {"registered": False, "records": [], "conflict": [RECORD]})
    assert "has other addresses" in coregate.run(*words, status=CONFLICT).stderr
    stub.answers.clear()
    stub.say_data(SERVER | {"registered": False, "reason": "auto_register is off"})
    assert "auto_register is off" in coregate.run(*words, status=REFUSED).stdout
    stub.answers.clear()
    stub.say_data(SERVER | {"verified": False}, 201)
    coregate.run(*words)
    coregate.run(*words, "--verify", status=NOT_YET)


def test_verify_a_server(stub, coregate):
    def answer(is_verified):
        return {"verified": is_verified, "answers": ["x"], "rcode": "NOERROR", "servers": [], "attempts": 1}

    words = ["server", "verify", "web-01.example.com"]
    stub.say_data(SERVER).say_data(answer(True)).say_data(answer(True))
    rows = coregate.json(*words, "--wait", 9)
    assert [(row["name"], row["verified"]) for row in rows] == [
        ("web-01.example.com", True), ("1.2.0.192.in-addr.arpa", True)]  # fmt: skip
    assert [call.path for call in stub.calls] == [
        "/servers/web-01.example.com",
        "/verify?name=web-01.example.com&record_type=A&expect=192.0.2.1&timeout=9",
        "/verify?name=1.2.0.192.in-addr.arpa&record_type=PTR&expect=web-01.example.com&timeout=9",
    ]
    stub.answers.clear()
    stub.say_data(SERVER).say_data(answer(True)).say_data(answer(False))
    result = coregate.run(*words, status=NOT_YET)
    assert [line.split()[3] for line in result.stdout.splitlines()] == ["VERIFIED", "yes", "no"]


def test_list_servers(stub, coregate):
    stub.say_list([{"hostname": "web-01.example.com", "ips": ["192.0.2.1", "2001:db8::1"], "status": "drift"}])
    assert coregate.run("server", "list").stdout == (
        "HOSTNAME            IPS                     HEALTH\n"
        "web-01.example.com  192.0.2.1, 2001:db8::1  drift\n"
    )


def test_completion_offers_no_zone_that_a_shell_would_run(stub, coregate, source_dir):
    names = ["a.test", "$(touch owned).test", "`touch owned`.test", "b;touch.test"]
    stub.say_list([{"name": name, "serial": 1} for name in names])
    assert complete(coregate, source_dir, "zone", "show", "") == ["a.test"]
    assert not (coregate.home / "owned").exists()


# ---- changes

CHANGE = {"id": 12, "at": "2027-01-31T00:00:00Z", "actor": "alice", "comment": None,
          "zones": [{"zone": "example.com", "serial": 5, "status": "served", "servers": []}]}  # fmt: skip


def test_changes(stub, coregate):
    stub.say_list([CHANGE], "next page").say_list([CHANGE | {"id": 11}])
    rows = coregate.lines("change", "list", "--zone", "example.com", "--actor", "alice")
    assert [row[0] for row in rows] == ["ID", "12", "11"] and rows[1][2:5] == ["alice", "example.com", "served"]
    first, second = (call.path for call in stub.calls)
    assert first == "/changes?zone=example.com&actor=alice&limit=1000"
    assert second == first + "&cursor=next%20page"
    stub.answers.clear()
    stub.say_data(CHANGE)
    assert ["actor", "alice"] in coregate.lines("change", "show", 12)
    coregate.run("change", "revert", 12, "--wait", 3, "--comment", "no")
    assert (stub.calls[3].method, stub.calls[3].path) == ("POST", "/changes/12/revert")
    assert stub.calls[3].headers["Prefer"] == "wait=3" and stub.calls[3].json == {"comment": "no"}


def test_a_diff_in_pages_is_shown_as_one(stub, coregate):
    rows = [{"action": "create", "name": f"n{number}.example.com", "record_type": "A", "before": None,
             "after": {"ttl": 60, "values": ["192.0.2.1"]}} for number in range(5)]  # fmt: skip

    def say():
        stub.answers.clear()
        for diff, cursor in [(rows[:2], "c1"), (rows[2:4], "c2"), (rows[4:], None)]:
            stub.say(200, {"success": True, "data": CHANGE | {"diff": diff, "last": 1}, "next": cursor})

    say()
    assert coregate.json("change", "show", 12) == CHANGE | {"diff": rows, "last": 1}
    assert [call.path for call in stub.calls] == [
        "/changes/12?limit=1000", "/changes/12?limit=1000&cursor=c1", "/changes/12?limit=1000&cursor=c2"]  # fmt: skip
    say()
    text = coregate.run("change", "show", 12).stdout
    assert all(row["name"] in text for row in rows) and "ttl=60 values=192.0.2.1" in text
    say()
    assert coregate.run("change", "show", 12, "-q").stdout == ""


def test_a_list_that_breaks_off_says_so(stub, coregate):
    stub.say_list([CHANGE], "c").say_problem(500, "internal")
    result = coregate.run("change", "list", "--json", status=FAILED)
    assert "internal" in result.stderr and not result.stdout.endswith("]\n")
