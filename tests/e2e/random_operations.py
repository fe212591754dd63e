# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that do random operations on few names, so that they meet, and note every answer for history_checker.py."""

import collections
import http.client
import json
import random
import threading
import time
import urllib.parse

from history_model import SOA

ZONES = ["a.test", "b.test", "sub.a.test"]
REVERSE_ZONE = "10.in-addr.arpa"
# One name of the zone that comes and goes often, so that it can come again.
NAMES = ["www.a.test", "x.a.test", "y.a.test", "www.b.test", "x.b.test", "y.b.test", "h.sub.a.test"]
# Names that few write to, so that what expires there is not dropped before.
QUIET = [f"e{number}.b.test" for number in range(24)]
HOSTS = ["x.a.test", "node.a.test", "node.b.test", "h.sub.a.test"]
VALUES = {
    "A": [f"10.0.0.{number}" for number in range(1, 5)],
    "TXT": ["one", "two", "three"],
    "CNAME": ["www.a.test", "elsewhere.test"],
    "PTR": ["x.a.test", "node.a.test", "other.test"],
}
# 172.16.0.1 has no reverse zone here.
ADDRESSES = VALUES["A"] + ["172.16.0.1"]
NAMESERVERS = ["ns1.example.com"]
KINDS = {
    "add": 14, "put": 16, "patch": 13, "drop": 11, "batch": 14, "revert": 5, "zone_add": 4, "zone_drop": 1,
    "server_put": 4, "server_move": 2, "server_drop": 3, "get": 9, "list": 2, "zones": 1, "get_server": 1,
}  # fmt: skip
UNCLEAR = (500, 502, 503, 504)
REPEAT_SECONDS = 60


# ---- operations


class Chance:
    """Chooses operations. shared: what clients have seen lately, to name it in later requests."""

    def __init__(self, seed, shared):
        self.random, self.shared = random.Random(seed), shared

    def some(self, values, most=3):
        return self.random.sample(values, self.random.randint(1, min(most, len(values))))

    def happens(self, share):
        return self.random.random() < share

    def place(self):
        if self.happens(0.12):
            return self.random.choice([f"{n}.0.0.10.in-addr.arpa" for n in range(1, 5)]), "PTR"
        names = QUIET if self.happens(0.1) else NAMES
        return self.random.choice(names), self.random.choices(["A", "TXT", "CNAME"], [5, 3, 2])[0]

    def ttl(self):
        return self.random.choice([None, None, None, 60, 120])

    def expires(self, name=None):
        if not self.happens(0.6 if name in QUIET else 0.12):
            return None
        at = int(time.time()) + self.random.randint(2, 4)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))

    def condition(self, name, kind):
        if not self.happens(0.25):
            return None
        tag = self.shared.tags.get((name, kind), 1)
        return self.random.choice([("match", "*"), ("none", "*"), ("match", [tag]), ("match", [tag]), ("none", [tag])])

    def values(self, kind, most=3):
        return self.some(VALUES[kind], 1 if kind == "CNAME" and self.happens(0.9) else most)

    def operation(self):
        kind = self.random.choices(list(KINDS), list(KINDS.values()))[0]
        operation = {"kind": kind, **getattr(self, "make_" + kind)()}
        operation["keyed"] = kind.startswith("server_") or self.happens(0.5)
        return operation

    def make_rrset(self, **members):
        name, kind = self.place()
        condition = self.condition(name, kind)
        return {"name": name, "type": kind, **({"condition": condition} if condition else {}), **members}

    def make_add(self):
        operation = self.make_rrset(ttl=self.ttl())
        operation["expires"] = self.expires(operation["name"])
        return {**operation, "values": self.some(VALUES[operation["type"]], 1)}

    def make_put(self):
        operation = self.make_rrset(ttl=self.ttl())
        operation["expires"] = self.expires(operation["name"])
        return {**operation, "values": self.values(operation["type"])}

    def make_patch(self):
        operation = self.make_rrset(ttl=self.ttl())
        values = self.values(operation["type"], 4)
        cut = self.random.randint(0, len(values))
        operation.update(add=values[:cut], remove=values[cut:])
        return {**operation, "expires": self.expires(operation["name"]) if cut else None}

    def make_drop(self):
        operation = self.make_rrset()
        return {**operation, "values": self.some(VALUES[operation["type"]], 1) if self.happens(0.6) else None}

    def make_entry(self):
        action = self.random.choices(["create", "upsert", "delete"], [3, 4, 3])[0]
        name, kind = self.place()
        entry = {"action": action, "name": name, "type": kind, "values": self.values(kind)}
        if action != "delete":
            return {**entry, "ttl": self.ttl()}
        return {**entry, "values": entry["values"] if self.happens(0.3) else None}

    def make_batch(self):
        entries = [self.make_entry() for _ in range(self.random.randint(1, 4))]
        tag = self.shared.tags.get((entries[0]["name"], entries[0]["type"]), 1)
        if self.happens(0.15):
            entries[0]["condition"] = ("match", self.random.choice(["*", [tag]]))
        operation = {"entries": entries, "dry_run": self.happens(0.15)}
        puts = [one for one in entries if one["action"] != "delete"]
        expires, own = self.expires(), self.expires()
        if own and puts:
            puts[-1]["expires"] = own
        soonest = min(filter(None, [expires, own if puts else None]), default=None)
        return {**operation, "expires": expires, "soonest": soonest}

    def make_revert(self):
        return {"change": self.random.choice(list(self.shared.changes) or [1])}

    def make_zone_add(self):
        return {"zone": self.random.choice(ZONES), "nameservers": NAMESERVERS}

    def make_zone_drop(self):
        return {"zone": self.random.choices(ZONES, [1, 1, 6])[0]}

    def make_server_put(self):
        conflict = self.random.choice(["report", "fail", "replace"])
        return {"name": self.random.choice(HOSTS), "ips": self.some(ADDRESSES, 2), "on_conflict": conflict}

    def make_server_move(self):
        return {**self.make_server_put(), "on_conflict": "report"}

    def make_server_drop(self):
        return {"name": self.random.choice(HOSTS)}

    make_get_server = make_server_drop

    def make_get(self):
        operation = self.make_rrset()
        tag = self.shared.tags.get((operation["name"], operation["type"]), 1)
        operation.pop("condition", None)
        return {**operation, **({"condition": ("none", [tag])} if self.happens(0.3) else {})}

    def make_list(self):
        return {"zone": self.random.choice(ZONES)}

    def make_zones(self):
        return {}


# ---- operations as requests


def members(operation, *names):
    return {name: operation[name] for name in names if operation.get(name) is not None}


def timed(operation, body):
    return {**body, **({"expires_at": operation["expires"]} if operation.get("expires") else {})}


def record_path(operation):
    return f"/records/{operation['name']}/{operation['type']}"


def entry_body(entry):
    body = {"action": entry["action"], "name": entry["name"], "record_type": entry["type"]}
    body.update(members(entry, "values", "ttl"))
    if entry.get("condition"):
        which = entry["condition"][1]
        body["if_match"] = which if which == "*" else f'"{which[0]}"'
    return timed(entry, body)


def batch_body(operation):
    changes = [entry_body(entry) for entry in operation["entries"]]
    return timed(operation, {"changes": changes, "dry_run": operation["dry_run"]})


def drop_path(operation):
    value = operation["values"]
    return record_path(operation) + (f"?value={urllib.parse.quote(value[0])}" if value else "")


REQUESTS = {
    "add": lambda one: ("POST", "/records", timed(one, {
        "name": one["name"], "record_type": one["type"], "value": one["values"][0], **members(one, "ttl"),
    })),
    "put": lambda one: ("PUT", record_path(one), timed(one, members(one, "values", "ttl"))),
    "patch": lambda one: ("PATCH", record_path(one), timed(one, members(one, "add", "remove", "ttl"))),
    "drop": lambda one: ("DELETE", drop_path(one), None),
    "batch": lambda one: ("POST", "/changes", batch_body(one)),
    "revert": lambda one: ("POST", f"/changes/{one['change']}/revert", None),
    "zone_add": lambda one: ("POST", "/zones", {"name": one["zone"], "nameservers": one["nameservers"]}),
    "zone_drop": lambda one: ("DELETE", f"/zones/{one['zone']}?confirm={one['zone']}", None),
    "server_put": lambda one: ("POST", "/servers", {
        "hostname": one["name"], "ips": one["ips"], "on_conflict": one["on_conflict"],
    }),
    "server_move": lambda one: ("PUT", f"/servers/{one['name']}", {"ips": one["ips"]}),
    "server_drop": lambda one: ("DELETE", f"/servers/{one['name']}", None),
    "get": lambda one: ("GET", record_path(one), None),
    "list": lambda one: ("GET", f"/records?zone={one['zone']}&limit=1000", None),
    "zones": lambda one: ("GET", "/zones?limit=1000", None),
    "get_server": lambda one: ("GET", f"/servers/{one['name']}", None),
}  # fmt: skip
TAGGED = {"add", "put", "patch", "get", "server_put", "server_move", "get_server"}


# ---- answers


def side_of(data):
    """A side of docs/openapi.json as history_model.py has it."""
    if not data or not data["values"]:
        return None
    if data.get("record_type") == "SOA":
        return SOA
    ends = {one["value"]: one["expires_at"] for one in data.get("expires", [])}
    return (data["ttl"], frozenset((value, ends.get(value)) for value in data["values"]))


def effect_of(one):
    key = (one["zone"], one["name"], one["record_type"])
    sides = [side_of(one[side] and {**one[side], "record_type": key[2]}) for side in ("before", "after")]
    return (key, *sides)


def list_of(data):
    """{sides, serial} of a list of records of one zone"""
    found, serial = {}, None
    for one in data:
        key = (one["zone"], one["name"], one["record_type"])
        if key[2] == "SOA":
            serial, found[key] = int(one["value"].split()[2]), SOA
            continue
        ttl, values = found.get(key, (one["ttl"], frozenset()))
        found[key] = (ttl, values | {(one["value"], one.get("expires_at"))})
    return {"sides": found, "serial": serial}


BODIES = {
    "add": lambda data: (data["value"], data["ttl"], data.get("expires_at")),
    "put": side_of, "patch": side_of, "get": side_of,
    "drop": lambda data: data["deleted"],
    "batch": lambda data: [effect_of(one) for one in data["diff"]],
    "server_put": lambda data: data["registered"], "server_move": lambda data: data["registered"],
    "server_drop": lambda data: data["deleted"],
    "get_server": lambda data: frozenset((one["name"], one["record_type"], one["value"]) for one in data["records"]),
    "list": list_of,
    "zones": lambda data: {one["name"]: (one["serial"], one["revision"], one["records"]) for one in data},
}  # fmt: skip


def place_of(pointer):
    """The index of a change; of what is wrong with the whole request the pointer."""
    parts = pointer.split("/")
    return int(parts[2]) if parts[1:2] == ["changes"] and len(parts) > 2 else pointer


def answer_of(kind, status, headers, value):
    answer = {"status": status, "code": None, "body": None, "tag": None, "change": None}
    if headers.get("Change-Id"):
        answer["change"] = int(headers["Change-Id"])
    if kind in TAGGED and headers.get("ETag"):
        answer["tag"] = int(headers["ETag"].strip('"'))
    if status >= 400:
        answer["code"] = value["code"]
        if kind == "batch":
            answer["body"] = {place_of(one["pointer"]): one["code"] for one in value.get("errors", ())}
    elif status != 304 and kind in BODIES:
        answer["body"] = BODIES[kind](value["data"])
    return answer


# ---- clients


class Shared:
    def __init__(self, service, count):
        self.service, self.left = service, count
        self.tags, self.changes = {}, collections.deque(maxlen=60)
        self.operations, self.failures = [], []
        self.lock = threading.Lock()
        self.failed_calls = collections.Counter()

    def take(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0


class Client(threading.Thread):
    def __init__(self, shared, number, seed):
        super().__init__(daemon=True)
        self.shared, self.number = shared, number
        self.chance = Chance(seed * 1000 + number, shared)
        self.connection, self.count = None, 0
        self.token = shared.service.admin_token

    def run(self):
        try:
            while self.shared.take():
                self.operate(self.chance.operation())
        except Exception as error:  # a test that goes on with fewer clients would show less
            self.shared.failures.append(repr(error))

    def operate(self, operation):
        self.count += 1
        method, path, body = REQUESTS[operation["kind"]](operation)
        keyed = operation["keyed"] and method != "GET"
        operation.update(request_ids=[], start=time.monotonic(), end=None, answer=None, repeats=[])
        operation["may_repeat"] = method in ("PUT", "DELETE") and not keyed
        headers = {"Idempotency-Key": f'"{self.number}-{self.count}"'} if keyed else {}
        headers.update(condition_headers(operation))
        answer = self.call_until_clear(operation, (method, path, body, headers), keyed)
        operation["end_wall"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if answer is not None:
            operation["end"], operation["answer"] = time.monotonic(), answer
            self.learn(operation, answer)
        if answer is not None and keyed and self.chance.happens(0.05) and is_kept(operation, answer):
            again = self.call_until_clear(operation, (method, path, body, headers), keyed)
            operation["repeats"].append(again)
        self.shared.operations.append(operation)

    def call_until_clear(self, operation, request, keyed):
        until = time.monotonic() + REPEAT_SECONDS
        while True:
            request_id = f"r{self.number}-{self.count}-{len(operation['request_ids'])}"
            operation["request_ids"].append(request_id)
            answer = self.call(operation["kind"], request, request_id)
            if answer is not None:
                return answer
            time.sleep(self.chance.random.uniform(0.02, 0.1))
            if not keyed or time.monotonic() > until:
                return None

    def call(self, kind, request, request_id):
        """None: no answer, or one that leaves open what was done."""
        method, path, body, headers = request
        headers = {**headers, "Authorization": f"Bearer {self.token}", "X-Request-Id": request_id}
        if body is not None:
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.shared.service.api_port, timeout=30)
            self.connection.request(method, "/api/v1/dns" + path, body, headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.connection = None
            self.shared.failed_calls[type(error).__name__] += 1
            return None
        if answer.status in UNCLEAR:
            self.shared.failed_calls[answer.status] += 1
            return None
        return answer_of(kind, answer.status, answer.headers, json.loads(content) if content else None)

    def learn(self, operation, answer):
        if answer["change"]:
            self.shared.changes.append(answer["change"])
        if answer["tag"] and operation.get("type"):
            self.shared.tags[operation["name"], operation["type"]] = answer["tag"]


def is_kept(operation, answer):
    """What a repeat is answered with: not a dry run, nor a refusal of before the writer."""
    refusals = ("exists", "conflict", "precondition-failed")
    return not operation.get("dry_run") and (answer["status"] < 400 or answer["code"] in refusals)


def condition_headers(operation):
    if not operation.get("condition"):
        return {}
    kind, which = operation["condition"]
    value = which if which == "*" else ", ".join(f'"{one}"' for one in which)
    return {"If-Match" if kind == "match" else "If-None-Match": value}
