# SPDX-License-Identifier: GPL-3.0-or-later
"""What hostile input is held to: refused with 4xx and a problem, nothing changed, nobody died."""

import itertools

from harness import wait_until

_numbers = itertools.count(1)


def short_id(value):
    """A name for one input of many: printable ASCII, not too long."""
    text = ascii(value)[1:-1] if isinstance(value, str) else ascii(value)
    text = text.replace("[", "(").replace("]", ")")
    return (text if len(text) <= 48 else f"{text[:40]}...{len(text)}") or "empty"


class Target:
    """A zone of its own that hostile input aims at. check() finds out whether anything was hit."""

    def __init__(self, service):
        self.service = service
        self.admin = service.client()
        self.zone = f"hostile{next(_numbers)}.test"
        body = {"name": self.zone, "nameservers": ["ns1.example.com"]}
        self.admin.post("/zones", body)
        self.admin.put(f"/records/before.{self.zone}/A", {"values": ["192.0.2.1"]})
        service.wait_served(f"before.{self.zone}", "A", ["192.0.2.1"])
        self.complaints = len(self.coredns_complaints())
        self.state = self.look()

    def coredns_complaints(self):
        """But that a file is gone, which it is when its zone was deleted."""
        lines = self.service.logs("coredns")
        return [line for line in lines if "[ERROR]" in line and "no such file" not in line]

    def record_lines(self):
        """The lines of the zone file but the SOA's, whose serial moves."""
        return sorted(line for line in self.service.zone_lines(self.zone) if " IN SOA " not in line)

    def look(self):
        listed = self.admin.get(f"/records?zone={self.zone}&limit=1000").json()["data"]
        return {
            "processes": self.service.process_ids(),
            "zones": [zone["name"] for zone in self.admin.get("/zones?limit=1000").json()["data"]],
            "files": sorted(path.name for path in (self.service.home / "zones").iterdir()),
            "records": [record for record in listed if record["record_type"] != "SOA"],
            "lines": self.record_lines(),
        }

    def check(self):
        """Only what was there before is there now, in the store, on disk and in DNS."""
        assert self.look() == self.state
        # One more change makes the publisher write what the store holds by now.
        self.admin.put(f"/records/after.{self.zone}/A", {"values": ["192.0.2.2"]})
        self.service.wait_served(f"after.{self.zone}", "A", ["192.0.2.2"])
        added = f"after.{self.zone}. 300 IN A 192.0.2.2"
        assert self.record_lines() == sorted([*self.state["lines"], added])
        assert self.service.answers(f"before.{self.zone}", "A")[1] == {"192.0.2.1"}
        complaints = self.coredns_complaints()
        assert len(complaints) == self.complaints, complaints[-3:]
        self.admin.delete(f"/records/after.{self.zone}/A")
        wait_until(lambda: self.record_lines() == self.state["lines"], what="the file as before")

    def drop(self):
        self.admin.delete(f"/zones/{self.zone}?confirm={self.zone}")

    # ---- sending

    def refused(self, method, path, codes=None, **options):
        """A call that has to be refused; the problem."""
        return assert_refused(self.admin.call(method, path, **options), codes)

    def refused_record(self, kind, value, codes, owner="hit"):
        """A value in each of the calls that take one."""
        name = f"{owner}.{self.zone}"
        body = {"name": name, "record_type": kind, "value": value}
        problem = self.refused("POST", "/records", codes, body=body)
        self.refused("PUT", f"/records/{name}/{kind}", codes, body={"values": [value]})
        self.refused("PATCH", f"/records/{name}/{kind}", codes, body={"add": [value]})
        return problem


def assert_refused(answer, codes=None):
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["detail"] and problem["code"]
    assert codes is None or problem["code"] in codes, answer.text[:500]
    return problem
