#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An import of many records: how long it takes, how much memory, and what others notice of it meanwhile.

usage: BUILD_DIR=build [COREDNS=...] zone_import.py [RECORDS]
Starts a service of its own with scripts/run. Prints the seconds of an import into an empty zone, of the same
again and of an export; the milliseconds of another client's writes and reads during each; and the most memory
that each kind of process ever had resident, in MiB.
"""

import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Service  # noqa: E402

PAUSE_S = 0.005


def zone_text(count):
    order = list(range(count - 2))
    random.Random(1).shuffle(order)
    head = "@ 300 IN SOA ns1.example.net. box.example.net. 1 60 60 604800 300\n@ 300 IN NS ns1.example.net.\n"
    body = (f"h{i:07}.big.test. 300 IN A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n" for i in order)
    return (head + "".join(body)).encode()


class Others:
    """A client that writes one RRset after the other, and one that reads them."""

    def __init__(self, service):
        self.service, self.stopped, self.bad = service, False, 0
        self.times = {"write": [], "read": []}
        self.threads = [threading.Thread(target=self.run, args=(kind,)) for kind in self.times]
        for thread in self.threads:
            thread.start()

    def run(self, kind):
        session, i = requests.Session(), 0
        session.headers["Authorization"] = "Bearer " + self.service.admin_token
        while not self.stopped:
            url = f"{self.service.api}/records/w{i % 50}.example.com/A"
            start = time.monotonic()
            if kind == "write":
                answer = session.put(url, json={"values": [f"192.0.2.{i % 250}"]})
            else:
                answer = session.get(url)
            self.times[kind].append(time.monotonic() - start)
            self.bad += answer.status_code >= 500
            i += 1
            time.sleep(PAUSE_S)

    def report(self, what, seconds):
        line = f"{what:28} {seconds:6.1f} s"
        for kind, times in self.times.items():
            taken, times[:] = sorted(times), []
            p50, p99 = (taken[int(len(taken) * part)] * 1000 for part in (0.5, 0.99))
            line += f"   {kind} ({len(taken)}) p50 {p50:.1f} p99 {p99:.1f} max {taken[-1] * 1000:.1f} ms"
        print(line + f"   failed {self.bad}", flush=True)

    def stop(self):
        self.stopped = True
        for thread in self.threads:
            thread.join()


def peaks(service):
    most = {}
    for pid, role in service.children().items():
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                most[role] = max(most.get(role, 0), int(line.split()[1]) >> 10)
    return most


def measure(service, text):
    headers = {"Authorization": "Bearer " + service.admin_token, "Content-Type": "text/dns"}
    url = service.api + "/zones/big.test"
    others = Others(service)
    time.sleep(3)
    others.report("nothing else", 3)
    for what in ("import into an empty zone", "the same again"):
        start = time.monotonic()
        answer = requests.post(url + "/import", data=text, headers=headers, timeout=300)
        others.report(what, time.monotonic() - start)
        assert answer.status_code == 200, answer.text
        time.sleep(3)
        others.report("after it", 3)
    start = time.monotonic()
    size = len(requests.get(url + "/export", headers=headers, timeout=300).content)
    others.report(f"export of {size >> 20} MiB", time.monotonic() - start)
    others.stop()
    print("MiB resident at most:", peaks(service))


def main():
    text = zone_text(int(sys.argv[1]) if len(sys.argv) > 1 else 1000000)
    home = tempfile.mkdtemp(prefix="coregate-import-")
    service = Service(home + "/home").start()
    service.client().post("/zones", {"name": "big.test", "nameservers": ["ns1.example.net"]})
    print(f"a file of {len(text) / 2**20:.1f} MiB")
    try:
        measure(service, text)
    finally:
        service.stop()
        shutil.rmtree(home)


main()
