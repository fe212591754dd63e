# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /zones/{zone}/export: the zone as a file that other name servers take, or nothing that looks like one."""

import shutil
import sqlite3
import subprocess

import dns.zone
import pytest
import requests

from harness import wait_until

CHECKERS = {
    "named-checkzone": lambda zone, path: ["named-checkzone", "-k", "ignore", "-n", "ignore", "-i", "none", zone, path],
    "kzonecheck": lambda zone, path: ["kzonecheck", "-o", zone, path],
    "nsd-checkzone": lambda zone, path: ["nsd-checkzone", zone, path],
}  # fmt: skip

WHOLE = '{{"z":["{zone}"],"s":["@"],"w":1,"t":["*"],"a":"{actions}"}}'


def export(client, zone, expect=200, **options):
    return client.get(f"/zones/{zone}/export", expect, **options)


@pytest.fixture
def filled(admin, zone):
    for name, kind, values in [
        (f"www.{zone}", "A", ["192.0.2.1", "192.0.2.2"]),
        (f"www.{zone}", "TXT", ['say "hi"', "semi;colon", "back\\\\slash", "x" * 700]),
        (f"*.wild.{zone}", "AAAA", ["2001:db8::1"]),
        (zone, "CAA", ['0 issue "ca.example.net"']),
        (f"sub.{zone}", "NS", [f"ns.sub.{zone}"]),
        (f"ns.sub.{zone}", "A", ["192.0.2.3"]),
        (f"alias.{zone}", "CNAME", [f"www.{zone}"]),
        (f"_sip._tcp.{zone}", "SRV", [f"1 2 5060 www.{zone}"]),
    ]:
        admin.put(f"/records/{name}/{kind}", {"values": values, "ttl": 600})
    return zone


def test_an_export_is_the_zone(service, admin, filled):
    answer = export(admin, filled)
    assert answer.headers["Content-Type"] == "text/dns"
    tag = admin.get(f"/zones/{filled}").headers["ETag"]
    assert answer.headers["ETag"] == tag
    wait_until(lambda: service.zone_text(filled) == answer.text, what="the same text as what is published")
    zone = dns.zone.from_text(answer.text, origin=filled, relativize=False, check_origin=True)
    assert len(answer.text.splitlines()) == admin.get(f"/zones/{filled}").json()["data"]["records"]
    assert {rdata.to_text() for rdata in zone.find_rdataset(f"www.{filled}.", "A")} == {"192.0.2.1", "192.0.2.2"}


@pytest.mark.parametrize("checker", CHECKERS)
def test_other_servers_take_it(admin, filled, tmp_path, checker):
    if shutil.which(checker) is None:
        pytest.skip(f"{checker} is not installed")
    path = tmp_path / "zone"
    path.write_text(export(admin, filled).text)
    result = subprocess.run(
        CHECKERS[checker](filled, path), capture_output=True, text=True, check=False, timeout=30
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_conditions(admin, filled):
    tag = export(admin, filled).headers["ETag"]
    assert export(admin, filled, 304, headers={"If-None-Match": tag}).text == ""
    export(admin, filled, 412, headers={"If-Match": '"1"'})
    export(admin, filled, headers={"If-Match": tag})
    assert admin.call("HEAD", f"/zones/{filled}/export", 200).headers["ETag"] == tag
    export(admin, "nowhere.test", 404)
    admin.problem("GET", f"/zones/{filled}/export?limit=1", 400, "bad-request")
    admin.problem("GET", "/zones/a..b/export", 422, "invalid-name")
    admin.problem("POST", f"/zones/{filled}/export", 405, "method-not-allowed")


@pytest.mark.parametrize(
    ("adm", "grant", "status"),
    [
        ("zone.export", WHOLE.replace("{actions}", "r"), 200),
        ("zone.import", WHOLE.replace("{actions}", "rlcud"), 403),
        ("zone.export", WHOLE.replace("{actions}", "lcud"), 403),
        ("zone.export", '{{"z":["other.test"],"s":["@"],"w":1,"t":["*"],"a":"r"}}', 403),
        ("zone.export", '{{"z":["*"],"s":["@"],"t":["*"],"a":"r"}}', 403),
        ("zone.export", '{{"z":["*"],"s":["www"],"w":1,"t":["*"],"a":"r"}}', 403),
        ("zone.export", '{{"z":["*"],"s":["@"],"w":1,"t":["A"],"a":"r"}}', 403),
        ("zone.export", '{{"z":["*"],"n":["@"],"w":1,"t":["*"],"a":"r"}}', 403),
    ],
)
def test_who_may(service, filled, adm, grant, status):
    token = service.issue_token("--adm", adm, "--grant", grant.format(zone=filled))
    export(service.client(token), filled, status)
    # Nothing is told of zones that it may not export.
    if status == 403:
        export(service.client(token), "nowhere.test", 403)


def test_what_breaks_off_does_not_look_whole(own_service):
    """A store that fails in the middle: the client sees that something is missing."""
    admin = own_service.client()
    for i in range(40):
        admin.put(f"/records/n{i:02}.example.com/TXT", {"values": [c * 1500 + str(i) for c in "abcdefghij"]})
    whole = len(export(admin, "example.com").content)
    with sqlite3.connect(own_service.home / "store/coregate.db", timeout=10) as store:
        changed = store.execute(
            "UPDATE rrsets SET data = x'ffff' WHERE owner_key ="
            " (SELECT max(owner_key) FROM rrsets WHERE type = 16)"
        ).rowcount
        assert changed == 1
    with pytest.raises(requests.exceptions.RequestException):
        answer = requests.get(
            f"{own_service.api}/zones/example.com/export",
            headers={"Authorization": f"Bearer {own_service.admin_token}"}, timeout=20,
        )  # fmt: skip
        pytest.fail(f"{answer.status_code}: {len(answer.content)} of {whole} octets were taken for all")
    assert any("broken off" in line for line in own_service.logs("coregated"))
