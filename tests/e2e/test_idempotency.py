# SPDX-License-Identifier: GPL-3.0-or-later
"""Idempotency-Key: a POST that comes again has one effect, and the answer of the first."""

import itertools
import json
import os
import signal
import threading
import time
import uuid

import pytest
import requests

from harness import Client, wait_until

SAME_HEADERS = ("Change-Id", "Location", "ETag", "Content-Type")


def quoted(key=None):
    return {"Idempotency-Key": f'"{key or uuid.uuid4()}"'}


def record(name, value="192.0.2.1", **more):
    return {"name": name, "record_type": "A", "value": value, **more}


def assert_same(first, again):
    assert again.status_code == first.status_code
    for header in SAME_HEADERS:
        assert again.headers.get(header) == first.headers.get(header), header
    one, other = first.json(), again.json()
    for value in (one, other):
        value.pop("request_id", None)
    assert one == other


def serial(client, zone):
    return client.get(f"/zones/{zone}").json()["data"]["serial"]


def audit_rows(service, name):
    """The rows of the audit log that speak of a name."""
    export = service.tool("audit", "export", "--store", service.home / "store/coregate.db").stdout
    rows = [json.loads(line) for line in export.split("\n") if line]
    return [row for row in rows if name in json.dumps(row["body"])]


def test_a_repeat_answers_what_the_first_one_answered(service, admin, zone):
    headers, body = quoted(), record(f"a.{zone}")
    first = admin.post("/records", body, headers=headers)
    at = serial(admin, zone)
    for _ in range(5):
        assert_same(first, admin.post("/records", body, headers=headers))
    assert serial(admin, zone) == at
    assert len(audit_rows(service, f"a.{zone}")) == 1
    # Without the key, or with another, it is a new request.
    admin.problem("POST", "/records", 409, "exists", body=body)
    admin.problem("POST", "/records", 409, "exists", body=body, headers=quoted())


def test_a_refusal_is_repeated_too(admin, zone):
    headers, body = quoted(), record(f"a.{zone}")
    admin.post("/records", body)
    first = admin.post("/records", body, 409, headers=headers)
    admin.delete(f"/records/a.{zone}/A")
    assert_same(first, admin.post("/records", body, 409, headers=headers))
    assert admin.values(f"a.{zone}", "A") is None


def test_zones_too(admin):
    name = f"{uuid.uuid4()}.test"
    headers, body = quoted(), {"name": name, "nameservers": ["ns1.example.com"]}
    first = admin.post("/zones", body, headers=headers)
    assert_same(first, admin.post("/zones", body, headers=headers))
    record_headers = quoted()
    added = admin.post("/records", record(f"a.{name}"), headers=record_headers)
    admin.delete(f"/zones/{name}?confirm={name}")
    # What was done stays done, though there is no such zone any more.
    assert_same(added, admin.post("/records", record(f"a.{name}"), headers=record_headers))
    assert_same(first, admin.post("/zones", body, headers=headers))
    admin.get(f"/zones/{name}", 404)


def test_a_refused_batch_of_a_zone_that_has_gone(admin, zone):
    name = f"{uuid.uuid4()}.test"
    admin.post("/zones", {"name": name, "nameservers": ["ns1.example.com"]})
    admin.post("/records", record(f"a.{name}"))
    entries = [{"action": "create", **record(f"{label}.{where}")}
               for label, where in (("x", zone), ("b", name), ("a", name))]  # fmt: skip
    headers = quoted()
    first = admin.post("/changes", {"changes": entries}, 409, headers=headers)
    assert [one["pointer"] for one in first.json()["errors"]] == ["/changes/2"]
    admin.delete(f"/zones/{name}?confirm={name}")
    assert_same(first, admin.post("/changes", {"changes": entries}, 409, headers=headers))


@pytest.mark.parametrize("path, body", [
    ("/records", record("b.{zone}")),
    ("/records", record("a.{zone}", ttl=301)),
    ("/zones", {"name": "sub.{zone}", "nameservers": ["ns1.example.com"]}),
])  # fmt: skip
def test_another_request_with_the_same_key(service, admin, zone, path, body):
    headers = quoted()
    admin.post("/records", record(f"a.{zone}"), headers=headers)
    body = json.loads(json.dumps(body).replace("{zone}", zone))
    problem = admin.problem("POST", path, 422, "idempotency-mismatch", body=body, headers=headers)
    assert "errors" not in problem
    assert admin.values(f"b.{zone}", "A") is None
    rows = audit_rows(service, f"a.{zone}")
    assert [row["outcome"] for row in rows] == ["ok"]
    export = service.tool("audit", "export", "--store", service.home / "store/coregate.db").stdout
    refused = [json.loads(line) for line in export.split("\n") if line]
    assert any(row["request_id"] == problem["request_id"] and row["outcome"] == "idempotency-mismatch"
               for row in refused)  # fmt: skip


def test_a_key_is_one_of_its_subject(service, admin, zone):
    headers, body = quoted(), record(f"a.{zone}")
    admin.post("/records", body, headers=headers)
    def holder(kind):
        grant = {"z": [zone], "s": ["@"], "t": [kind], "a": "rlcud"}
        return service.client(service.issue_token("--grant", json.dumps(grant), subject="other"))

    other = holder("*")
    other.problem("POST", "/records", 409, "exists", body=body, headers=headers)
    other.problem("POST", "/records", 422, "idempotency-mismatch", body=record(f"b.{zone}"), headers=headers)
    # Another token of the same subject is the same caller.
    first = other.post("/records", record(f"c.{zone}"), headers=quoted("again"))
    assert_same(first, holder("*").post("/records", record(f"c.{zone}"), headers=quoted("again")))
    # But only as far as it may do that.
    holder("TXT").problem("POST", "/records", 403, "not-permitted", body=record(f"c.{zone}"), headers=quoted("again"))


@pytest.mark.parametrize("value", [
    "abc", '"abc', '""', '"a" "b"', '"a", "b"', '"a\\n"', '"' + "k" * 256 + '"', '"\xe4"',
])  # fmt: skip
def test_a_malformed_key(admin, zone, value):
    headers = {"Idempotency-Key": value.encode("latin-1")}
    problem = admin.problem("POST", "/records", 400, "bad-request", body=record(f"a.{zone}"), headers=headers)
    assert "Idempotency-Key" in problem["detail"]
    assert admin.values(f"a.{zone}", "A") is None


def test_the_longest_key(admin, zone):
    headers, body = quoted("k" * 255), record(f"a.{zone}")
    first = admin.post("/records", body, headers=headers)
    assert_same(first, admin.post("/records", body, headers=headers))


def test_many_at_once_have_one_effect(service, admin, zone):
    """The writer takes one after the other: the second finds the answer of the first, whoever is served by whom."""
    for turn in range(10):
        headers, body, answers = quoted(), record(f"t{turn}.{zone}"), []
        gate = threading.Barrier(8)

        def post():
            client = service.client()
            gate.wait(10)
            answers.append(client.post("/records", body, headers=headers))

        threads = [threading.Thread(target=post) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 8
        for answer in answers[1:]:
            assert_same(answers[0], answer)
    assert service.metrics()["coregate_idempotent_repeats_total"] >= 70


def test_a_repeat_comes_after_its_expiry(service, admin, zone):
    """The time was in the future when the request came first."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    headers, body = quoted(), record(f"a.{zone}", expires_at=at)
    first = admin.post("/records", body, headers=headers)
    wait_until(lambda: admin.values(f"a.{zone}", "A") is None, 10)
    assert_same(first, admin.post("/records", body, headers=headers))
    assert admin.values(f"a.{zone}", "A") is None


def test_answers_survive_a_restart(own_service):
    service = own_service
    headers, body = quoted(), record("a.example.com")
    first = service.client().post("/records", body, headers=headers)
    refused = service.client().post("/records", body, 409, headers=quoted("no"))
    service.stop()
    service.start()
    assert_same(first, service.client().post("/records", body, headers=headers))
    assert_same(refused, service.client().post("/records", body, 409, headers=quoted("no")))


class Poster(threading.Thread):
    """POSTs one new record after the other, each with a key, and notes which stayed without an answer."""

    numbers = itertools.count(1)

    def __init__(self, service):
        super().__init__()
        self.service, self.number = service, next(self.numbers)
        self.answered, self.open = [], []
        self.ending = threading.Event()

    def run(self):
        session = requests.Session()
        turn = 0
        while not self.ending.is_set():
            turn += 1
            name = f"p{self.number}-{turn}.example.com"
            headers = {"Authorization": f"Bearer {self.service.admin_token}", **quoted(name)}
            try:
                answer = session.post(
                    self.service.api + "/records", json=record(name), headers=headers, timeout=15
                )
                (self.answered if answer.status_code == 201 else self.open).append(name)
            except requests.RequestException:
                self.open.append(name)
                time.sleep(0.02)


def kill_coregated(service):
    """The supervisor and all its children, as the machine would at a power cut."""
    for pid in [service.pid("coregated"), *service.children()]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def is_ready(service):
    try:
        return requests.get(service.api + "/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_a_crash_between_commit_and_answer(own_service, record_property):
    """After each kill -9 every POST without an answer is repeated: each has one effect in the end."""
    service = own_service
    posters = [Poster(service) for _ in range(6)]
    for poster in posters:
        poster.start()
    for turn in range(8):
        time.sleep(0.4 + 0.1 * turn)
        kill_coregated(service)
        wait_until(lambda: is_ready(service), 30, 0.05, "ready again")
    for poster in posters:
        poster.ending.set()
    for poster in posters:
        poster.join()
    answered = [name for poster in posters for name in poster.answered]
    unanswered = [name for poster in posters for name in poster.open]
    assert answered and unanswered
    client = Client(service, service.admin_token)
    before = {name: client.values(name, "A") for name in unanswered}
    for name in unanswered:
        client.post("/records", record(name), 201, headers=quoted(name))
    for name in answered + unanswered:
        # And once more: those that were answered, too.
        client.post("/records", record(name), 201, headers=quoted(name))
    export = service.tool("audit", "export", "--store", service.home / "store/coregate.db").stdout
    done = [json.loads(line) for line in export.split("\n") if line]
    names = [row["body"]["effects"][0]["name"] for row in done
             if row["request"] == "POST /records" and row["outcome"] == "ok"]  # fmt: skip
    posted = [name for name in names if name.startswith("p")]
    assert sorted(posted) == sorted(answered + unanswered), "each has one effect"
    committed = sum(value is not None for value in before.values())
    print(f"{len(answered)} answered, {len(unanswered)} without an answer, {committed} of them were done")
    record_property("done_without_an_answer", committed)
