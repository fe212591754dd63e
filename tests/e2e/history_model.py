# SPDX-License-Identifier: GPL-3.0-or-later
"""The store as docs/api.md describes it: its state after each change, and what a request makes of a state.

A side of an RRset is None or (ttl, {(value, expires_at or None)…} as a frozenset). An RRset's key is
(zone, name, type). A zone is (serial, the change that touched it last, how many records). A server is
(ttl, {(name, type, value, whether its registration made it)…}). A SOA is told from another by nothing.
"""

import bisect

DEFAULT_TTL = 300
SOA = (0, frozenset({("SOA", None)}))
# The revision of what the change at hand has written.
FRESH = -1


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(status, code)
        self.status, self.code = status, code


class Versions:
    """What one thing was, after which change."""

    def __init__(self):
        self.revisions, self.values = [], []

    def put(self, revision, value):
        if self.revisions and self.revisions[-1] == revision:
            self.values[-1] = value
        else:
            self.revisions.append(revision)
            self.values.append(value)

    def at(self, revision):
        """(value or None, the change that made it)"""
        index = bisect.bisect_right(self.revisions, revision) - 1
        return (self.values[index], self.revisions[index]) if index >= 0 else (None, 0)


class Store:
    """All states there were, and the changes between them."""

    def __init__(self):
        self.rrsets, self.zones, self.servers = {}, {}, {}
        self.keys = {}  # of each zone, all that it ever had
        self.effects = {}  # of each change that can be seen

    def put_rrset(self, revision, key, side):
        self.rrsets.setdefault(key, Versions()).put(revision, side)
        self.keys.setdefault(key[0], {})[key] = None

    def put_zone(self, revision, name, zone):
        self.zones.setdefault(name, Versions()).put(revision, zone)

    def put_server(self, revision, hostname, server):
        self.servers.setdefault(hostname, Versions()).put(revision, server)


NOTHING = Versions()


def parents(name):
    """The name and all above it."""
    while True:
        yield name
        if "." not in name:
            return
        name = name.split(".", 1)[1]


def is_under(name, top):
    return name == top or name.endswith("." + top)


class Work:
    """A state of the store, and what a change has made of it so far."""

    def __init__(self, store, revision):
        self.store, self.revision = store, revision
        self.rrsets, self.zones, self.servers, self.effects = {}, {}, {}, []

    def rrset(self, key):
        """(side, revision)"""
        if key in self.rrsets:
            side = self.rrsets[key]
            return side, FRESH if side else 0
        side, revision = self.store.rrsets.get(key, NOTHING).at(self.revision)
        return side, revision if side else 0

    def zone(self, name):
        if name in self.zones:
            return self.zones[name]
        return self.store.zones.get(name, NOTHING).at(self.revision)[0]

    def zone_of(self, name):
        return next((parent for parent in parents(name) if self.zone(parent)), None)

    def need_zone_of(self, name):
        zone = self.zone_of(name)
        if zone is None:
            raise Refused(404, "no-such-zone")
        return zone

    def zone_names(self):
        return [name for name in {**self.store.zones, **self.zones} if self.zone(name)]

    def server(self, hostname):
        """(server, revision)"""
        if hostname in self.servers:
            return self.servers[hostname], FRESH
        return self.store.servers.get(hostname, NOTHING).at(self.revision)

    def sides(self, zone):
        """{key: side} of all that the zone holds"""
        keys = {**self.store.keys.get(zone, {}), **{key: None for key in self.rrsets if key[0] == zone}}
        found = ((key, self.rrset(key)[0]) for key in keys)
        return {key: side for key, side in found if side}

    def write(self, key, after):
        before = self.rrset(key)[0]
        if before == after:
            return
        self.rrsets[key] = after
        self.effects.append((key, before, after))
        if not is_same_data(before, after) and self.zone(key[0]):
            self.zones[key[0]] = (None, FRESH)

    def drop_zone(self, zone):
        for key in self.sides(zone):
            self.write(key, None)
        self.zones[zone] = None


def values_of(side):
    return {value for value, _ in side[1]} if side else set()


def is_same_data(one, other):
    return (one is None) == (other is None) and (one is None or one[0] == other[0]) and values_of(one) == values_of(other)


def holds(condition, revision):
    """condition: None, ("match", "*" or revisions) or ("none", "*" or revisions)."""
    if condition is None:
        return True
    kind, which = condition
    is_listed = revision != 0 if which == "*" else revision in which
    return is_listed if kind == "match" else not is_listed


# ---- what may stand together


def is_in_the_way(work, effect):
    """Of a new RRset: whether it stands beside a CNAME, or is one beside something else, or at an apex."""
    (zone, name, kind), before, after = effect
    if before is not None or after is None or kind == "SOA" or not work.rrset((zone, name, kind))[0]:
        return False
    others = {key[2] for key in work.sides(zone) if key[1] == name} - {kind}
    return "CNAME" in others or kind == "CNAME" and (bool(others) or name == zone)


def is_cut_blocked(work, parent, name):
    """Whether a zone of that name would hide what its parent holds."""
    return any(is_under(key[1], name) and not is_delegation(key) for key in work.sides(parent))


def is_delegation(key):
    return key[2] == "NS" and key[1] != key[0]


def delegate(work):
    """A zone in another one is delegated there, and nowhere else."""
    wanted = {}
    for zone in work.zone_names():
        above = work.zone_of(zone.split(".", 1)[1]) if "." in zone else None
        if above:
            wanted[above, zone, "NS"] = work.rrset((zone, zone, "NS"))[0]
    present = [key for zone in work.zone_names() for key in work.sides(zone) if is_delegation(key)]
    for key in {**dict.fromkeys(present), **wanted}:
        work.write(key, wanted.get(key))


# ---- RRsets


def make_side(ttl, values, expires=None):
    return (ttl, frozenset((value, expires) for value in values))


def start(work, op):
    zone = work.need_zone_of(op["name"])
    key = (zone, op["name"], op["type"])
    before, revision = work.rrset(key)
    if not holds(op.get("condition"), revision):
        raise Refused(412, "precondition-failed")
    ttl = op.get("ttl")
    if ttl is None:
        ttl = before[0] if before else DEFAULT_TTL
    return key, before, ttl


def finish(work, key, after):
    if after and key[2] == "CNAME" and len(after[1]) > 1:
        raise Refused(422, "invalid-record")
    work.write(key, after)


def add_values(work, op):
    key, before, ttl = start(work, op)
    if values_of(before) & set(op["values"]):
        raise Refused(409, "exists")
    kept = before[1] if before else frozenset()
    finish(work, key, (ttl, kept | make_side(ttl, op["values"], op.get("expires"))[1]))
    return key


def put_values(work, op):
    key, _, ttl = start(work, op)
    finish(work, key, make_side(ttl, op["values"], op.get("expires")))
    return key


def patch_values(work, op):
    key, before, ttl = start(work, op)
    if before is None and not op["add"]:
        raise Refused(404, "not-found")
    gone = set(op["add"]) | set(op["remove"])
    values = {one for one in (before[1] if before else ()) if one[0] not in gone}
    values |= make_side(ttl, op["add"], op.get("expires"))[1]
    finish(work, key, (ttl, frozenset(values)) if values else None)
    return key


def drop_values(work, op):
    """How many went."""
    key, before, _ = start(work, op)
    values = set(op.get("values") or values_of(before))
    if not values or not values <= values_of(before):
        raise Refused(404, "not-found")
    left = frozenset(one for one in before[1] if one[0] not in values)
    finish(work, key, (before[0], left) if left else None)
    return len(values)


def refuse_in_the_way(work):
    if any(is_in_the_way(work, effect) for effect in work.effects):
        raise Refused(409, "conflict")


def do_add(work, op):
    key = add_values(work, op)
    refuse_in_the_way(work)
    side, revision = work.rrset(key)
    (value,) = op["values"]
    return 201, (value, side[0], op.get("expires")), revision


def do_put(work, op):
    key = put_values(work, op)
    refuse_in_the_way(work)
    is_new = bool(work.effects) and work.effects[0][1] is None
    return 201 if is_new else 200, *work.rrset(key)


def do_patch(work, op):
    key = patch_values(work, op)
    refuse_in_the_way(work)
    return 200, *work.rrset(key)


def do_drop(work, op):
    return 200, drop_values(work, op), 0


BATCH = {"create": add_values, "upsert": put_values, "delete": drop_values}


def do_batch(work, op):
    """The faults are the body of a refusal."""
    entries = op["entries"]
    missing = [index for index, one in enumerate(entries) if work.zone_of(one["name"]) is None]
    if missing:
        return 404, {index: "no-such-zone" for index in missing}, 0
    faults, made = {}, {}
    for index, entry in enumerate(entries):
        expires = entry.get("expires") or (op.get("expires") if entry["action"] != "delete" else None)
        count = len(work.effects)
        try:
            BATCH[entry["action"]](work, {**entry, "expires": expires})
        except Refused as refused:
            faults[index] = refused
        made[index] = work.effects[count:]
    for index, effects in made.items():
        if any(is_in_the_way(work, effect) for effect in effects):
            faults[index] = Refused(409, "conflict")
    if faults:
        return faults[min(faults)].status, {index: fault.code for index, fault in faults.items()}, 0
    return 200, list(work.effects), 0
