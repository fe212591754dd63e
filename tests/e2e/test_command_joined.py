# SPDX-License-Identifier: GPL-3.0-or-later
"""`coregate` against the whole service where the stand-in of test_command_contract.py cannot tell
whether both sides mean the same: changes, zone files, servers, waiting, expiry. A part that the service
does not have is skipped by name."""

import datetime
import time

import pytest
import requests

from command import Command
from test_command import CONFLICT, INVALID, NOT_FOUND, NOT_YET

LATER = f"{datetime.date.today().year + 2}-01-01T00:00:00Z"


@pytest.fixture
def coregate(service, tmp_path):
    return Command(tmp_path, service.api, service.admin_token)


@pytest.fixture
def has(service, admin):
    """Skips the test unless the service has a part of the API. Answers may be of any kind."""

    def has_path(path):
        headers = {"Authorization": f"Bearer {admin.token}"}
        if requests.get(service.api + path, headers=headers, timeout=45).status_code == 404:
            pytest.skip(f"the service has no {path}")

    return has_path


def test_several_values_are_one_change(admin, zone, coregate, has):
    has("/changes")
    name = f"many.{zone}"
    coregate.run("record", "add", name, "A", "192.0.2.1", "192.0.2.2", "--comment", "two")
    assert admin.values(name, "A") == {"192.0.2.1", "192.0.2.2"}
    coregate.run("record", "add", name, "A", "192.0.2.3", "192.0.2.2", status=CONFLICT)
    coregate.run("record", "add", name, "A", "192.0.2.4", "x", status=INVALID)
    assert admin.values(name, "A") == {"192.0.2.1", "192.0.2.2"}
    coregate.run("record", "remove", name, "A", "192.0.2.1", "192.0.2.2")
    assert admin.values(name, "A") is None


def test_a_dry_run_changes_nothing(admin, zone, coregate, has):
    has("/changes")
    for words in (["add"], ["set"]):
        result = coregate.run("record", *words, f"dry.{zone}", "A", "192.0.2.1", "--dry-run")
        assert "create" in result.stdout and "192.0.2.1" in result.stdout
    assert admin.values(f"dry.{zone}", "A") is None
    admin.put(f"/records/dry.{zone}/A", {"values": ["192.0.2.1"]})
    assert "delete" in coregate.run("record", "remove", f"dry.{zone}", "A", "--dry-run").stdout
    assert admin.values(f"dry.{zone}", "A") == {"192.0.2.1"}


def test_history_and_revert(admin, zone, coregate, has):
    has("/changes")
    coregate.run("record", "set", f"h.{zone}", "A", "192.0.2.1")
    coregate.run("record", "set", f"h.{zone}", "A", "192.0.2.2", "--comment", "moved")
    rows = coregate.json("change", "list", "--zone", zone, "--since", "1h")
    assert rows[0]["comment"] == "moved"
    change = rows[0]["id"]
    shown = coregate.run("change", "show", change).stdout
    assert "moved" in shown and "192.0.2.1" in shown and "192.0.2.2" in shown
    coregate.run("change", "revert", change, "--comment", "back")
    assert admin.values(f"h.{zone}", "A") == {"192.0.2.1"}
    coregate.run("change", "revert", change, status=CONFLICT)
    coregate.run("change", "show", 2**40, status=NOT_FOUND)


def test_a_zone_file_goes_out_and_in(admin, zone, coregate, has, tmp_path):
    has(f"/zones/{zone}/export")
    admin.put(f"/records/www.{zone}/TXT", {"values": ['say "hi"', "b"]})
    coregate.run("zone", "export", zone, "--output", tmp_path / "zone")
    coregate.run("record", "set", f"www.{zone}", "TXT", "other")
    coregate.run("record", "add", f"mail.{zone}", "A", "192.0.2.1")
    coregate.run("zone", "import", zone, tmp_path / "zone", "--mode", "replace", "--dry-run")
    assert admin.values(f"www.{zone}", "TXT") == {"other"}
    coregate.run("zone", "import", zone, tmp_path / "zone", "--mode", "replace")
    assert admin.values(f"www.{zone}", "TXT") == {'say "hi"', "b"}
    assert admin.values(f"mail.{zone}", "A") is None
    (tmp_path / "bad").write_text(f"www.{zone}. 300 IN A 192.0.2.1\n@ IN A nonsense\n")
    result = coregate.run("zone", "import", zone, tmp_path / "bad", status=INVALID)
    assert len(result.stderr.splitlines()) > 1


def test_a_zone_is_edited(admin, zone, coregate):
    coregate.run("zone", "edit", zone, "--refresh", 7200, "--ns", "ns9.example.com", "--contact", f"new@{zone}")
    assert admin.values(zone, "NS") == {"ns9.example.com"}
    shown = coregate.json("zone", "show", zone)
    assert (shown["soa"]["refresh"], shown["soa"]["rname"]) == (7200, f"new.{zone}")


def test_the_life_of_a_server(admin, zone, coregate, has):
    has("/servers")
    host = f"web-01.{zone}"
    words = ["server", "register", host, "--ip", "192.168.77.1", "--ip", "2001:db8::77"]
    coregate.run(*words, "--ttl", 60)
    assert admin.values(host, "A") == {"192.168.77.1"}
    assert admin.values(host, "AAAA") == {"2001:db8::77"}
    coregate.run(*words)
    result = coregate.run("server", "register", host, "--ip", "192.168.77.9", status=CONFLICT)
    assert "has other addresses" in result.stderr
    coregate.run("server", "register", host, "--ip", "192.168.77.9", "--on-conflict", "fail", status=CONFLICT)
    assert [host in row[0] for row in coregate.lines("server", "list")].count(True) == 1
    coregate.run("server", "verify", host, "--wait", 20)
    assert coregate.run("server", "show", host).stdout
    coregate.run("server", "update", host, "--ip", "192.168.77.2")
    assert admin.values(host, "A") == {"192.168.77.2"} and admin.values(host, "AAAA") is None
    coregate.run("server", "unregister", host)
    assert admin.values(host, "A") is None
    coregate.run("server", "show", host, status=NOT_FOUND)


def test_a_write_waits_for_coredns(service, admin, zone, coregate):
    name = f"w.{zone}"
    answer = admin.put(f"/records/{name}/A", {"values": ["192.0.2.1"]}, headers={"Prefer": "wait=20"})
    if "Preference-Applied" not in answer.headers:
        pytest.skip("the service does not wait")
    coregate.run("record", "set", name, "A", "192.0.2.2", "--wait", 20)
    assert service.answers(name, "A")[1] == {"192.0.2.2"}


def test_a_record_expires(admin, zone, coregate):
    body = {"name": f"p.{zone}", "record_type": "A", "value": "192.0.2.1", "expires_at": LATER}
    if admin.call("POST", "/records", body=body).status_code == 400:
        pytest.skip("the service knows no expires_at")
    coregate.run("record", "add", f"e.{zone}", "A", "192.0.2.1", "--expires", LATER)
    assert LATER in coregate.run("record", "list", "--name", f"e.{zone}").stdout
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    coregate.run("record", "add", f"s.{zone}", "A", "192.0.2.1", "--expires", f"{soon:%Y-%m-%dT%H:%M:%SZ}")
    end = time.monotonic() + 20
    while admin.values(f"s.{zone}", "A") is not None:
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_search(admin, zone, coregate):
    if admin.get(f"/records?zone={zone}&q=needle", expect=None).status_code == 400:
        pytest.skip("the service does not search")
    admin.put(f"/records/haystack.{zone}/TXT", {"values": ["a needle in it"]})
    rows = coregate.json("record", "list", "--zone", zone, "--search", "needle")
    assert [row["value"] for row in rows] == ["a needle in it"]
    coregate.run("verify", f"none.{zone}", "A", status=NOT_YET)
