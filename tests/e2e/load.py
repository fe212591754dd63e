# SPDX-License-Identifier: GPL-3.0-or-later
"""Writers that note what was acknowledged, and a reader of zone files that looks for torn ones."""

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


RECORD = re.compile(r"^\S+\s+\d+\s+IN\s+\S+\s+.*$")


class FileWatcher:
    """Reads zone files all the time; each reading has to be a whole file."""

    def __init__(self, service, zone):
        self.path = service.home / "zones" / f"db.{zone}"
        self.zone = zone
        self.torn, self.readings = [], 0
        self.last_serial = None
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
            try:
                text = self.path.read_text()
            except FileNotFoundError:
                time.sleep(0.01)
                continue
            self.readings += 1
            reason = self.fault(text)
            if reason:
                self.torn.append(reason)
            time.sleep(0.002)

    def fault(self, text):
        lines = [line for line in text.splitlines() if line and not line.startswith(";")]
        if not text.endswith("\n") or not lines:
            return f"no last newline or nothing: {text[-80:]!r}"
        for line in lines:
            if not RECORD.match(line):
                return f"half a line: {line!r}"
        if " SOA " not in lines[0].replace("\t", " "):
            return f"no SOA first: {lines[0]!r}"
        serial = int(re.split(r"\s+", lines[0])[6])
        if self.last_serial is not None and serial < self.last_serial:
            return f"the serial went back from {self.last_serial} to {serial}"
        self.last_serial = serial
        return None
