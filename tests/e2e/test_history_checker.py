# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker of histories: it takes right ones, and objects to each way of being wrong. No service is needed."""

import copy

import pytest

from history_checker import Checker
from history_model import FRESH, SOA, Work, make_side
from history_outcome import Outcome

ZONE = "a.test"
BASE = 1
SERIAL = 100


class Tale:
    """A history that is right, of operations that were done one after the other, a second each."""

    def __init__(self):
        self.entries, self.operations, self.clock, self.serial = [], [], 0, SERIAL
        effects = [((ZONE, ZONE, "SOA"), None, SOA), ((ZONE, ZONE, "NS"), None, make_side(300, ["ns1.test"]))]
        self.put_entry(effects, "setup", SERIAL)

    @property
    def last(self):
        return len(self.entries)

    def put_entry(self, effects, request_id, serial, actor="tester", at="2026-01-01T00:00:00Z"):
        self.entries.append({"id": self.last + 1, "at": at, "actor": actor, "request_id": request_id,
                             "zones": {ZONE: serial}, "effects": effects})  # fmt: skip

    def outcome(self, operation):
        checker = self.checker()
        checker.check()
        return Outcome(checker.store, self.last, operation)

    def put_change(self, operation, request_id):
        outcome = self.outcome(operation)
        assert outcome.effects
        self.serial += 1
        self.put_entry(outcome.effects, request_id, self.serial)
        return outcome

    def do(self, kind, is_clear=True, **members):
        """The operation."""
        request_id = f"r{len(self.operations)}"
        operation = {"kind": kind, **members, "request_ids": [request_id], "start": self.clock, "end": None,
                     "answer": None, "repeats": [], "end_wall": "2026-01-01T00:00:00Z"}  # fmt: skip
        outcome = self.outcome(operation)
        revision = self.last
        if outcome.is_change:
            self.put_change(operation, request_id)
        tag = self.last if outcome.tag == FRESH else outcome.tag or None
        if is_clear:
            operation["end"] = self.clock + 0.5
            operation["answer"] = {"status": outcome.status, "code": outcome.code, "body": outcome.body, "tag": tag,
                                   "change": self.last if self.last > revision else None}  # fmt: skip
        self.clock += 1
        self.operations.append(operation)
        return operation

    def expire(self, name, at):
        """What is due by then goes."""
        checker = self.checker()
        checker.check()
        key = (ZONE, name, "A")
        before = Work(checker.store, self.last).rrset(key)[0]
        left = frozenset(one for one in before[1] if one[1] is None or one[1] > at)
        self.serial += 1
        self.put_entry([(key, before, (before[0], left) if left else None)], "", self.serial, "expiry", at)

    def checker(self):
        return Checker(copy.deepcopy(self.entries), self.operations, BASE)

    def complaints(self):
        return self.checker().check()


def record(**members):
    return {"name": "x.a.test", "type": "A", **members}


@pytest.fixture
def tale():
    tale = Tale()
    tale.do("add", **record(values=["1"]))
    tale.do("put", **record(values=["2", "3"], ttl=60))
    return tale


def objects(tale, *words):
    complaints = tale.complaints()
    assert complaints
    for word in words:
        assert any(word in one for one in complaints), (word, complaints)


# ---- right ones


def test_a_right_history(tale):
    tale.do("get", **record())
    tale.do("add", **record(values=["2"]))
    tale.do("patch", **record(add=["4"], remove=["2"]))
    tale.do("put", **record(values=["9"], condition=("match", [2])))
    tale.do("batch", entries=[{"action": "create", "name": "y.a.test", "type": "TXT", "values": ["t"]},
                              {"action": "delete", "name": "x.a.test", "type": "A", "values": None}])  # fmt: skip
    tale.do("drop", **record(values=None))
    tale.do("revert", change=tale.last)
    tale.do("zones")
    assert [one["answer"]["status"] for one in tale.operations] == [201, 200, 200, 409, 200, 412, 200, 404, 200, 200]
    assert tale.complaints() == []
    checker = tale.checker()
    checker.check()
    sides, zones = checker.final()
    assert sides["a.test", "x.a.test", "A"] == (60, frozenset({("3", None), ("4", None)}))
    assert zones == {ZONE: tale.serial}


def test_an_expiry():
    tale = Tale()
    tale.do("put", **record(values=["1", "2"], expires="2026-01-01T00:00:05Z"))
    tale.do("patch", **record(add=["1"], remove=[]))
    # The time alone moved no serial.
    tale.serial -= 1
    tale.entries[-1]["zones"][ZONE] = tale.serial
    tale.expire("x.a.test", "2026-01-01T00:00:05Z")
    assert tale.complaints() == []
    tale.do("get", **record())
    assert tale.operations[-1]["answer"]["body"] == make_side(300, ["1"])
    assert tale.complaints() == []


def test_what_was_at_once_may_be_in_either_order(tale):
    tale.do("put", **record(values=["5"]))
    read = tale.do("get", **record())
    read["start"] = tale.operations[-2]["start"]
    for revision, values in ((3, ["2", "3"]), (4, ["5"])):
        read["answer"].update(tag=revision, body=make_side(60, values))
        assert tale.complaints() == [], revision


@pytest.mark.parametrize("is_done", [True, False])
def test_without_an_answer_it_may_be_done_or_not(tale, is_done):
    tale.do("put", is_clear=False, **record(values=["5"]))
    if not is_done:
        tale.entries.pop()
    assert tale.complaints() == []


# ---- wrong ones


def test_a_lost_write(tale):
    tale.entries.pop()
    objects(tale, "change 3 was acknowledged and is not in the history")


def test_a_lost_write_in_the_middle(tale):
    del tale.entries[1]
    objects(tale, "change 2 was acknowledged and is not in the history", "before of")


def test_a_change_that_is_missing_and_was_never_told(tale):
    tale.do("put", is_clear=False, **record(values=["5"]))
    tale.do("put", **record(values=["6"]))
    del tale.entries[3]
    objects(tale, "change 4 is missing")


def test_a_phantom(tale):
    tale.put_change({"kind": "put", **record(values=["5"])}, "nobody")
    objects(tale, "change 4 was asked for by nobody")


def test_a_read_that_writes(tale):
    tale.put_change({"kind": "put", **record(values=["5"])}, tale.do("get", **record())["request_ids"][0])
    objects(tale, "a read cannot make it")


def test_a_wrong_before(tale):
    key, _, after = tale.entries[2]["effects"][0]
    tale.entries[2]["effects"][0] = (key, make_side(300, ["7"]), after)
    objects(tale, "change 3: before of")


def test_a_wrong_after(tale):
    key, before, _ = tale.entries[2]["effects"][0]
    tale.entries[2]["effects"][0] = (key, before, make_side(60, ["2"]))
    objects(tale, "the history has")


def test_a_wrong_order(tale):
    """The second began after the first was answered, and stands before it."""
    tale = Tale()
    tale.do("put", **record(values=["1"]))
    tale.do("put", name="y.a.test", type="A", values=["1"])
    first, second = tale.entries[1:]
    for name in ("request_id", "effects"):
        first[name], second[name] = second[name], first[name]
    for operation, change in zip(tale.operations, (3, 2), strict=True):
        operation["answer"].update(change=change, tag=change)
    objects(tale, "began after a later one was answered", "was answered before an earlier one began")


def test_half_a_change(tale):
    batch = [{"action": "create", "name": f"{label}.a.test", "type": "TXT", "values": ["t"]} for label in "yz"]
    tale.do("batch", entries=batch)
    tale.entries[-1]["effects"].pop()
    objects(tale, "change 4", "the history has")


def test_two_effects_of_one_key(tale):
    operation = tale.do("patch", **record(add=["5"], remove=[]))
    tale.do("drop", **record(values=["5"]))
    operation["request_ids"].append("again")
    tale.put_change(operation, "again")
    objects(tale, "done more than once, as [4, 6]")


def test_two_effects_without_an_answer(tale):
    operation = tale.do("patch", is_clear=False, **record(add=["5"], remove=[]))
    tale.do("drop", **record(values=["5"]))
    tale.put_change(operation, operation["request_ids"][0])
    objects(tale, "done more than once, as [4, 6]")
    # nginx sends a PUT or DELETE a second time when the first one broke.
    operation["may_repeat"] = True
    assert tale.complaints() == []


def test_a_repeat_with_another_answer(tale):
    operation = tale.operations[-1]
    operation["repeats"].append({**operation["answer"], "status": 201})
    objects(tale, "a repeat was answered otherwise")


def test_refused_and_done(tale):
    tale.operations[-1]["answer"] = {"status": 409, "code": "exists", "body": None, "tag": None, "change": None}
    objects(tale, "answered as if it was not")


def test_the_change_of_somebody_else(tale):
    tale.operations[0]["answer"]["change"] = 3
    objects(tale, "change 3 was acknowledged and is not its own")


@pytest.mark.parametrize("kind, members, wrong", [
    ("add", {"values": ["5"]}, {"status": 409, "code": "exists"}),
    ("add", {"values": ["2"]}, {"code": "conflict"}),
    ("drop", {"values": ["2"]}, {"status": 404, "code": "not-found"}),
    ("put", {"values": ["5"], "condition": ("match", [3])}, {"status": 412, "code": "precondition-failed"}),
    ("get", {}, {"status": 404, "code": "not-found", "body": None, "tag": None}),
    ("get", {}, {"tag": 2}),
    ("get", {}, {"body": make_side(300, ["1"])}),
    ("get", {"condition": ("none", [2])}, {"status": 304, "body": None, "tag": 2}),
    ("put", {"values": ["2", "3"]}, {"status": 201}),
    ("put", {"values": ["2", "3"]}, {"tag": 2}),
])  # fmt: skip
def test_an_answer_that_no_state_explains(tale, kind, members, wrong):
    """It would have been right before the last change, or never."""
    operation = tale.do(kind, **record(**members))
    if operation["answer"]["change"]:
        tale.entries.pop()
    operation["answer"].update(change=None, **wrong)
    objects(tale, "no state from 3 to 3 explains it")


def test_a_change_that_was_told_otherwise(tale):
    tale.operations[-1]["answer"]["body"] = make_side(60, ["2"])
    objects(tale, "change 3 was answered otherwise")


def test_a_precondition_that_did_not_hold(tale):
    tale.operations[-1]["condition"] = ("none", "*")
    objects(tale, "change 3")


@pytest.mark.parametrize("serial", [SERIAL + 1, SERIAL + 3, SERIAL])
def test_a_serial_that_does_not_move_by_one(tale, serial):
    tale.entries[-1]["zones"][ZONE] = serial
    objects(tale, f"the serial of a.test goes from 101 to {serial}")


def test_a_zone_that_is_not_told(tale):
    tale.entries[-1]["zones"] = {}
    objects(tale, "touches {'a.test'}")


@pytest.mark.parametrize("at", ["2026-01-01T00:00:04Z", "2026-01-01T00:00:05Z"])
def test_what_goes_though_it_was_not_due(at):
    tale = Tale()
    tale.do("put", **record(values=["1"], expires="2026-01-01T00:00:05Z"))
    tale.do("patch", **record(add=["2"], remove=[]))
    key = (ZONE, "x.a.test", "A")
    before = tale.entries[-1]["effects"][0][2]
    tale.put_entry([(key, before, None)], "", tale.serial + 1, "expiry", at)
    objects(tale, "did not expire so")


@pytest.mark.parametrize("is_dry, code, is_right", [
    (False, "no-such-zone", False), (True, "no-such-zone", True), (False, "unavailable", True), (True, "exists", False),
])  # fmt: skip
def test_a_batch_that_was_refused(tale, is_dry, code, is_right):
    """Zones that move on the way are seen at two moments."""
    operation = tale.do("batch", dry_run=is_dry, entries=[
        {"action": "create", "name": "x.a.test", "type": "A", "values": ["5"]},
    ])  # fmt: skip
    if not is_dry:
        tale.entries.pop()
    operation["answer"] = {"status": 404, "code": code, "body": {0: code}, "tag": None, "change": None}
    assert (tale.complaints() == []) is is_right


def test_a_list_and_zones(tale):
    listed = tale.do("list", zone=ZONE)["answer"]
    listed["body"] = {"sides": dict(listed["body"]), "serial": tale.serial}
    zones = tale.do("zones")["answer"]
    assert tale.complaints() == []
    listed["body"]["serial"] -= 1
    objects(tale, "serial 101")
    listed["body"]["serial"] += 1
    del listed["body"]["sides"][ZONE, "x.a.test", "A"]
    objects(tale, "None, not (60,")
    zones["body"] = {ZONE: (tale.serial, 3, 5)}
    objects(tale, "no state from 3 to 3 explains it: {'kind': 'zones'")
