# SPDX-License-Identifier: GPL-3.0-or-later
"""Entity tags and preconditions (RFC 9110)."""

import concurrent.futures

import pytest


@pytest.fixture
def path(zone):
    return f"/records/c.{zone}/A"


@pytest.fixture
def tag(admin, path):
    return admin.put(path, {"values": ["192.0.2.1"]}, 201).headers["ETag"]


NEW = {"values": ["192.0.2.2"]}


def test_tags_are_strong_and_change(admin, path, tag):
    assert tag[0] == tag[-1] == '"'
    assert admin.get(path).headers["ETag"] == tag
    assert admin.put(path, NEW, 200).headers["ETag"] != tag


def test_a_tag_is_of_its_rrset_alone(admin, zone, path, tag):
    admin.put(f"/records/other.{zone}/A", NEW)
    assert admin.get(path).headers["ETag"] == tag


def test_get_with_the_known_tag(admin, path, tag):
    answer = admin.get(path, 304, headers={"If-None-Match": tag})
    assert answer.headers["ETag"] == tag
    admin.get(path, 304, headers={"If-None-Match": f'"x", {tag}'})
    admin.get(path, 304, headers={"If-None-Match": f"W/{tag}"})
    admin.get(path, 304, headers={"If-None-Match": "*"})
    admin.get(path, 200, headers={"If-None-Match": '"x"'})


def test_get_with_if_match(admin, path, tag):
    admin.get(path, 200, headers={"If-Match": tag})
    admin.problem("GET", path, 412, "precondition-failed", headers={"If-Match": '"x"'})


def test_put_only_when_unchanged(admin, path, tag):
    admin.put(path, NEW, 200, headers={"If-Match": tag})
    admin.problem("PUT", path, 412, "precondition-failed", body=NEW, headers={"If-Match": tag})


def test_put_only_when_new(admin, zone, path, tag):
    admin.problem("PUT", path, 412, "precondition-failed", body=NEW, headers={"If-None-Match": "*"})
    admin.put(f"/records/fresh.{zone}/A", NEW, 201, headers={"If-None-Match": "*"})


def test_if_match_star_needs_something(admin, zone, path, tag):
    admin.put(path, NEW, 200, headers={"If-Match": "*"})
    admin.problem(
        "PUT", f"/records/none.{zone}/A", 412, "precondition-failed", body=NEW,
        headers={"If-Match": "*"},
    )  # fmt: skip


def test_a_weak_tag_never_matches_for_a_write(admin, path, tag):
    admin.problem(
        "PUT", path, 412, "precondition-failed", body=NEW, headers={"If-Match": f"W/{tag}"}
    )


def test_patch_and_delete(admin, path, tag):
    wrong, right = {"If-Match": '"x"'}, {"If-Match": tag}
    admin.problem("PATCH", path, 412, "precondition-failed", body={"ttl": 5}, headers=wrong)
    admin.problem("DELETE", path, 412, "precondition-failed", headers=wrong)
    later = admin.patch(path, {"ttl": 5}, headers=right).headers["ETag"]
    admin.problem("DELETE", path, 412, "precondition-failed", headers=right)
    admin.delete(path, headers={"If-Match": later})


def test_post_with_a_precondition(admin, zone, path, tag):
    body = {"name": f"c.{zone}", "record_type": "A", "value": "192.0.2.7"}
    admin.problem("POST", "/records", 412, "precondition-failed", body=body, headers={"If-Match": '"x"'})
    admin.post("/records", body, headers={"If-Match": tag})


@pytest.mark.parametrize("value", ["x", '"open', '"a" "b"', '""a', "W/x", ",", '"a",,x'])
def test_tags_that_are_none(admin, path, tag, value):
    answer = admin.call("PUT", path, (400, 412), body=NEW, headers={"If-Match": value})
    assert answer.json()["code"] in ("bad-request", "precondition-failed")
    assert admin.get(path).headers["ETag"] == tag


def test_of_many_writers_with_one_tag_one_wins(service, path, tag):
    def attempt(number):
        body = {"values": [f"198.51.100.{number}"]}
        return service.client().call("PUT", path, body=body, headers={"If-Match": tag}).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(attempt, range(24)))
    assert statuses.count(200) == 1
    assert statuses.count(412) == 23


def test_of_many_creators_one_wins(service, admin, zone):
    path = f"/records/lock.{zone}/TXT"

    def attempt(number):
        return service.client().call(
            "PUT", path, body={"values": [str(number)]}, headers={"If-None-Match": "*"}
        )

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(24)))
    winners = [a.json()["data"]["values"] for a in answers if a.status_code == 201]
    assert len(winners) == 1
    assert admin.get(path).json()["data"]["values"] == winners[0]


def test_patches_of_many_all_count(service, admin, zone):
    path = f"/records/set.{zone}/A"
    admin.put(path, {"values": ["192.0.2.0"]})

    def attempt(number):
        return service.client().call("PATCH", path, 200, body={"add": [f"192.0.2.{number}"]})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(1, 33)))
    assert admin.values(f"set.{zone}", "A") == {f"192.0.2.{n}" for n in range(33)}
