# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a history explains every answer that its clients got, each at a moment while it was asked for.

An operation is a dict: `kind` and what else history_outcome.py reads of it; `request_ids` of its attempts;
`start`, and `end` with `answer` (both None: nobody knows whether it was done); `repeats`, answers to the
same request and Idempotency-Key. `may_repeat`: nginx may have sent it twice. An answer is
{status, code, body, tag, change}. An entry of the history is {id, at, actor, request_id, zones: {zone:
serial}, effects: [(key, before, after)]}.
"""

import bisect
import collections

from history_model import FRESH, Store, Work, is_same_data
from history_outcome import READS, Outcome

COMPLAINTS_MAX = 50


class Bounds:
    """Between which changes an operation has to lie: after all that was answered before it began, and
    before all that began after it was answered."""

    def __init__(self, operations, done):
        """done: [(change, operation)]"""
        ended = sorted((one["end"], known(one)) for one in operations if one["end"] is not None)
        begun = sorted((one["start"], change) for change, one in done)
        self.ends, self.begins = [end for end, _ in ended], [start for start, _ in begun]
        self.least, self.most, last = [0], [float("inf")], 0
        for _, change in ended:
            last = max(last, change)
            self.least.append(last)
        for _, change in reversed(begun):
            self.most.append(min(self.most[-1], change))
        self.most.reverse()

    def first(self, start):
        """The state that was certainly reached by then."""
        return self.least[bisect.bisect_left(self.ends, start)]

    def last(self, end):
        """The last state that was possible at that time."""
        return self.most[bisect.bisect_right(self.begins, end)] - 1


def known(operation):
    """The latest change that an answer gives away."""
    answer = operation["answer"]
    return max(answer["change"] or 0, answer["tag"] or 0)


def is_in_order(operation):
    """Whether its effects stand in the history in the order of the request."""
    return operation["kind"] in ("add", "put", "patch", "drop", "batch")


def as_set(effects):
    return sorted(repr((key, before and sorted(before[1], key=repr), after and sorted(after[1], key=repr),
                        before and before[0], after and after[0])) for key, before, after in effects)  # fmt: skip


class Checker:
    def __init__(self, entries, operations, base):
        """base: the last change before the operations; what is older is taken as it is."""
        self.entries = {entry["id"]: entry for entry in entries}
        self.ids = [entry["id"] for entry in entries]
        self.operations, self.base = operations, base
        self.by_request = {one: operation for operation in operations for one in operation["request_ids"]}
        self.store, self.complaints = Store(), []
        self.changes_of = collections.defaultdict(list)  # of an operation, by its identity
        self.serials = {}
        self.figures = collections.Counter()
        self.last = max([*self.ids, 0, *(one["answer"]["change"] or 0 for one in operations if one["answer"])])

    def complain(self, text):
        if len(self.complaints) < COMPLAINTS_MAX:
            self.complaints.append(text)

    def check(self):
        if sorted(set(self.ids)) != sorted(self.ids):
            self.complain("a change stands in the history twice")
        self.unseen = {one["answer"]["change"]: one for one in self.operations
                       if one["answer"] and one["answer"]["change"] not in self.entries}  # fmt: skip
        self.bounds = Bounds(self.operations, self.find_done())
        for change in range(1, self.last + 1):
            self.replay(change)
        for operation in self.operations:
            self.check_operation(operation)
        return self.complaints

    def find_done(self):
        for change, entry in self.entries.items():
            operation = self.by_request.get(entry["request_id"])
            if operation is not None and change > self.base:
                yield change, operation
        for change, operation in self.unseen.items():
            if change:
                yield change, operation

    # ---- the history, change after change

    def replay(self, change):
        entry = self.entries.get(change)
        if entry is None:
            # What touched no record cannot be seen; its answer tells of it.
            if change > self.base:
                self.explain_unseen(change)
            return
        for key, before, after in entry["effects"]:
            self.take_effect(entry, key, before, after)
        if change > self.base:
            self.explain(entry)
        self.take_zones(entry)
        if entry["effects"]:
            self.store.effects[change] = entry["effects"]

    def explain_unseen(self, change):
        operation = self.unseen.get(change)
        if operation is None:
            self.complain(f"change {change} is missing, and no answer tells of it")
            return
        outcome = Outcome(self.store, change - 1, operation)
        self.take_servers(change, operation, outcome)
        if outcome.effects or not outcome.is_change:
            self.complain(f"change {change} was acknowledged and is not in the history: {brief(operation)}")

    def take_effect(self, entry, key, before, after):
        change, kept = entry["id"], self.store.rrsets
        present = kept[key].at(change)[0] if key in kept else None
        if present != before:
            self.complain(f"change {change}: before of {key} is {before}, but it was {present}")
        if before == after:
            self.complain(f"change {change}: {key} is the same before and after")
        self.store.put_rrset(change, key, after)

    def explain(self, entry):
        change = entry["id"]
        operation = self.by_request.get(entry["request_id"])
        if operation is not None:
            self.explain_by(entry, operation)
        elif entry["actor"] == "expiry":
            self.explain_expiry(entry)
        else:
            self.complain(f"change {change} was asked for by nobody: {entry}")

    def explain_by(self, entry, operation):
        change = entry["id"]
        outcome = Outcome(self.store, change - 1, operation)
        wanted, found = outcome.effects, entry["effects"]
        if wanted != found if is_in_order(operation) else as_set(wanted) != as_set(found):
            self.complain(f"change {change}: {brief(operation)} makes {wanted}, the history has {found}")
        self.take_servers(change, operation, outcome)
        if operation["kind"] in READS:
            self.complain(f"change {change}: a read cannot make it: {brief(operation)}")
        if change <= self.bounds.first(operation["start"]):
            self.complain(f"change {change} began after a later one was answered: {brief(operation)}")
        if operation["end"] is not None and change > self.bounds.last(operation["end"]):
            self.complain(f"change {change} was answered before an earlier one began: {brief(operation)}")

    def take_servers(self, change, operation, outcome):
        self.changes_of[id(operation)].append((change, outcome))
        for hostname, server in outcome.servers.items():
            self.store.put_server(change, hostname, server)

    def explain_expiry(self, entry):
        """What was due by then goes, and nothing else."""
        for key, before, after in entry["effects"]:
            due = {one for one in (before[1] if before else ()) if one[1] and one[1] <= entry["at"]}
            left = frozenset(before[1] - due) if before else None
            if not due or after != ((before[0], left) if left else None):
                self.complain(f"change {entry['id']}: {key} did not expire so: {before}, {after} at {entry['at']}")
        self.figures["expired RRsets"] += len(entry["effects"])

    def take_zones(self, entry):
        change, touched = entry["id"], {}
        for key, before, after in entry["effects"]:
            touched.setdefault(key[0], False)
            touched[key[0]] |= not is_same_data(before, after)
        if set(touched) != set(entry["zones"]):
            self.complain(f"change {change} touches {set(touched)}, it says {set(entry['zones'])}")
        for zone, is_moved in touched.items():
            self.take_zone(change, zone, is_moved, entry["zones"].get(zone))

    def take_zone(self, change, zone, is_moved, serial):
        old = self.store.zones[zone].at(change)[0] if zone in self.store.zones else None
        is_there = self.store.rrsets.get((zone, zone, "SOA"))
        is_there = is_there is not None and is_there.at(change)[0] is not None
        last = self.serials.get(zone, 0)
        if serial is None:
            return
        if old and is_there and serial != last + is_moved or serial < last + (not old):
            self.complain(f"change {change}: the serial of {zone} goes from {last} to {serial}")
        self.serials[zone] = serial
        if is_moved or not is_there:
            self.store.put_zone(change, zone, (serial, change) if is_there else None)

    # ---- the answers

    def check_operation(self, operation):
        changes = self.changes_of[id(operation)]
        answer = operation["answer"]
        if len(changes) > 1 and not operation.get("may_repeat"):
            self.complain(f"done more than once, as {[change for change, _ in changes]}: {brief(operation)}")
        self.figures["done twice by nginx"] += len(changes) > 1 and bool(operation.get("may_repeat"))
        if any(one != answer for one in operation.get("repeats", ())):
            self.complain(f"a repeat was answered otherwise: {brief(operation)}, {operation['repeats']}")
        if answer is None:
            self.figures["unclear, done" if changes else "unclear, not done"] += 1
        elif answer["change"]:
            self.check_change(operation, answer, changes)
        else:
            self.check_unchanged(operation, answer, changes)

    def check_change(self, operation, answer, changes):
        self.figures["changes"] += 1
        for change, outcome in changes:
            if change == answer["change"]:
                fault = find_difference(operation, answer, outcome, change, self)
                if fault:
                    self.complain(f"change {change} was answered otherwise: {fault}: {brief(operation)}")
                return
        self.complain(f"change {answer['change']} was acknowledged and is not its own in the history: {brief(operation)}")

    def check_unchanged(self, operation, answer, changes):
        """A read, a refusal, or nothing to do: some state while it was asked for explains it."""
        self.figures["reads" if operation["kind"] in READS else "unchanged"] += 1
        if changes and not operation.get("may_repeat"):
            self.complain(f"change {changes[0][0]} was done, but answered as if it was not: {brief(operation)}")
        first = max(self.bounds.first(operation["start"]), self.base)
        last = min(self.bounds.last(operation["end"]), self.last)
        faults = {}
        for revision in range(last, first - 1, -1):
            outcome = Outcome(self.store, revision, operation)
            if outcome.is_change:
                faults[revision] = "it would have changed something"
                continue
            faults[revision] = find_difference(operation, answer, outcome, revision, self)
            if not faults[revision]:
                return
        if is_excused(operation, answer) or self.are_zones_gone(operation, answer, range(first, last + 1)):
            self.figures["excused"] += 1
        else:
            told = dict(list(faults.items())[:3])
            self.complain(f"no state from {first} to {last} explains it: {brief(operation)}: {told}")

    def are_zones_gone(self, operation, answer, revisions):
        """The zone of each change of a batch is looked for by itself, at a moment of its own."""
        codes = answer["body"]
        if operation["kind"] != "batch" or answer["status"] < 400 or set(codes.values()) != {"no-such-zone"}:
            return False
        for index, entry in enumerate(operation["entries"]):
            found = [Work(self.store, revision).zone_of(entry["name"]) is not None for revision in revisions]
            if all(found) if index in codes else not any(found):
                return False
        return True

    # ---- the end

    def final(self):
        """({key: side}, {zone: serial})"""
        sides = {key: versions.at(self.last)[0] for key, versions in self.store.rrsets.items()}
        zones = {name: versions.at(self.last)[0] for name, versions in self.store.zones.items()}
        return ({key: side for key, side in sides.items() if side},
                {name: zone[0] for name, zone in zones.items() if zone})  # fmt: skip


def brief(operation):
    return {name: value for name, value in operation.items() if name not in ("repeats",)}


def is_excused(operation, answer):
    """What has no one state: a time that passed on the way, a batch whose zones moved on the way, and a dry
    run, which looks for zones before it looks for anything else."""
    soonest = operation.get("soonest") or operation.get("expires")
    if soonest and answer["code"] == "invalid-record":
        return soonest <= operation["end_wall"]
    if operation["kind"] != "batch" or answer["status"] < 400:
        return False
    codes = set(answer["body"].values())
    return "unavailable" in codes or bool(operation["dry_run"]) and "no-such-zone" in codes


def find_difference(operation, answer, outcome, revision, checker):
    """How an answer is not what the outcome says; None when it is."""
    if answer["status"] != outcome.status:
        return f"{answer['status']} {answer['code']}, not {outcome.status} {outcome.code or ''}"
    if outcome.code is not None and answer["code"] != outcome.code:
        return f"{answer['code']}, not {outcome.code}"
    wanted = revision if outcome.tag == FRESH else outcome.tag or None
    if outcome.tag is not None and answer["tag"] != wanted:
        return f"tag {answer['tag']}, not {wanted}"
    if operation["kind"] == "zones":
        return find_zone_difference(answer["body"], outcome.body)
    if operation["kind"] == "list" and outcome.status == 200:
        return find_list_difference(answer["body"], outcome.body, checker, operation["zone"], revision)
    if operation["kind"] in ("zone_add", "zone_drop") or operation["kind"] == "revert" and outcome.status == 200:
        return None
    if answer["body"] != outcome.body:
        return f"{answer['body']}, not {outcome.body}"
    return None


def find_zone_difference(found, wanted):
    for name in {*found, *wanted}:
        if found.get(name) != wanted.get(name):
            return f"{name}: {found.get(name)}, not {wanted.get(name)}"
    return None


def find_list_difference(found, wanted, checker, zone, revision):
    """found: {"sides": …, "serial": that of the SOA}"""
    if found["serial"] != checker.store.zones[zone].at(revision)[0][0]:
        return f"serial {found['serial']}"
    for key in {*found["sides"], *wanted}:
        if found["sides"].get(key) != wanted.get(key):
            return f"{key}: {found['sides'].get(key)}, not {wanted.get(key)}"
    return None


def due_before(sides, moment):
    """Keys of RRsets with a value that should have gone by then."""
    return [key for key, side in sides.items() if any(at and at <= moment for _, at in side[1])]

