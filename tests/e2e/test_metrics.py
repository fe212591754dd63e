# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators see: health, readiness, metrics, log lines."""

import json
import re

import requests

from harness import wait_until


def test_health(service):
    assert service.anonymous().get("/health").json()["success"] is True


def test_ready_names_its_checks(service):
    wait_until(
        lambda: service.anonymous().call("GET", "/ready", (200, 503)).status_code == 200, what="ready"
    )
    checks = service.anonymous().get("/ready").json()["data"]["checks"]
    assert {"store", "writer"} <= set(checks)
    assert any("publi" in name for name in checks)
    assert all(check["ok"] for check in checks.values())


def test_metrics_are_prometheus_text(service, admin, zone):
    admin.put(f"/records/a.{zone}/A", {"values": ["192.0.2.1"]})
    answer = requests.get(service.api + "/metrics", timeout=10)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families, seen = {}, set()
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in families, f"{name} twice"
            families[name] = kind
        elif line and not line.startswith("#"):
            match = re.fullmatch(r'([a-z_:]+)(\{([a-z_]+="(\\.|[^"\\])*",?)*\})? ([0-9.e+-]+|NaN|\+Inf)', line)
            assert match, line
            key = line.rsplit(" ", 1)[0]
            assert key not in seen, f"{key} twice"
            seen.add(key)
            base = re.sub("_(bucket|sum|count)$", "", match[1])
            assert match[1] in families or families.get(base) == "histogram", line
    assert answer.text.endswith("\n")


def test_metrics_count(service, admin, zone):
    def count(name):
        return sum(value for key, value in service.metrics().items() if key.startswith(name))

    before = {name: count(name) for name in (
        "coregate_http_requests_total", "coregate_http_request_duration_seconds_count",
        "coregate_writer_batch_size_count",
    )}  # fmt: skip
    for number in range(10):
        admin.put(f"/records/a.{zone}/A", {"values": [f"192.0.2.{number}"]})
    assert count("coregate_http_requests_total") >= before["coregate_http_requests_total"] + 10
    duration = "coregate_http_request_duration_seconds_count"
    assert count(duration) >= before[duration] + 10
    assert count("coregate_writer_batch_size_count") > before["coregate_writer_batch_size_count"]
    keys = service.metrics()
    assert any(
        key.startswith("coregate_http_requests_total") and 'method="PUT"' in key and 'code="201"' in key
        for key in keys
    )
    assert any(key.startswith("coregate_build_info") for key in keys)
    assert "coregate_publish_lag_seconds" in keys


def test_zone_serial_is_shown(service, admin, zone):
    admin.put(f"/records/a.{zone}/A", {"values": ["192.0.2.1"]})
    serial = admin.get(f"/zones/{zone}").json()["data"]["serial"]
    wait_until(
        lambda: service.metrics().get(f'coregate_zone_serial{{zone="{zone}"}}') == serial,
        what="the serial",
    )


def test_names_of_records_are_not_in_the_metrics(service, admin, zone):
    admin.put(f"/records/very-secret-name.{zone}/A", {"values": ["192.0.2.1"]})
    assert "very-secret-name" not in requests.get(service.api + "/metrics", timeout=10).text


def test_one_log_line_for_each_request(service, admin, zone):
    identifier = f"log-{zone}"
    path = '/records/a"b\\c\u2028/A'
    status = admin.call("GET", path, headers={"X-Request-Id": identifier}).status_code
    wait_until(lambda: any(identifier in line for line in service.logs("coregated")), what="the line")
    lines = [line for line in service.logs("coregated") if identifier in line]
    assert len(lines) == 1
    value = json.loads(lines[0])
    assert identifier in value.values() and status in value.values() and "127.0.0.1" in value.values()
    assert any("local-admin" in str(member) for member in value.values())


def test_every_log_line_is_json(service):
    for line in service.logs("coregated"):
        if line.strip():
            assert isinstance(json.loads(line), dict), line
