# SPDX-License-Identifier: GPL-3.0-or-later
"""`coregate` against the whole service: records, zones, verify, and what the exit status says."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from command import Command
from ports import free_port

OK, FAILED, USAGE, NOT_FOUND, CONFLICT, REFUSED, UNAVAILABLE, NOT_YET, INVALID = range(9)


@pytest.fixture
def coregate(service, tmp_path):
    return Command(tmp_path, service.api, service.admin_token)


def test_the_life_of_a_record(service, admin, zone, coregate):
    name = f"www.{zone}"
    rows = coregate.lines("record", "add", name, "A", "192.0.2.1", "--ttl", 60)
    assert rows[0] == ["NAME", "TYPE", "TTL", "VALUE", "ZONE"]
    assert rows[1] == [name, "A", "60", "192.0.2.1", zone]
    assert rows[2][0] == "change"
    result = coregate.run("record", "add", name, "A", "192.0.2.1", status=CONFLICT)
    assert result.stderr == f"coregate: {name} A has this value already (exists)\n"
    coregate.run("record", "set", name, "A", "192.0.2.2", "192.0.2.3")
    assert admin.values(name, "A") == {"192.0.2.2", "192.0.2.3"}
    assert [row[3] for row in coregate.lines("record", "get", name, "A")[1:3]] == ["192.0.2.2", "192.0.2.3"]
    assert coregate.lines("record", "remove", name, "A", "192.0.2.2")[0] == ["deleted", "1"]
    coregate.run("record", "remove", name, "A")
    assert admin.values(name, "A") is None
    coregate.run("record", "remove", name, "A", status=NOT_FOUND)
    coregate.run("record", "get", name, "A", status=NOT_FOUND)


def test_json_is_what_the_api_says(admin, zone, coregate):
    admin.put(f"/records/t.{zone}/TXT", {"values": ['say "hi" \\ ü', "b"]})
    path = f"/records/t.{zone}/TXT"
    assert coregate.json("record", "get", f"t.{zone}", "TXT") == admin.get(path).json()["data"]
    shown, told = coregate.json("zone", "show", zone), admin.get(f"/zones/{zone}").json()["data"]
    # CoreDNS may have come to serve it in between.
    assert shown.pop("served")[0]["address"] == told.pop("served")[0]["address"]
    assert shown == told
    listed = admin.get(f"/records?zone={zone}").json()["data"]
    assert coregate.json("record", "list", "--zone", zone) == listed
    assert coregate.json("record", "list", "--zone", zone, "--name", f"none.{zone}") == []
    problem = coregate.json("record", "get", f"none.{zone}", "A", status=NOT_FOUND)
    assert (problem["code"], problem["success"]) == ("not-found", False)


def test_lists_go_on_to_their_end_or_their_limit(admin, zone, coregate):
    values = [f"10.{number >> 8}.{number & 255}.1" for number in range(1400)]
    admin.put(f"/records/many.{zone}/A", {"values": values[:700]})
    admin.put(f"/records/more.{zone}/A", {"values": values[700:]})
    rows = coregate.json("record", "list", "--under", zone, "--type", "A")
    assert sorted(row["value"] for row in rows) == sorted(values)
    assert len(coregate.lines("record", "list", "--zone", zone, "--type", "A")) == 1401
    assert len(coregate.json("record", "list", "--zone", zone, "--limit", 1001)) == 1001
    assert len(coregate.json("record", "list", "--zone", zone, "--limit", 3)) == 3


def test_the_life_of_a_zone(admin, coregate):
    name = "life.test"
    coregate.run("zone", "create", name, "--ns", "ns1.example.com", "--ns", "ns2.example.com",
                 "--contact", f"me@{name}", "--ttl", 77)  # fmt: skip
    assert admin.values(name, "NS") == {"ns1.example.com", "ns2.example.com"}
    coregate.run("zone", "create", name, "--ns", "ns1.example.com", status=CONFLICT)
    assert [name] == [row[0] for row in coregate.lines("zone", "list") if row[0] == name]
    shown = coregate.lines("zone", "show", name)
    assert ["name", name] in shown and ["soa", "rname", f"me.{name}"] in shown
    result = coregate.run("zone", "delete", name, status=INVALID)
    assert "\n  ?confirm: " in result.stderr
    coregate.run("zone", "delete", name, "--confirm", name)
    coregate.run("zone", "show", name, status=NOT_FOUND)


def test_verify_asks_coredns(admin, zone, coregate):
    admin.put(f"/records/v.{zone}/A", {"values": ["192.0.2.1"]})
    verify = ["verify", f"v.{zone}", "A"]
    shown = coregate.lines(*verify, "--expect", "192.0.2.1", "--wait", 20)
    assert ["verified", "yes"] in shown and ["answers", "192.0.2.1"] in shown
    result = coregate.run(*verify, "--expect", "192.0.2.9", status=NOT_YET)
    assert result.stderr == "coregate: CoreDNS does not answer so\n"
    result = coregate.run(*verify, "--expect", "192.0.2.9", "-q", status=NOT_YET)
    assert (result.stdout, result.stderr) == ("", "")
    assert coregate.json(*verify)["verified"] is True


def test_quiet_says_nothing_but_problems(zone, coregate):
    for arguments in (["record", "add", f"q.{zone}", "A", "192.0.2.1"], ["record", "list"], ["zone", "list"]):
        result = coregate.run(*arguments, "-q")
        assert (result.stdout, result.stderr) == ("", "")
    result = coregate.run("record", "get", f"none.{zone}", "A", "--quiet", "--json", status=NOT_FOUND)
    assert result.stdout == "" and "not-found" in result.stderr


def test_each_fault_has_a_line(zone, coregate):
    result = coregate.run("record", "set", f"w.{zone}", "A", "300.1.1.1", "::1", status=INVALID)
    first, *faults = result.stderr.splitlines()
    assert first.startswith("coregate: ") and first.endswith("(invalid-record)")
    assert [line.split(":")[0] for line in faults] == ["  values/0", "  values/1"]


def test_preconditions(admin, zone, coregate):
    admin.put(f"/records/p.{zone}/A", {"values": ["192.0.2.1"]})
    tag = admin.get(f"/records/p.{zone}/A").headers["ETag"].strip('"')
    assert ["etag", f'"{tag}"'] in coregate.lines("record", "get", f"p.{zone}", "A")
    coregate.run("record", "set", f"p.{zone}", "A", "192.0.2.2", "--if-match", tag)
    coregate.run("record", "set", f"p.{zone}", "A", "192.0.2.3", "--if-match", tag, status=CONFLICT)
    coregate.run("record", "remove", f"p.{zone}", "A", "--if-match", tag, status=CONFLICT)
    assert admin.values(f"p.{zone}", "A") == {"192.0.2.2"}


def test_who_may_not_is_refused(service, zone, tmp_path):
    grant = json.dumps({"z": [zone], "n": ["v"], "t": ["A"], "a": "r"})
    coregate = Command(tmp_path, service.api, service.issue_token("--grant", grant))
    assert "not-permitted" in coregate.run("record", "set", f"v.{zone}", "A", "192.0.2.1", status=REFUSED).stderr
    coregate.environment["COREGATE_TOKEN"] = "v4.public.nonsense"
    assert "bad-token" in coregate.run("zone", "list", status=REFUSED).stderr


def test_nobody_answers(coregate):
    api = f"http://127.0.0.1:{free_port()}"
    result = coregate.run("zone", "list", "--api", api, status=UNAVAILABLE)
    assert result.stderr.startswith(f"coregate: {api}/api/v1/dns: ")


@pytest.mark.parametrize("arguments", [["record"], ["record", "get"], ["record", "get", "a"],
    ["record", "get", "a", "A", "b"], ["record", "list", "a"], ["record", "add", "a", "A"], ["record", "fly"],
    ["zone", "import", "a"], ["verify"], ["record", "add", "a", "A", "1", "--ttl", "x"], ["zone", "list", "--token", "x"],
    ["record", "list", "--wait", "3"], ["zone", "list", "--api", "dns.example.com"]])  # fmt: skip
def test_wrong_usage_sends_nothing(coregate, arguments):
    result = coregate.run(*arguments, status=USAGE)
    assert result.stdout == "" and result.stderr


def test_tokens_come_from_files_and_the_environment(service, coregate, tmp_path):
    del coregate.environment["COREGATE_TOKEN"]
    assert "--token-file" in coregate.run("zone", "list", status=USAGE).stderr
    token = service.home / "admin.token"
    coregate.run("zone", "list", "--token-file", token)
    coregate.run("zone", "list", environment={"COREGATE_TOKEN_FILE": str(token)})
    coregate.run("zone", "list", "--token-file", "-", stdin=None, input=token.read_text())
    del coregate.environment["COREGATE_API"]
    (tmp_path / ".config").mkdir()
    file = tmp_path / ".config/coregate.conf"
    file.write_text(f'api = "{service.api}"\ntoken_file = "{token}"\n')
    coregate.run("zone", "list")
    file.write_text(f'api = "{service.api}"\ntoken = "{service.admin_token}"\n')
    file.chmod(0o644)
    result = coregate.run("zone", "list", status=FAILED)
    assert "others may read it" in result.stderr and service.admin_token not in result.stderr
    file.chmod(0o600)
    coregate.run("zone", "list")
    file.write_text('port = 3\n')
    assert "no such option" in coregate.run("zone", "list", status=FAILED).stderr


def test_nothing_raw_reaches_the_terminal(admin, zone, coregate):
    admin.put(f"/records/c.{zone}/TXT", {"values": ['"\\027[31m\\007"', "‮abc"]})
    text = coregate.run("record", "list", "--zone", zone).stdout
    assert not [letter for letter in text if ord(letter) < 32 and letter != "\n"]
    assert "\u202e" not in text and "\\u{202e}" in text
    result = coregate.run("record", "get", "a\x1b[31m.test", "A", status=INVALID)
    assert "\x1b" not in result.stderr


def on_terminal(coregate, columns, *arguments):
    """What a terminal of that width is sent."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [coregate.program, *arguments], env=coregate.environment, stdin=subprocess.DEVNULL,
        stdout=follower, stderr=follower,
    )  # fmt: skip
    os.close(follower)
    pieces = []
    try:
        while piece := os.read(leader, 65536):
            pieces.append(piece)
    except OSError:  # the other end is closed
        pass
    os.close(leader)
    return process.wait(30), b"".join(pieces).decode()


def test_tables_fit_the_terminal(admin, zone, coregate):
    admin.put(f"/records/wide.{zone}/TXT", {"values": ["x" * 200]})
    status, text = on_terminal(coregate, 60, "record", "list", "--zone", zone)
    lines = text.split("\r\n")
    assert status == 0 and max(map(len, lines)) == 60 and "…" in text
    assert "x" * 200 in coregate.run("record", "list", "--zone", zone).stdout


def test_help_comes_from_the_table(coregate):
    assert "record add NAME TYPE VALUE…" in coregate.run("--help").stdout
    text = coregate.run("record", "--help").stdout
    assert "record remove NAME TYPE [VALUE…]" in text and "zone" not in text
    text = coregate.run("record", "add", "--help").stdout
    assert text.startswith("usage: coregate record add NAME TYPE VALUE…") and "--expires TIME" in text
    assert "--expires" not in coregate.run("zone", "list", "--help").stdout
    assert coregate.run("verify", "--help").stdout.startswith("usage: coregate verify NAME TYPE")


def test_the_manual_page_has_every_option(coregate, source_dir):
    page = (source_dir / "docs/man/coregate.1").read_text()
    commands = [line.split() for line in coregate.run("--help").stdout.splitlines() if line.startswith("  ")]
    assert len(commands) > 25
    for first, second, *_ in commands:
        words = [first] if first == "verify" else [first, second]
        for option in re.findall(r"^  --([a-z-]+)", coregate.run(*words, "--help").stdout, re.MULTILINE):
            assert option == "help" or re.search(rf"Fl -?(q , -)?{option}\b", page), (words, option)


def complete(coregate, source_dir, *words):
    """What bash offers for the last word."""
    script = (
        f"source {source_dir}/config/bash-completion/coregate; COMP_WORDS=(\"$@\"); "
        "COMP_CWORD=$(($# - 1)); _coregate; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    result = subprocess.run(
        ["bash", "-c", script, "bash", "coregate", *words], capture_output=True, text=True,
        env=coregate.environment, cwd=coregate.home, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert result.stderr == ""
    return result.stdout.split()


def test_bash_completes(zone, coregate, source_dir):
    assert complete(coregate, source_dir, "re") == ["record"]
    assert complete(coregate, source_dir, "record", "re") == ["remove"]
    assert set(complete(coregate, source_dir, "record", "")) == {"list", "get", "add", "set", "remove"}
    assert complete(coregate, source_dir, "record", "add", "--e") == ["--expires"]
    assert complete(coregate, source_dir, "verify", "--e") == ["--expect"]
    assert complete(coregate, source_dir, "key", "generate", "--o") == ["--out"]
    assert complete(coregate, source_dir, "zone", "import", "x", "y", "--mode", "r") == ["replace"]
    assert complete(coregate, source_dir, "zone", "show", zone) == [zone]
    assert complete(coregate, source_dir, "record", "list", "--zone", zone) == [zone]
