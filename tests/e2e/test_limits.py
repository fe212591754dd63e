# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits: what is told, what is refused, and that one caller's flood is his own."""

import re
import threading
import time

import pytest

CLASSES = """
rate_class "tiny" {
	requests = 5
	requests_window_s = 2
	records = 1000
}
rate_class "few" {
	requests = 1000
	records = 3
	records_window_s = 3
}
"""


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    from conftest import RESPONDERS
    from harness import Service

    service = Service(tmp_path_factory.mktemp("limits") / "home", RESPONDERS=RESPONDERS)
    service.start()
    service.configure(CLASSES)
    service.stop()
    service.start()
    yield service
    service.stop()
    service.check_logs()


def client_of(service, rate_class, subject):
    return service.client(
        service.issue_token("--preset", "admin", "--rl", rate_class, subject=subject)
    )


def test_every_authenticated_answer_tells(limited):
    client = client_of(limited, "tiny", "teller")
    for expected in (200, 404):
        answer = client.call("GET", "/zones" if expected == 200 else "/records/a.none.invalid/A", expected)
        assert '"tiny";q=5;w=2' in answer.headers["RateLimit-Policy"]
        match = re.search(r'"tiny";r=(\d+)(;t=(\d+))?', answer.headers["RateLimit"])
        assert 0 <= int(match[1]) <= 5
    assert "RateLimit" not in limited.anonymous().call("GET", "/zones", 401).headers


def test_too_many_requests(limited):
    client = client_of(limited, "tiny", "many")
    statuses = [client.call("GET", "/zones").status_code for _ in range(12)]
    assert statuses[:4] == [200] * 4
    assert 429 in statuses
    answer = client.call("GET", "/zones", 429)
    assert answer.json()["code"] == "rate-limited"
    seconds = int(answer.headers["Retry-After"])
    assert 1 <= seconds <= 2
    time.sleep(seconds)
    client.get("/zones")


def test_what_no_waiting_helps_is_too_large(limited):
    limited.client().post("/zones", {"name": "large.test", "nameservers": ["ns1.example.com"]})
    client = client_of(limited, "few", "large")
    answer = client.put(
        "/records/many.large.test/A", {"values": [f"192.0.2.{i}" for i in range(4)]}, 413
    )
    assert "Retry-After" not in answer.headers
    client.put("/records/one.large.test/A", {"values": ["192.0.2.1"]}, 201)


def test_records_are_charged_apart(limited):
    limited.client().post("/zones", {"name": "charge.test", "nameservers": ["ns1.example.com"]}, (201, 409))
    client = client_of(limited, "few", "charger")
    path = "/records/a.charge.test/A"
    client.put(path, {"values": ["192.0.2.1", "192.0.2.2", "192.0.2.3"]}, (200, 201))
    answer = client.call("PUT", path, 429, body={"values": ["192.0.2.4"]})
    assert answer.json()["code"] == "rate-limited"
    assert answer.json()["violated-policies"] == ["few-records"]
    client.get(path)
    assert limited.client().values("a.charge.test", "A") == {"192.0.2.1", "192.0.2.2", "192.0.2.3"}


def test_two_tokens_of_one_subject_share(limited):
    clients = [client_of(limited, "tiny", "shared") for _ in range(2)]
    statuses = [clients[n % 2].call("GET", "/zones").status_code for n in range(12)]
    assert statuses.count(200) <= 7


def test_a_flood_does_not_slow_another(limited):
    """The flooding subject is refused; another subject's requests stay quick."""
    flood_token = limited.issue_token("--preset", "admin", "--rl", "tiny", subject="flooder")
    ending = threading.Event()

    def flood():
        client = limited.client(flood_token)
        while not ending.is_set():
            client.call("GET", "/zones")

    good = limited.client()

    def slowest():
        times = []
        for _ in range(60):
            begin = time.monotonic()
            good.get("/zones")
            times.append(time.monotonic() - begin)
        return sorted(times)[int(len(times) * 0.9)]

    alone = slowest()
    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        beside = slowest()
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    # The flooders themselves share the processor with the test; what counts is no queueing.
    assert beside < alone * 20 + 0.25


def test_bulk_lets_a_load_test_through(limited):
    client = limited.client()
    for _ in range(500):
        client.get("/zones")
