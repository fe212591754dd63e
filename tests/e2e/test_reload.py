# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGHUP: new settings and keys, and not one request lost."""

import re
import threading
import time

import requests

from harness import wait_until
from load import Writers


def test_reload_under_load_loses_nothing(own_service):
    service = own_service
    ending, bad, count = threading.Event(), [], [0]

    def read():
        session = requests.Session()
        headers = {"Authorization": f"Bearer {service.admin_token}"}
        while not ending.is_set():
            answer = session.get(service.api + "/zones", headers=headers, timeout=20)
            count[0] += 1
            if answer.status_code != 200:
                bad.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=read) for _ in range(4)]
    with Writers(service, "example.com", 3) as writers:
        for thread in threads:
            thread.start()
        for _ in range(5):
            time.sleep(0.5)
            old = set(service.children("responder"))
            service.reload()
            wait_until(
                lambda old=old: len(service.children("responder")) == len(old)
                and not old & set(service.children("responder")), 20, what="new responders",
            )  # fmt: skip
        ending.set()
        for thread in threads:
            thread.join()
    assert count[0] > 50
    assert not bad, bad[:3]
    assert not writers.other and set(writers.statuses) <= {200, 201}
    writers.check(service.client())


def test_reload_changes_settings(own_service):
    service = own_service
    client = service.client()
    service.configure("ttl = 1234")
    service.reload()

    def has_new_ttl():
        client.delete("/records/a.example.com/A", (200, 404))
        body = {"name": "a.example.com", "record_type": "A", "value": "192.0.2.1"}
        return client.post("/records", body).json()["data"]["ttl"] == 1234

    wait_until(has_new_ttl, 10, 0.2, "the new default TTL")


def test_what_changes_only_at_a_restart_is_said(own_service):
    service = own_service
    fixed = ("fastcgi_socket_mode", "drain_timeout_ms", "rate_slots")
    service.configure("fastcgi_socket_mode = 0600\ndrain_timeout_ms = 9000\nrate_slots = 2048\nttl = 1234")
    service.reload()

    def said():
        return set(re.findall(r"(\w+) changes only at a restart", "\n".join(service.logs("coregated"))))

    wait_until(lambda: said() == set(fixed), 10, 0.2, "a warning for each of them and no other")


def test_a_bad_configuration_changes_nothing(own_service):
    service = own_service
    service.configure("no_such_option = 5")
    before = service.pid("coregated")
    service.reload()
    wait_until(
        lambda: any("no_such_option" in line for line in service.logs("coregated")), what="the message"
    )
    for _ in range(20):
        service.client().get("/zones")
    assert service.pid("coregated") == before


def test_a_key_taken_away_ends_its_tokens(own_service):
    service = own_service
    service.tool("key", "generate", "--out", service.home / "keys/second.key")
    service.configure(f'key "second" {{\n\tfile = "{service.home}/keys/second.key.pub"\n}}')
    service.reload()
    token = service.issue_token("--preset", "admin", key="second.key")
    wait_until(lambda: service.client(token).call("GET", "/zones").status_code == 200, 10, 0.2)
    path = service.home / "coregate.conf"
    path.write_text(path.read_text().replace('key "second"', '#key "second"').replace(
        f'\tfile = "{service.home}/keys/second.key.pub"\n}}', ""))  # fmt: skip
    service.reload()
    wait_until(lambda: service.client(token).call("GET", "/zones").status_code == 401, 10, 0.2)
    service.client().get("/zones")
