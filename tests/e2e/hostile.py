# SPDX-License-Identifier: GPL-3.0-or-later
"""What every set of hostile inputs is held to: refused with 4xx, and nothing has changed."""

import contextlib

from harness import wait_until


def record_lines(service, zone):
    return [line for line in service.zone_lines(zone) or [] if not line.startswith(";")]


@contextlib.contextmanager
def unharmed(service, admin, zone):
    """No process dies, and the zone holds the same records before and after, also on disk."""
    admin.put(f"/records/before.{zone}/A", {"values": ["192.0.2.1"]})
    wait_until(
        lambda: any(line.startswith(f"before.{zone}.") for line in record_lines(service, zone)),
        what="the zone file",
    )
    listed = admin.get(f"/records?zone={zone}&limit=1000").json()["data"]
    lines = record_lines(service, zone)
    processes = service.process_ids()
    zones = admin.get("/zones").json()["data"]
    yield
    assert service.process_ids() == processes
    assert admin.get(f"/records?zone={zone}&limit=1000").json()["data"] == listed
    assert [z["name"] for z in admin.get("/zones").json()["data"]] == [z["name"] for z in zones]
    # One more change makes the publisher render what the store holds now.
    admin.put(f"/records/after.{zone}/A", {"values": ["192.0.2.2"]})
    wait_until(
        lambda: any(line.startswith(f"after.{zone}.") for line in record_lines(service, zone)),
        what="the next zone file",
    )
    assert len(record_lines(service, zone)) == len(lines) + 1
    assert service.answers(f"before.{zone}", "A")[1] == {"192.0.2.1"}


def assert_refused(answer, what):
    assert 400 <= answer.status_code < 500, f"{what!r}: {answer.status_code} {answer.text[:300]}"
    problem = answer.json()
    assert problem["detail"] and problem["code"], what
    return problem
