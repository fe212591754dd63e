# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /zones/{zone}/import: a zone file becomes the zone, all of it or nothing."""

import re
import shutil
import subprocess
import time

import pytest

from harness import wait_until
from test_export import CHECKERS, WHOLE, export
from test_types_served import dump

# More RRsets than an ordinary change has ops: such an import is staged.
MANY = 1200


def load(client, zone, text, expect=200, mode=None, dry_run=None, headers=None, **options):
    parameters = {"mode": mode, "dry_run": None if dry_run is None else str(dry_run).lower()}
    return client.call(
        "POST", f"/zones/{zone}/import", expect, data=text.encode() if isinstance(text, str) else text,
        params={name: value for name, value in parameters.items() if value},
        headers={"Content-Type": "text/dns", **(headers or {})}, **options,
    )  # fmt: skip


def counts(answer):
    data = answer.json()["data"]
    return tuple(data[word] for word in ("created", "updated", "deleted", "unchanged"))


def many(count=MANY, ttl=300, first=0, address="192.0.2"):
    return "".join(f"h{i:06} {ttl} IN A {address}.{i % 250}\n" for i in range(first, first + count))


def faults(answer):
    return [(fault["line"], fault["code"]) for fault in answer.json()["errors"]]


def records(admin, zone):
    return admin.get(f"/zones/{zone}").json()["data"]["records"]


# ---- what comes of it


def test_merge_keeps_what_is_there(service, admin, zone):
    admin.put(f"/records/www.{zone}/A", {"values": ["192.0.2.1"], "ttl": 60})
    admin.put(f"/records/old.{zone}/A", {"values": ["192.0.2.9"]})
    text = f"$TTL 600\nwww A 192.0.2.2\nnew IN TXT \"a b\" ; comment\n  300 MX 10 mail\n$ORIGIN sub.{zone}.\n@ A 192.0.2.3\n"
    answer = load(admin, zone, text)
    assert counts(answer) == (3, 1, 0, 3)
    data = answer.json()["data"]
    assert (data["mode"], data["dry_run"], data["records"], data["diff_is_cut"]) == ("merge", False, 4, False)
    assert [(row["action"], row["name"], row["record_type"]) for row in data["diff"]] == [
        ("create", f"new.{zone}", "MX"), ("create", f"new.{zone}", "TXT"),
        ("create", f"sub.{zone}", "A"), ("update", f"www.{zone}", "A"),
    ]  # fmt: skip
    assert admin.values(f"www.{zone}", "A") == {"192.0.2.1", "192.0.2.2"}
    assert admin.values(f"old.{zone}", "A") == {"192.0.2.9"}
    assert admin.values(f"new.{zone}", "MX") == {f"10 mail.{zone}"}
    assert admin.get(f"/records/www.{zone}/A").json()["data"]["ttl"] == 600
    service.wait_served(f"sub.{zone}", "A", ["192.0.2.3"])
    change = answer.headers["Change-Id"]
    told = admin.get(f"/changes/{change}").json()["data"]
    assert len(told["diff"]) == 4 and told["zones"][0]["serial"] == data["serial"]
    again = load(admin, zone, text)
    assert counts(again) == (0, 0, 0, 7) and "Change-Id" not in again.headers


def test_replace_drops_what_the_file_has_not(admin, zone):
    admin.put(f"/records/old.{zone}/A", {"values": ["192.0.2.9"]})
    serial = admin.get(f"/zones/{zone}").json()["data"]["serial"]
    text = (
        f"@ 900 IN SOA ns9.example.net. box.example.net. 1 7201 901 1000001 61\n"
        f"@ 300 NS ns9.example.net.\nwww 300 A 192.0.2.1\n"
    )  # fmt: skip
    assert counts(load(admin, zone, text, mode="replace")) == (1, 2, 1, 0)
    shown = admin.get(f"/zones/{zone}").json()["data"]
    assert shown["serial"] == serial + 1, "the serial is this service's"
    assert (shown["soa"]["mname"], shown["soa"]["refresh"], shown["soa"]["minimum"]) == ("ns9.example.net", 7201, 61)
    assert shown["records"] == 3
    assert admin.values(f"old.{zone}", "A") is None
    # Without NS of its own a zone is none.
    answer = load(admin, zone, "www 300 A 192.0.2.1\n", 409, mode="replace")
    assert "NS" in answer.json()["detail"]
    # Without SOA it keeps the one it has.
    load(admin, zone, "@ 300 NS ns9.example.net.\n", mode="replace")
    assert admin.get(f"/zones/{zone}").json()["data"]["soa"]["refresh"] == 7201


def test_merge_leaves_the_soa(admin, zone):
    soa = admin.get(f"/zones/{zone}").json()["data"]["soa"]
    text = "@ 900 IN SOA ns9.example.net. box.example.net. 1 7201 901 1000001 61\n"
    assert counts(load(admin, zone, text)) == (0, 0, 0, 2)
    assert admin.get(f"/zones/{zone}").json()["data"]["soa"] == soa


@pytest.mark.parametrize("mode", ["merge", "replace"])
@pytest.mark.parametrize("count", [20, MANY])
def test_an_export_imported_again_changes_nothing(admin, zone, mode, count):
    load(admin, zone, many(count))
    admin.post("/records", {"name": f"p.{zone}", "record_type": "A", "value": "192.0.2.1",
                            "expires_at": "2035-01-01T00:00:00Z"})  # fmt: skip
    before = admin.get(f"/zones/{zone}")
    answer = load(admin, zone, export(admin, zone).text, mode=mode)
    assert counts(answer)[:3] == (0, 0, 0), answer.text[:2000]
    assert "Change-Id" not in answer.headers
    after = admin.get(f"/zones/{zone}")
    assert after.headers["ETag"] == before.headers["ETag"] and after.json()["data"]["serial"] == before.json()["data"]["serial"]


@pytest.mark.parametrize("count", [20, MANY])
def test_a_dry_run_only_tells(admin, zone, count):
    admin.put(f"/records/old.{zone}/A", {"values": ["192.0.2.9"]})
    before = export(admin, zone)
    text = "@ 300 NS ns1.example.com.\n" + many(count)
    answer = load(admin, zone, text, mode="replace", dry_run=True)
    assert counts(answer) == (count, 0, 1, 2) and "Change-Id" not in answer.headers
    data = answer.json()["data"]
    assert data["dry_run"] is True and data["diff_is_cut"] is (count > 1000)
    assert len(data["diff"]) == min(count + 1, 1000)
    after = export(admin, zone)
    assert (after.text, after.headers["ETag"]) == (before.text, before.headers["ETag"])


def test_line_ends_of_other_systems(admin, zone):
    load(admin, zone, "a 300 A 192.0.2.1\r\nb 300 TXT x\r\n")
    assert admin.values(f"b.{zone}", "TXT") == {"x"}


# What a checker refuses whoever writes it: types that are obsolete or that it reads more strictly, a digest of a
# kind that it does not know; and it wants the address of a name server inside the zone.
REFUSED = {
    "named-checkzone": r" IN (TYPE3|TYPE4|TYPE38|TYPE45) ",
    "kzonecheck": r" IN DS 1 13 200 ",
    "nsd-checkzone": None,
}
GLUE = "ns.types.test. 300 IN A 192.0.2.1\n"


@pytest.fixture(scope="module")
def all_types(service):
    """A zone with a record of each kind of value, and each character that a name can have."""
    admin, zone = service.client(), "types.test"
    admin.post("/zones", {"name": zone, "nameservers": ["ns1.example.com"]})
    text = dump("portable")
    answer = load(admin, zone, text, mode="replace")
    assert counts(answer)[0] == len(text.splitlines()) - 2
    yield zone, text
    admin.delete(f"/zones/{zone}?confirm={zone}")


def test_every_type_comes_back_as_it_was(service, all_types):
    zone, text = all_types
    admin = service.client()
    exported = export(admin, zone).text
    # The first line is the SOA, with a serial of its own and its minimum for a TTL.
    assert sorted(exported.splitlines()[1:]) == sorted(text.splitlines()[1:])
    for mode in ("merge", "replace"):
        assert counts(load(admin, zone, exported, mode=mode))[:3] == (0, 0, 0)


@pytest.mark.parametrize("checker", CHECKERS)
def test_other_servers_take_every_type(service, all_types, tmp_path, checker):
    if shutil.which(checker) is None:
        pytest.skip(f"{checker} is not installed")
    zone, _ = all_types
    path = tmp_path / "zone"
    lines = export(service.client(), zone).text.splitlines(keepends=True)
    refused = REFUSED[checker]
    path.write_text("".join(line for line in lines if not (refused and re.search(refused, line))) + GLUE)
    result = subprocess.run(
        CHECKERS[checker](zone, path), capture_output=True, text=True, check=False, timeout=30
    )
    assert result.returncode == 0, result.stdout + result.stderr


# ---- what is refused


def test_every_bad_line_is_named(admin, zone):
    text = (
        "good 300 A 192.0.2.1\n"
        "bad 300 A nonsense\n"
        "$GENERATE 1-3 x$ A 192.0.2.1\n"
        "$INCLUDE /etc/passwd\n"
        "out.example.org. 300 A 192.0.2.1\n"
        "x 300 CH A 192.0.2.1\n"
        "x 300 NSEC3PARAM 1 0 1 ab\n"
        "good 60 A 192.0.2.2\n"
        "sub 300 SOA a. b. 1 2 3 4 5\n"
        "@ 300 DS 1 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
        "two 300 CNAME a\n"
        "two 300 CNAME b\n"
        "a\\001b 300 A 192.0.2.1\n"
        "last 300 MX 10\n"
    )  # fmt: skip
    before = export(admin, zone).text
    answer = load(admin, zone, text, 422)
    found = dict(faults(answer))
    assert set(found) == {2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14}, answer.text
    assert found[5] == "out-of-zone" and found[7] == "unsupported-type" and found[8] == "invalid-ttl"
    details = {fault["line"]: fault["detail"] for fault in answer.json()["errors"]}
    assert "$GENERATE" in details[3] and "$INCLUDE" in details[4]
    assert export(admin, zone).text == before


def test_very_many_bad_lines(admin, zone):
    answer = load(admin, zone, "bad 300 A nonsense\n" * 5000, 422)
    assert [line for line, _ in faults(answer)] == list(range(1, 1001))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a 300 A 192.0.2.1\na 300 CNAME b\n", 2),
        ("a 300 CNAME b\na 300 TXT x\n", 2),
        ("@ 300 CNAME b\n", 1),
        ("cut 300 NS ns\nx.cut 300 TXT hidden\n", 2),
        ("cut 300 NS ns\ncut 300 TXT hidden\n", 2),
        ("d 300 DNAME e\nx.d 300 A 192.0.2.1\n", 2),
        ("www 300 CNAME b\n", 1),
        ("alias 300 A 192.0.2.1\n", 1),
        ("alias 300 CNAME elsewhere\n", 1),
        ("deep 300 NS ns\n", 1),
    ],
)
def test_rules_of_the_zone(admin, zone, text, line):
    admin.put(f"/records/www.{zone}/A", {"values": ["192.0.2.1"]})
    admin.put(f"/records/alias.{zone}/CNAME", {"values": ["b.example.com"]})
    admin.put(f"/records/x.deep.{zone}/TXT", {"values": ["x"]})
    answer = load(admin, zone, text, 409)
    assert [where for where, _ in faults(answer)] == [line]


def test_glue_may_stand_below_a_cut(admin, zone):
    load(admin, zone, "cut 300 NS ns.cut\nns.cut 300 A 192.0.2.1\ncut 300 A 192.0.2.2\n")


def test_what_a_zone_below_holds_is_its_own(admin, zone):
    child = f"child.{zone}"
    admin.post("/zones", {"name": child, "nameservers": ["ns1.example.com"]})
    answer = load(admin, zone, f"www.{child}. 300 A 192.0.2.1\n", 422)
    assert faults(answer) == [(1, "out-of-zone")]
    admin.delete(f"/zones/{child}?confirm={child}")


def test_requests_that_are_none(admin, zone):
    admin.problem("POST", f"/zones/{zone}/import", 415, "unsupported-media-type", body={})
    for query in ("mode=both", "dry_run=1", "what=ever"):
        admin.problem("POST", f"/zones/{zone}/import?{query}", 400, "bad-request", data="",
                      headers={"Content-Type": "text/dns"})  # fmt: skip
    load(admin, "nowhere.test", "a 300 A 192.0.2.1\n", 404)
    load(admin, zone, "", 400)
    load(admin, zone, b"a 300 TXT \xff\x00\n", 422)


def test_how_large_a_file_may_be(admin, zone):
    line = b"; a comment\n"
    text = b"a 300 A 192.0.2.1\n" + line * ((64 << 20) // len(line))
    text = text[: 64 << 20]
    assert counts(load(admin, zone, text, timeout=120))[0] == 1
    load(admin, zone, text + b"\n", 413, timeout=120)


@pytest.mark.parametrize(
    ("adm", "grant", "status"),
    [
        ("zone.import", WHOLE.replace("{actions}", "cud"), 200),
        ("zone.export", WHOLE.replace("{actions}", "rlcud"), 403),
        ("zone.import", WHOLE.replace("{actions}", "rlcu"), 403),
        ("zone.import", '{{"z":["*"],"s":["www"],"w":1,"t":["*"],"a":"rlcud"}}', 403),
        ("zone.import", '{{"z":["*"],"s":["@"],"w":1,"t":["*"],"a":"rlcud","max":5}}', 403),
        ("zone.import", '{{"z":["*"],"s":["@"],"w":1,"t":["*"],"a":"rlcud","ttl":[60,300]}}', 403),
    ],
)
def test_who_may(service, zone, adm, grant, status):
    token = service.issue_token("--adm", adm, "--grant", grant.format(zone=zone))
    answer = load(service.client(token), zone, "@ 300 NS ns2.example.com.\n", status)
    if status == 200:
        assert answer.json()["data"]["diff"] == [], "what it may not read is not shown"
    load(service.client(token), "nowhere.test", "x", 403)


# ---- as any other write


@pytest.mark.parametrize("count", [5, MANY])
def test_it_is_done_once(admin, zone, count):
    headers = {"Idempotency-Key": f'"import-{zone}"'}
    first = load(admin, zone, many(count), headers=headers)
    load(admin, zone, "h000001 300 A 192.0.2.77\n", mode="merge")
    second = load(admin, zone, many(count), headers=headers)
    assert second.headers["Change-Id"] == first.headers["Change-Id"]
    assert counts(second) == counts(first) == (count, 0, 0, 2)
    assert "192.0.2.77" in admin.values(f"h000001.{zone}", "A")
    load(admin, zone, many(count + 1), 422, headers=headers)


@pytest.mark.parametrize("count", [5, MANY])
def test_preconditions(admin, zone, count):
    tag = admin.get(f"/zones/{zone}").headers["ETag"]
    load(admin, zone, many(count), 412, headers={"If-Match": '"1"'})
    load(admin, zone, many(count), 412, headers={"If-None-Match": tag})
    load(admin, zone, many(count), headers={"If-Match": tag})
    load(admin, zone, many(count, ttl=77), 412, headers={"If-Match": tag})


@pytest.mark.parametrize("count", [5, MANY])
def test_waiting_and_short_answers(service, admin, zone, count):
    answer = load(admin, zone, many(count), headers={"Prefer": "wait=30"})
    assert answer.headers["Preference-Applied"] == "wait"
    assert service.answers(f"h{count - 1:06}.{zone}", "A")[1] == {f"192.0.2.{(count - 1) % 250}"}
    load(admin, zone, "z 300 A 192.0.2.1\n", headers={"Prefer": "return=minimal"})


@pytest.mark.parametrize("count", [5, MANY])
def test_history_audit_search_and_revert(service, admin, zone, count):
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    admin.put(f"/records/h000000.{zone}/A", {"values": ["198.51.100.1"]})
    before = export(admin, zone).text
    answer = load(admin, zone, "@ 300 NS ns1.example.com.\n" + many(count), mode="replace")
    change = answer.headers["Change-Id"]
    rows = admin.get(f"/changes?zone={zone}").json()["data"]
    assert str(rows[0]["id"]) == change
    assert str(admin.get(f"/changes?name=h000002.{zone}").json()["data"][0]["id"]) == change
    found = admin.get(f"/records?zone={zone}&q=h00000{count - 1 if count < 10 else 4}").json()["data"]
    assert len(found) >= 1
    wait_until(lambda: service.zone_text(zone) == export(admin, zone).text, 30, what="the published zone")
    audit = admin.get(f"/audit?since={since}&limit=1000").json()["data"]
    mine = [row for row in audit if row.get("change_id") == int(change)]
    assert len(mine) == 1 and "zone.import" in str(mine[0])
    admin.post(f"/changes/{change}/revert", {}, expect=200)
    strip = lambda text: sorted(line for line in text.splitlines() if " SOA " not in line)  # noqa: E731
    assert strip(export(admin, zone).text) == strip(before)


def test_the_default_ttl_of_the_zone_counts(admin, zone):
    admin.patch(f"/zones/{zone}", {"ttl": 1234}, expect=200)
    load(admin, zone, "plain A 192.0.2.1\n")
    assert admin.get(f"/records/plain.{zone}/A").json()["data"]["ttl"] == 1234


@pytest.mark.parametrize("count", [3, MANY])
def test_the_delegation_of_a_zone_below_stays(admin, zone, count):
    """Its NS and glue follow from that zone: an export has them, and an import changes nothing of them."""
    child = f"child.{zone}"
    admin.post("/zones", {"name": child, "nameservers": [f"ns1.{child}"]})
    admin.post("/records", {"name": f"ns1.{child}", "record_type": "A", "value": "192.0.2.9"})
    before = export(admin, zone).text
    assert f"ns1.{child}." in before and "192.0.2.9" in before
    same = load(admin, zone, before, mode="replace").json()["data"]
    assert same["created"] == same["updated"] == same["deleted"] == 0
    load(admin, zone, f"@ NS ns1.other.test.\n{many(count=count)}", mode="replace")
    after = export(admin, zone).text
    assert [line for line in after.splitlines() if child in line] == [line for line in before.splitlines() if child in line]
    refused = load(admin, zone, "child NS ns9.other.test.\n", expect=422)
    assert refused.json()["errors"][0]["line"] == 1


def test_registered_servers_and_times_stay(service, admin, zone):
    admin.post("/records", {"name": f"soon.{zone}", "record_type": "A", "value": "192.0.2.1",
                            "expires_at": "2035-01-01T00:00:00Z"})  # fmt: skip
    load(admin, zone, many())
    data = admin.get(f"/records/soon.{zone}/A").json()["data"]
    assert data["expires"][0]["expires_at"] == "2035-01-01T00:00:00Z"
    tag = admin.get(f"/records/h000000.{zone}/A").headers["ETag"]
    load(admin, zone, many(ttl=60, first=1, count=MANY))
    assert admin.get(f"/records/h000000.{zone}/A").headers["ETag"] == tag, "what stays keeps its tag"
