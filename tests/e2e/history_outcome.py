# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request makes of a state of history_model.py: of zones, of changes to undo, of servers, and of any kind."""

import ipaddress

from history_model import (
    DEFAULT_TTL, FRESH, SOA, Refused, Work, delegate, do_add, do_batch, do_drop, do_patch, do_put, holds,
    is_cut_blocked, is_delegation, is_under, make_side, patch_values, refuse_in_the_way, values_of,
)  # fmt: skip

# ---- zones


def do_zone_add(work, op):
    name = op["zone"]
    parent = work.zone_of(name)
    if parent == name:
        raise Refused(409, "exists")
    if parent and is_cut_blocked(work, parent, name):
        raise Refused(409, "conflict")
    work.zones[name] = (None, FRESH)
    work.write((name, name, "SOA"), SOA)
    work.write((name, name, "NS"), make_side(DEFAULT_TTL, op["nameservers"]))
    delegate(work)
    return 201, None, None


def do_zone_drop(work, op):
    if not work.zone(op["zone"]):
        raise Refused(404, "no-such-zone")
    work.drop_zone(op["zone"])
    delegate(work)
    return 200, None, None


# ---- undoing


def zone_action(effects, zone):
    """What a change did to the zone itself: "", "create", "delete", or both."""
    sides = [(before, after) for key, before, after in effects if key == (zone, zone, "SOA")]
    return "".join("create" * (before is None) + "delete" * (after is None) for before, after in sides)


def undo_zone(work, zone, action, change):
    """Makes or drops it again. Raises Refused when it is not as the change left it."""
    is_there = work.zone(zone) is not None
    if action == "create":
        if not is_there or work.zone(zone)[1] != change:
            raise Refused(409, "conflict")
        work.drop_zone(zone)
    elif action == "delete":
        parent = work.zone_of(zone)
        if is_there or parent and is_cut_blocked(work, parent, zone):
            raise Refused(409, "conflict")
        work.zones[zone] = (None, FRESH)
    elif action or not is_there:
        raise Refused(409, "conflict")


def do_revert(work, op):
    effects = work.store.effects.get(op["change"]) if op["change"] <= work.revision else None
    if not effects:
        raise Refused(404, "not-found")
    effects = [effect for effect in effects if not is_delegation(effect[0])]
    actions = {key[0]: zone_action(effects, key[0]) for key, *_ in effects}
    for zone, action in sorted(actions.items()):
        undo_zone(work, zone, action, op["change"])
    for key, before, after in reversed(effects):
        if actions[key[0]] == "create":
            continue
        if actions[key[0]] == "" and (work.rrset(key)[0] != after or work.zone_of(key[1]) != key[0]):
            raise Refused(409, "conflict")
        work.write(key, before)
    for zone, action in actions.items():
        below = [name for name in work.zone_names() if name != zone and is_under(name, zone)]
        if action == "delete" and any(is_cut_blocked(work, zone, name) for name in below):
            raise Refused(409, "conflict")
    refuse_in_the_way(work)
    delegate(work)
    return 200, list(work.effects), None


# ---- servers


def reverse(address):
    return ipaddress.ip_address(address).reverse_pointer


def check_addresses(work, op, server):
    """True when the hostname has other addresses."""
    zone = work.zone_of(op["name"])
    kinds = {key[2] for key in work.sides(zone) if key[1] == op["name"]}
    if server is None:
        return bool(kinds & {"A", "AAAA", "CNAME"})
    registered = {value for _, kind, value, _ in server[1] if kind != "PTR"}
    return registered != set(op["ips"]) or "CNAME" in kinds


def find_skipped(work, op, made):
    """Reverse names without a zone, or that point elsewhere."""
    skipped = set()
    for owner in map(reverse, op["ips"]):
        zone = work.zone_of(owner)
        present = values_of(work.rrset((zone, owner, "PTR"))[0]) if zone else set()
        elsewhere = {one for one in present if one != op["name"] and (owner, "PTR", one) not in made}
        if elsewhere and op["on_conflict"] == "fail":
            raise Refused(409, "conflict")
        if zone is None or elsewhere and op["on_conflict"] != "replace":
            skipped.add((owner, "PTR"))
    return skipped


def do_part(work, place, wanted, gone, ttl):
    """wanted, gone: values that come and, if they are there, go."""
    zone = work.zone_of(place[0])
    side = work.rrset((zone, *place))[0] if zone else None
    add, remove = wanted - values_of(side), gone & values_of(side)
    if zone and (add or remove):
        patch_values(work, {"name": place[0], "type": place[1], "add": add, "remove": remove,
                            "ttl": side[0] if side else ttl})  # fmt: skip
    return len(remove)


def do_server_put(work, op):
    host = op["name"]
    work.need_zone_of(host)
    server, revision = work.server(host)
    is_move = op["kind"] == "server_move"
    if is_move and server is None:
        raise Refused(404, "not-found")
    if not is_move and op["on_conflict"] != "replace" and check_addresses(work, op, server):
        if op["on_conflict"] == "fail":
            raise Refused(409, "conflict")
        return 200, False, None
    made = {one[:3] for one in server[1] if one[3]} if server else set()
    skipped = find_skipped(work, op, made)
    wanted = {(host, "A"): set(op["ips"]), **{(reverse(ip), "PTR"): {host} for ip in op["ips"]}}
    places = {**dict.fromkeys([*wanted, (host, "AAAA")]), **{one[:2]: None for one in (server[1] if server else ())}}
    ttl, records = server[0] if server else DEFAULT_TTL, set()
    for place in places:
        zone, values = work.zone_of(place[0]), wanted.get(place, set())
        present = values_of(work.rrset((zone, *place))[0]) if zone else set()
        takes_all = op["on_conflict"] == "replace" and (bool(values) or place[1] != "PTR")
        for value in values:
            was_made = (*place, value) in made
            if place not in skipped or was_made:
                records.add((*place, value, was_made or takes_all or value not in present))
        if place not in skipped:
            gone = {one for one in present - values if takes_all or (*place, one) in made}
            do_part(work, place, values, gone, ttl)
    refuse_in_the_way(work)
    if not work.effects and server == (ttl, frozenset(records)):
        return 200, True, revision
    work.servers[host] = (ttl, frozenset(records))
    return 201 if server is None else 200, True, FRESH


def do_server_drop(work, op):
    server, _ = work.server(op["name"])
    if server is None:
        # Without a zone, too: no-such-zone, or not-found when the registration went on the way.
        raise Refused(404, "not-found" if work.zone_of(op["name"]) else None)
    made = [one[:3] for one in server[1] if one[3]]
    deleted = sum(do_part(work, place, set(), {one[2] for one in made if one[:2] == place}, 0)
                  for place in {one[:2] for one in made})  # fmt: skip
    work.servers[op["name"]] = None
    return 200, deleted, None


# ---- reads


def do_get(work, op):
    key = (work.need_zone_of(op["name"]), op["name"], op["type"])
    side, revision = work.rrset(key)
    if side is None:
        raise Refused(404, "not-found")
    if not holds(op.get("condition"), revision):
        return 304, None, revision
    return 200, side, revision


def count_records(work, zone):
    return sum(len(side[1]) for side in work.sides(zone).values())


def do_list(work, op):
    if not work.zone(op["zone"]):
        raise Refused(404, "no-such-zone")
    return 200, work.sides(op["zone"]), None


def do_zones(work, _):
    return 200, {name: (*work.zone(name), count_records(work, name)) for name in work.zone_names()}, None


def do_get_server(work, op):
    server, revision = work.server(op["name"])
    if server is None:
        raise Refused(404, None)
    return 200, frozenset(one[:3] for one in server[1] if one[3]), revision


KINDS = {
    "add": do_add, "put": do_put, "patch": do_patch, "drop": do_drop, "batch": do_batch,
    "zone_add": do_zone_add, "zone_drop": do_zone_drop, "revert": do_revert,
    "server_put": do_server_put, "server_move": do_server_put, "server_drop": do_server_drop,
    "get": do_get, "list": do_list, "zones": do_zones, "get_server": do_get_server,
}  # fmt: skip
READS = {"get", "list", "zones", "get_server"}


class Outcome:
    """What a request has to be answered and to do. tag: None when it is not looked at, FRESH: the new one."""

    def __init__(self, store, revision, op):
        self.code, self.body, self.tag = None, None, None
        work = Work(store, revision)
        try:
            self.status, self.body, self.tag = KINDS[op["kind"]](work, op)
        except Refused as refused:
            self.status, self.code = refused.status, refused.code
        is_done = self.status < 400 and not op.get("dry_run")
        self.effects = work.effects if is_done else []
        self.servers = work.servers if is_done else {}

    @property
    def is_change(self):
        return bool(self.effects or self.servers)
