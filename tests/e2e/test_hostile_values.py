# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that must not become records, for each type."""

import dns.name
import dns.rdata
import dns.rdatatype
import pytest

from harness import wait_until
from hostile import short_id

CODES = {"invalid-record", "bad-request", "too-large", "invalid-name"}
D32, D20, D48, D64 = "ab" * 32, "ab" * 20, "ab" * 48, "ab" * 64

# For every type: what breaks out of a line, a file, a scanner, a message.
EVERYWHERE = [
    "\n", "192.0.2.1\n", "192.0.2.1\nb 300 IN A 6.6.6.6", "x\r\ny", "\r", "\x00", "a\x00b", "\t", "\x0b", "\x0c", "\x1b",
    "\x7f", "\n$INCLUDE /etc/passwd", "\n$GENERATE 1-10 a A 1.2.3.$", "x\n$ORIGIN evil.", "\n\n", "x\\\ny", "(\n)",
    "( x\n)", "a\n( b", "\ud800", "\udc00x", "x ; y\n", '"\n"', '"x" \n "y"',
]  # fmt: skip

# For every type but TXT, where they are text.
NO_VALUE = [
    "", " ", "$INCLUDE", "$GENERATE 1-10 a A 1.2.3.$", "( x", "x )", "( )", "(", ")", ";", "; comment", ";x", "\\",
    "\\#", "\\# ", "\\# 4", "\\# 4 aabbcc", "\\# 4 aabbccddee", "\\# -1 aa", "\\# 65536 00", "\\# 65535 00", "\\# x aa",
    "\\# 1 zz", "\\# 0 00", "\\# 99999999999999999999 00", "\\# 4 c0000201 ; x", "\\# 4 (c0000201)", "\\#\\# 1 00",
    "\\# 1 0", "\\# 01", "\\# 4 c0 00 02 01 00", "@", "ä", "\u2028", "１", "a" * 140000, "a " * 40000, '"' * 3, '"a', "\\0",
    "\\25", "\\256", "%00", "\ufeff",
]  # fmt: skip

TYPES = {
    "A": ["1.2.3", "1.2.3.4.5", "256.1.1.1", "010.1.1.1", "0x7f.1", "1.2.3.-4", "1.2.3.4 5", "1.2.3.4/24", "::1",
          "localhost", "127.1", "2130706433", "1.2.3.04", "1..2.3", "1.2.3.4.", ".1.2.3.4", "１.2.3.4", "1,2,3,4",
          "\\# 5 0102030405", "\\# 3 010203", "1.2.3.4;x", "1.2.3.4 ; x", "(1.2.3.4)", '"1.2.3.4"', "1.2.3.\\052",
          "00000001.2.3.4", "1.2.3.4.5.6.7.8", "99999999999.1.1.1"],
    "AAAA": ["1.2.3.4", ":::", "::g", "1::2::3", "fe80::1%eth0", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
             "[::1]", "::1/128", "::ffff:300.1.1.1", "\\# 4 01020304", ":", "::1 ::2", "1:2:3:4:5:6:7::8", "::1%1",
             ":1:2:3:4:5:6:7:8", "\\# 17 " + "00" * 17, "::1.2.3", "00000::1"],
    "AFSDB": ["host.example.com", "65536 a.example.com", "-1 a.example.com", "1", "1 a b", "1 a..b"],
    "AMTRELAY": ["10 0 4 .", "10 0 1 ::1", "10 2 1 1.2.3.4", "256 0 1 1.2.3.4", "10 0 3", "10 0 1"],
    "APL": ["1:1.2.3.4/33", "2:::1/129", "x:1.2.3.4/8", "1:1.2.3.4", "!!1:1.2.3.4/8", "3:1.2.3.4/8", "1:1.2.3/8",
            "1:::1/8", "2:1.2.3.4/8", "1:1.2.3.4/-1", "\\# 4 00010004", "\\# 5 0001210101", "\\# 8 00012104c0000200"],
    "CAA": ['256 issue "x"', '-1 issue "x"', '0 "" "x"', "0 issue", '0 is sue "x"', '0 issue "x" "y"', "issue x",
            '0 iss-ue "x"', '0 issue "\\256"', "0", "\\# 1 00", "\\# 2 0005", '0 ' + "a" * 256 + ' "x"', '0 issue "x'],
    "CDS": ["1 8 2", "1 8 2 aabb", "1 8 2 " + "ab" * 31, "65536 8 2 " + D32, "1 8 1 " + D32, "x 8 2 " + D32,
            "0 0 0 01", "0 0 0", "1 8 0 " + D32],
    "CDNSKEY": ["257 3 8", "257 3 8 !!!", "65536 3 8 AQID", "257 3 256 AQID", "\\# 4 01010308"],
    "CERT": ["1 2 3 !!!", "65536 2 3 AQID", "1 2", "1 2 3", "1 2 256 AQID", "\\# 5 0001000203"],
    "CNAME": ["a..b", ".a", "a b", "a" * 64 + ".example.com", "x" * 300, "a.example.com b.example.com", "a.*.b",
              "\\# 3 026161", "\\# 1 40", "\\# 2 c000", "\\# 4 01610100", "ä.example.com", "a\\032b.example.com", "a/ b"],
    "CSYNC": ["66", "4294967296 3 A", "66 65536 A", "66 3 AA", "66 3 TYPE65536", "\\# 8 000000420003000000"[:30],
              "\\# 10 00000042000300020000", "\\# 12 0000004200030101400001"[:32]],
    "DHCID": ["!!!", "A", "AQI"],
    "DNAME": ["a..b", "a b", "a" * 64, "\\# 2 0161", "x" * 300],
    "DNSKEY": ["257 3 8", "65536 3 8 AQID", "257 256 8 AQID", "257 3 8 !!!", "257 3 8 AQ=ID", "\\# 4 01010308",
               "257 3 300 AQID", "257 2 8 AQID"],
    "DS": ["1 8 2 aabb", "1 8 2 " + "zz" * 32, "1 8 2 " + "ab" * 33, "-1 8 2 " + D32, "1 256 2 " + D32,
           "1 8 4 " + D32, "1 8 1 " + D32, "1 8 2", "65536 8 2 " + D32, "1 8 2 " + D32 + "a", "1 8 0 " + D32],
    "EUI48": ["00-00-5e-00-53", "00:00:5e:00:53:2a", "zz-00-5e-00-53-2a", "00-00-5e-00-53-2a-2b", "0-0-5e-0-53-2a"],
    "EUI64": ["00-00-5e-00-53-2a", "00:00:5e:00:53:2a:00:01", "00-00-5e-ef-10-00-00-2", "\\# 7 00005eef100000"],
    "HINFO": ['"' + "a" * 256 + '" "b"', "a", '"a" "b" "c"', '"a', "\\# 2 0500", "\\# 1 00"],
    "HIP": ["2 20 AQ==", "256 20010db8 AQID", "2 2001x AQID", "\\# 4 10020001", "\\# 4 00020000"],
    "HTTPS": ["1", "65536 .", "1 . alpn", "1 . alpn=h3 alpn=h2", "1 . port=65536", "1 . key=1", "1 . mandatory=alpn",
              "1 . ipv4hint=::1", "1 . ipv6hint=1.2.3.4", "0x1 .", "1 a b", "1 . mandatory=mandatory alpn=h2",
              "1 . key65535=x", "1 . key65536=x", "1 . ipv4hint=", "1 . port=", "1 . port=x", "1 . alpn=,", "1 . alpn=",
              "1 . mandatory=", "1 . mandatory=alpn,alpn alpn=h2", "1 . ipv4hint=1.2.3", "1 . ech=!!!", "1 . nosuch=x",
              "1 . no-default-alpn=x", "-1 .", "1 a..b", "1 . alpn=" + "a" * 256, "\\# 3 000100"[:9],
              "\\# 7 00010000010000", "\\# 8 0001000003000100", "\\# 11 0001000003000200350001"[:30],
              "\\# 12 000100000300010000010001"[:32], "\\# 14 0001000003000200350001000000"],
    "IPSECKEY": ["10 1 2", "10 1 2 ::1 AQID", "256 1 2 1.2.3.4 AQID", "10 4 2 . AQID", "10 2 2 1.2.3.4 AQID",
                 "\\# 3 0a0102", "\\# 5 0a01020102"],
    "KX": ["kx.example.com", "65536 kx.example.com", "10", "10 a b"],
    "L32": ["10 1.2.3", "65536 1.2.3.4", "10", "10 ::1"],
    "LOC": ["91 N 0 E 0m", "52 22 23 X 4 E 0m", "52 60 0 N 4 E 0m", "0 N 181 E 0m", "52 N", "52 22 60 N 4 E 0m",
            "\\# 16 01121314800000008000000080000000"[:40], "\\# 15 001213148000000080000000800000",
            "\\# 16 00ff1314800000008000000000989680", "\\# 16 0012131400000000800000000098968 "],
    "MX": ["mail.example.com", "65536 mail.example.com", "-1 mail.example.com", "10", "10 a b", "x y", "10 a..b",
           "10 " + "a" * 64 + ".example.com", "1.5 mail.example.com", "0x10 mail.example.com", "10 1.2.3.4 x",
           "10 a;b c", "\\# 2 000a", "\\# 4 000a0161", "\\# 5 000ac00000", "10 ä.example.com", "+10 mail.example.com"],
    "NAPTR": ["100 10 S SIP", '65536 10 "S" "x" "" a.', '100 10 "S" "x" "" a b', '100 10 "' + "a" * 256 + '" "x" "" .',
              '100 10 "S" "x" "!^.*$!" ', '1 1 "" "" "\\000\\"\\\\;" .', "\\# 8 0001000100000000"[:19], '100 -1 "S" "x" "" .'],
    "NID": ["10 0014:4fff:ff20", "10 0014:4fff:ff20:ee64:0", "65536 0014:4fff:ff20:ee64", "10 0014-4fff-ff20-ee64"],
    "NS": ["a..b", "a b", "a" * 64 + ".x", "a.example.com.b.", "\\# 2 0161", "x" * 300, "1.2.3.4 5"][:3] + ["\\# 2 0161"],
    "NULL": ["text", "1 2", '"x"'],
    "OPENPGPKEY": ["!!!", "A", "====", "AQI", "AQID=", "\\# 0"],
    "PTR": ["a..b", "a b", "a" * 64, "\\# 1 01", "\\# 2 0000"],
    "PX": ["10 a.example.com", "65536 a.example.com b.example.com", "10 a b c"],
    "RP": ["a.example.com", "a.example.com b.example.com c.example.com", "a..b c"],
    "SMIMEA": ["3 1 1", "3 1 1 aab", "256 1 1 " + D32, "3 1 1 " + "ab" * 31, "3 1 1 zz", "3 1 2 " + D32],
    "SRV": ["1 1 65536 x.", "1 1 x.", "65536 1 1 x.", "1 65536 1 x.", "-1 1 1 x.", "1 1 1", "1 1 1 a b", "1 1 1 a..b",
            "1 1 0x50 x.", "\\# 6 000100010001", "1 1 1.5 x.", "1 1 http x."],
    "SSHFP": ["1 1 aabbc", "4 2 zz", "4 2", "256 2 " + D32, "4 2 " + "ab" * 31, "4 1 " + D32, "4 256 " + D32,
              "4 2 " + D32 + "a", "\\# 2 0402"],
    "SVCB": ["1", "1 . key0", "1 svc port=x", "1 svc port=1 port=2", "65536 svc", "1 svc key1", "1 a b c",
             "1 . key1=", "1 . key3=a", "1 . key4=a", "1 . key00001=x", "1 . alpn=a\\\\,b,c"],
    "TLSA": ["3 1 1 aab", "3 1 1", "256 1 1 " + D32, "3 1 1 " + "ab" * 31, "3 1 2 " + D32, "3 1 1 zz", "3 1 1 " + D64,
             "x 1 1 " + D32, "3 1 1 \\171", "\\# 3 030101"],
    "TXT": ['"open', '"a" b"', '"' + "a" * 256 + '"', '"a" x "', '"\\256"', '"\\25"', '"a\nb"', '"a"\n"b"', '"x" ; y',
            '"x" (', '"a"b', '"a""b"', '"', '"a" "', '"a\\"', '"a" $', "x" * 65281, "x" * 70000, '"' + "\\000" * 256 + '"',
            '"a" ' * 40000],
    "URI": ["10 1", '65536 1 "x"', "10 1 x y", '10 1 ""', '10 1 "x', "\\# 4 000a0001", '-1 1 "x"'],
    "WALLET": ['"' + "a" * 256 + '"', '"a', "\\# 1 05"],
    "X25": ["\\# 2 010a", "\\# 1 00", "\\# 2 0230"],
    "ZONEMD": ["1 1 1", "1 1 1 aabb", "4294967296 1 1 " + D48, "1 1 1 " + "ab" * 47, "1 1 2 " + D48, "1 1 1 zz"],
    "TYPE65280": ["abcd", '"text"', "1 2 3", "\\# 1", "\\# 2 aabbcc", "192.0.2.1"],
}  # fmt: skip

# Of NO_VALUE: what is a value of these types all the same. test_odd_values_are_served takes them.
STRINGS = {"$INCLUDE", "@", "%00", "a" * 140000}
FINE = {
    "CNAME": {"%00"}, "DNAME": {"%00"}, "NS": {"%00"}, "PTR": {"%00"},
}  # fmt: skip


def inputs(values_of):
    for kind in TYPES:
        for value in values_of(kind):
            if value not in FINE.get(kind, ()):
                yield pytest.param(kind, value, id=f"{kind}-{short_id(value)}")


@pytest.mark.parametrize("kind, value", inputs(lambda kind: EVERYWHERE + ([] if kind == "TXT" else NO_VALUE)))
def test_no_value_of_any_type(target, kind, value):
    body = {"name": f"hit.{target.zone}", "record_type": kind, "value": value}
    target.refused("POST", "/records", CODES, body=body)


@pytest.mark.parametrize("kind, value", inputs(TYPES.get))
def test_no_value_of_its_type(target, kind, value):
    target.refused_record(kind, value, CODES)


# ---- odd, but values all the same: what is accepted is served, and nothing else

PLAIN_TEXTS = [
    "", " ", "  ", "$INCLUDE /etc/passwd", "$GENERATE 1-10 a A 1.2.3.$", "evil. 300 IN A 6.6.6.6", "@ IN A 6.6.6.6", "(",
    ")", ";", "; comment", "v=spf1 ; -all", "\\", "\\\\", "\\#", "\\# 4 c0000201", "\\065", "\\000", "a\\", "a\"", "a\" \"b",
    "'", "@", "*", "ä", "🎉", "\u2028", "\ufeff", "\u202e", "%s%n", "%00", "<script>", "a" * 255, "a" * 256, "ä" * 200,
    "x" * 254 + "ä", "\\" * 300, '\\"' * 200, "a" * 60000, "null", "{}", "[1]", "=1+1", "`id`", "$(id)", "${x}", "\\n",
]  # fmt: skip

ODD = {
    "A": ["1.2.3.4 ", " 1.2.3.5", "\\# 4 c0000201", "\\#   4   c0000202", "\\# 4 c00002 03", "\\# 4 C0000204", "0.0.0.0",
          "255.255.255.255"],
    "AAAA": ["::1 ", "::", "::ffff:1.2.3.4", "2001:DB8::1", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "64:ff9b::1.2.3.4"],
    "CNAME": ["*"],
    "CSYNC": ["66 3", "0 0 A TYPE65279"],
    "HINFO": ["$INCLUDE /etc/passwd", "a b", '"" ""', '"; x" "(y)"', '"\\000" "\\127"', "\\;a \\(b"],
    "MX": ["0 .", "65535 *.example.com", "00010 a\\.b.example.com", "10 a$.example.com", "10 a\\;b.example.com"],
    "NAPTR": ['1 1 "" "" "" .', '65535 65535 "u" "E2U+sip" "!^.*$!sip:(a);b@x!" .'],
    "NULL": ["\\# 1 00", "\\# 4 0a0d000a"],
    "OPENPGPKEY": ["aaaa" * 16000, "AQ=="],
    "PTR": ["*.example.com", "a\\\\b.example.com", "_x.example.com", "@.example.com", "\\@.example.com"],
    "RP": ["\\#4 c0000201", ". ."],
    "SRV": ["0 0 0 .", "65535 65535 65535 *.example.com"],
    "SVCB": ["0 svc.example.com", "1 . key667=\"a b;(\\\")\"", "65535 . port=0", '1 . key65534=""',
             '1 . alpn="h2,h3" port="443"', "1 . ipv6hint=::,::1 ipv4hint=0.0.0.0"],
    "TXT": ['""', '"" ""', '"\\000\\010\\255"', '"a" "b"', '"$INCLUDE x"', '"a;b" "(c"', '"\\"" "\\\\"', '"\\;\\("',
            '"' + "\\255" * 255 + '"', '"' + "\\200" * 255 + '" "' + "\\\\" * 255 + '"'],
    "CAA": ['255 a ""', '0 issue ";"', '0 issue "\\000\\010\\""', "0 ISSUE x", '0 issue "a b ; c=(d)"'],
    "URI": ['0 0 "x"', '10 1 "a\\"b;(c) \\\\"', '10 1 "\\000\\010"'],
    "TYPE65280": ["\\# 0", "\\# 4 0a240a22"],
    "TYPE65281": ["\\# 60000 " + "24" * 60000],
    "ISDN": ["\\# 4 01310132"],
    "X25": ["\\# 5 0433313130"],
    "LOC": ["0 N 0 E 0m", "90 N 180 W 42849672.95m 0m 0m 0m", "1 2 3.004 S 4 5 6.007 W -100000m 1m 2m 3m"],
}  # fmt: skip


def wire(kind, value):
    """The value in wire form, read by another parser; text as the API takes it."""
    if kind == "TXT" and not value.startswith('"'):
        octets = value.encode("utf-8", "surrogatepass")
        pieces = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
        return b"".join(bytes([len(piece)]) + piece for piece in pieces)
    number = dns.rdatatype.from_text(kind)
    rdata = dns.rdata.from_text("IN", number, value, origin=dns.name.root, relativize=False)
    return rdata.to_digestable()


def served(service, name, kind):
    number = dns.rdatatype.from_text(kind)
    answer = service.query(name, kind)
    return {
        rdata.to_digestable() for rrset in answer.answer if rrset.rdtype == number for rdata in rrset
    }


def odd_inputs():
    for kind, values in [*ODD.items(), ("TXT", PLAIN_TEXTS)]:
        for value in values:
            yield kind, value


def test_odd_values_are_served(target):
    """Each at a name of its own; all of them at once, then one by one from CoreDNS."""
    service, admin, zone = target.service, target.admin, target.zone
    wanted, problems = {}, []
    for number, (kind, value) in enumerate(odd_inputs()):
        name = f"odd{number}.{zone}"
        answer = admin.call("PUT", f"/records/{name}/{kind}", body={"values": [value]})
        if answer.status_code != 201:
            problems.append((kind, value[:60], answer.text[:300]))
            continue
        wanted[name, kind] = value
        # What came out goes in again as the same thing.
        rendered = answer.json()["data"]["values"]
        again = admin.call("PUT", f"/records/{name}/{kind}", body={"values": rendered})
        if again.status_code != 200 or "Change-Id" in again.headers:
            problems.append((kind, value[:60], f"comes out as {rendered[0][:60]}", again.text[:300]))
    name, kind = list(wanted)[-1]
    wait_until(lambda: served(service, name, kind), what="the last one at CoreDNS")
    for (name, kind), value in wanted.items():
        found = served(service, name, kind)
        if found != {wire(kind, value)}:
            problems.append((kind, value[:60], "served", [item[:60] for item in found]))
    lines = len(target.record_lines())
    for name, kind in wanted:
        admin.delete(f"/records/{name}/{kind}")
    assert not problems, "\n".join(map(repr, problems))
    assert lines == len(target.state["lines"]) + len(wanted)
    wait_until(lambda: target.record_lines() == target.state["lines"], what="the file as before")


# ---- several values, wrong shapes


@pytest.mark.parametrize("kind, values", [
    ("A", ["192.0.2.1", "192.0.2.1"]), ("AAAA", ["2001:db8::1", "2001:DB8:0::1"]), ("TXT", ["a", '"a"']),
    ("MX", ["10 a.example.com", "10 A.Example.com."]), ("TXT", ["a", '"\\097"']), ("A", ["192.0.2.1", "\\# 4 c0000201"]),
    ("A", ["192.0.2.1", "192.0.2.1 "]), ("CNAME", ["a.example.com", "b.example.com"]), ("A", ["192.0.2.1", "192.0.2.x"]),
    ("A", ["192.0.2.1\n", "192.0.2.1"]), ("DNAME", ["a.example.com", "b.example.com"]),
], ids=short_id)  # fmt: skip
def test_lists(target, kind, values):
    codes = CODES | {"conflict"}
    target.refused("PUT", f"/records/l.{target.zone}/{kind}", codes, body={"values": values})
    target.refused("PATCH", f"/records/l.{target.zone}/{kind}", codes, body={"add": values})


def test_more_than_a_message_holds(target):
    """65,535 octets is the most that one answer of DNS can be."""
    path = f"/records/big.{target.zone}"
    texts = [f"{number:05d}" + "y" * 240 for number in range(300)]
    target.refused("PUT", f"{path}/TXT", CODES, body={"values": texts})
    target.refused("PATCH", f"{path}/TXT", CODES, body={"add": texts})
    addresses = [f"10.{n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(6000)]
    target.refused("PUT", f"{path}/A", CODES, body={"values": addresses})
    target.refused("PUT", f"{path}/TXT", CODES, body={"values": ["x" * 40000, "y" * 40000]})


@pytest.mark.parametrize("values", [None, 5, "192.0.2.1", {}, [], [None], [5], [[]], [{}], ["192.0.2.1", 5], [True],
                                    [["192.0.2.1"]], [1.5], ["192.0.2.1", None], {"0": "192.0.2.1"}], ids=short_id)  # fmt: skip
def test_wrong_shapes_of_lists(target, values):
    path = f"/records/s.{target.zone}/A"
    codes = CODES | {"empty-change"}
    target.refused("PUT", path, codes, body={"values": values})
    target.refused("PATCH", path, codes, body={"add": values})
    target.refused("PATCH", path, codes, body={"remove": values})


@pytest.mark.parametrize("value", [None, 5, [], {}, True, [5], 3221225985, {"value": "192.0.2.1"}], ids=short_id)
def test_wrong_shapes_of_a_value(target, value):
    body = {"name": f"s.{target.zone}", "record_type": "A", "value": value}
    target.refused("POST", "/records", CODES, body=body)
    target.refused("POST", "/records", CODES, body=body | {"value": "192.0.2.1", "name": value})
    target.refused("POST", "/records", CODES | {"unsupported-type"}, body=body | {"value": "192.0.2.1", "record_type": value})
    target.refused("PUT", f"/records/s.{target.zone}/A", CODES | {"empty-change"}, body={"values": value})
