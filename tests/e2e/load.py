# SPDX-License-Identifier: GPL-3.0-or-later
"""Writers that note what was acknowledged, and a reader of zone files that looks for torn ones."""

import itertools
import re
import threading
import time

import requests


class Writers:
    """Threads that PUT one address into one name after the other, and remember what was promised.

    `acknowledged[name]` is the last value that got 200 or 201; `attempted[name]` all values sent since
    then: after a crash one of both must be there.
    """

    def __init__(self, service, zone, count=6):
        self.service, self.zone = service, zone
        self.acknowledged, self.attempted = {}, {}
        self.statuses = []
        self.other = []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(n,)) for n in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def write(self, number):
        session = requests.Session()
        headers = {"Authorization": f"Bearer {self.service.admin_token}"}
        turn = 0
        while not self.ending.is_set():
            turn += 1
            name = f"w{number}-{turn % 5}.{self.zone}"
            value = f"10.{number}.{turn // 250 % 250}.{turn % 250}"
            self.attempted.setdefault(name, set()).add(value)
            try:
                answer = session.put(
                    f"{self.service.api}/records/{name}/A", json={"values": [value]},
                    headers=headers, timeout=15,
                )  # fmt: skip
            except requests.RequestException as error:
                self.other.append(type(error).__name__)
                time.sleep(0.02)
                continue
            self.statuses.append(answer.status_code)
            if answer.status_code in (200, 201):
                self.acknowledged[name] = value
                self.attempted[name] = set()
            else:
                time.sleep(0.02)

    def check(self, client):
        """Every acknowledged write is there, or a later one that was sent."""
        assert self.acknowledged
        for name, value in self.acknowledged.items():
            found = client.values(name, "A")
            possible = {value} | self.attempted[name]
            assert found and found <= possible, f"{name}: {found}, acknowledged {value}"


class Book:
    """Threads that create, replace and delete records in several zones, each name by one thread only.

    `states[name]` holds the values (None: no record) that the name may have now: one when the last call
    was answered, more when calls stayed without an answer.
    """

    def __init__(self, service, zones, count=6):
        self.service, self.zones = service, zones
        self.states, self.change_ids, self.request_ids = {}, [], []
        self.statuses, self.broken = [], 0
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(n,)) for n in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def write(self, number):
        """Every name is made, then replaced or deleted or left; one name is replaced again and again."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.service.admin_token}"
        last_id = 0
        for turn in itertools.count():
            zone = self.zones[turn % len(self.zones)]
            name, value = f"b{number}-{turn}.{zone}", f"10.{number}.{turn // 250 % 250}.{turn % 250}"
            hot = f"hot{number}.{zone}"
            steps = [("POST", name, value), ("PUT", hot, value)]
            if turn % 3 == 1:
                steps.append(("PUT", name, f"172.16.{turn // 250 % 250}.{turn % 250}"))
            if turn % 3 == 2:
                steps.append(("DELETE", name, None))
            for method, owner, wanted in steps:
                if self.ending.is_set():
                    return
                last_id = self.step(session, method, owner, wanted, last_id)

    def step(self, session, method, name, value, last_id):
        request_id = f"{name.split('.')[0]}-{method}-{time.monotonic_ns()}"
        before = self.states.get(name, {None})
        self.states[name] = before | {value}
        body = {"POST": {"name": name, "record_type": "A", "value": value}, "PUT": {"values": [value]}}.get(method)
        path = "/records" if method == "POST" else f"/records/{name}/A"
        try:
            answer = session.request(
                method, self.service.api + path, json=body, headers={"X-Request-Id": request_id}, timeout=20
            )
        except requests.RequestException:
            self.broken += 1
            time.sleep(0.02)
            return last_id
        self.statuses.append(answer.status_code)
        if answer.status_code in (200, 201):
            self.states[name] = {value}
            self.request_ids.append(request_id)
            change_id = int(answer.headers.get("Change-Id", last_id + 1))
            assert change_id > last_id, (name, change_id, last_id)
            if "Change-Id" in answer.headers:
                self.change_ids.append(change_id)
            return change_id
        if answer.status_code == 404 and method == "DELETE":
            # nginx sent it again after its first run's connection broke.
            self.states[name] = {None}
        elif answer.status_code >= 500:
            time.sleep(0.02)
        else:
            raise AssertionError((method, name, answer.status_code, answer.text))
        return last_id

    @property
    def acknowledged(self):
        return len(self.request_ids)

    def check(self, client):
        """What the API shows of every name is what was acknowledged; returns it."""
        assert len(set(self.change_ids)) == len(self.change_ids), "a change id was given twice"
        found = {}
        for zone in self.zones:
            path = f"/records?zone={zone}&record_type=A&limit=1000"
            while path:
                page = client.get(path).json()
                found |= {record["name"]: record["value"] for record in page["data"]}
                path = page["next"] and f"/records?zone={zone}&record_type=A&limit=1000&cursor={page['next']}"
        wrong = [
            (name, found.get(name), states)
            for name, states in self.states.items()
            if found.get(name) not in states
        ]
        assert not wrong, f"{len(wrong)} of {len(self.states)}: {wrong[:5]}"
        return {name: found.get(name) for name in self.states}


RECORD = re.compile(r"^\S+ \d+ IN \S+ \S.*$")


class FileWatcher:
    """Reads the zone files all the time; each reading has to be a whole file, the same for the same serial."""

    def __init__(self, service, *zones):
        self.paths = {zone: service.home / "zones" / f"db.{zone}" for zone in zones}
        self.torn, self.readings = [], 0
        self.last = {}
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        assert self.readings > 0
        assert not self.torn, self.torn[:3]

    def watch(self):
        while not self.ending.is_set():
            for zone, path in self.paths.items():
                try:
                    text = path.read_text()
                except FileNotFoundError:
                    continue
                self.readings += 1
                reason = self.fault(zone, text)
                if reason:
                    self.torn.append(f"{zone}: {reason}")
            time.sleep(0.005)

    def fault(self, zone, text):
        last_serial, last_text = self.last.get(zone, (None, None))
        if text == last_text:
            return None
        lines = text.split("\n")
        if lines.pop() != "" or not lines:
            return f"no last newline or nothing: {text[-80:]!r}"
        if not re.match(rf"{re.escape(zone)}\. \d+ IN SOA ", lines[0]):
            return f"no SOA first: {lines[0]!r}"
        for number, line in enumerate(lines):
            if not RECORD.match(line) or (number and " IN SOA " in line):
                return f"line {number}: {line!r}"
        serial = int(lines[0].split()[6])
        if last_serial is not None and serial <= last_serial:
            return f"the serial went from {last_serial} to {serial}, the content changed"
        self.last[zone] = (serial, text)
        return None
