# SPDX-License-Identifier: GPL-3.0-or-later
"""CoreDNS loads what the zone renderer writes and serves the very same RDATA, for every type.

tests/unit/dns/dump_types prints a zone with a record of each kind of value, and the same records as
bytes. All stand in one zone file: CoreDNS 1.11.1 cuts a zone short at the first line it cannot read.
"""

import os
import pathlib
import socket
import subprocess
import time

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import pytest

ORIGIN = "types.test."
COREFILE = """.:{port} {{
    bind 127.0.0.1
    auto {{
        directory {folder} ^db\\.(.*)$ {{1}}
        reload 1s
    }}
    errors
}}
"""


def program():
    build = pathlib.Path(os.environ.get("BUILD_DIR", "."))
    path = build / "tests/unit/dns/dump_types"
    if not path.exists():
        pytest.skip(f"{path} is not built (make check builds it)")
    return path


def dump(what):
    return subprocess.run(
        [program(), what], check=True, capture_output=True, text=True, timeout=60
    ).stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, owner, number):
    """The raw RDATA of that type in answer and authority: a delegation's NS stand in the latter."""
    query = dns.message.make_query(dns.name.from_text(owner), dns.rdatatype.RdataType.make(number))
    answer = dns.query.tcp(query, "127.0.0.1", port=port, timeout=5)
    return [
        rdata.to_wire(origin=None).hex()
        for rrset in answer.answer + answer.authority
        for rdata in rrset
        if rrset.rdtype == number
    ]


def wait_until_served(port, process):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "CoreDNS ended"
        try:
            if ask(port, ORIGIN, dns.rdatatype.SOA):
                return
        except (OSError, EOFError, dns.exception.DNSException):
            pass
        time.sleep(0.05)
    pytest.fail("CoreDNS does not serve the zone")


@pytest.fixture(scope="module")
def coredns(tmp_path_factory):
    binary = os.environ.get("COREDNS")
    if not binary:
        pytest.skip("COREDNS is not set")
    home = tmp_path_factory.mktemp("types")
    (home / "zones").mkdir()
    (home / "zones/db.types.test").write_text(dump("zone"))
    port = free_port()
    (home / "Corefile").write_text(COREFILE.format(port=port, folder=home / "zones"))
    with open(home / "log", "w") as log:
        process = subprocess.Popen(
            [binary, "-conf", home / "Corefile"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_until_served(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_every_type_is_served_as_stored(coredns):
    records = [line.split(" ") for line in dump("wire").splitlines()]
    assert len(records) > 400
    different = [
        f"{owner} TYPE{number} {rdata[:80]}"
        for owner, number, rdata in records
        if rdata not in ask(coredns, owner, int(number))
    ]
    assert different == []


def test_soa_is_served_as_stored(coredns):
    # ns.types.test. admin\.x.types.test. 1 2 3 4 5
    zone = "05747970657304746573740" + "0"
    assert ask(coredns, ORIGIN, dns.rdatatype.SOA) == [
        "026e73" + zone + "0761646d696e2e78" + zone + "".join(f"{n:08x}" for n in range(1, 6))
    ]
