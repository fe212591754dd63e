# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that must not become records, for each type."""

import pytest

from hostile import assert_refused, unharmed

# For every type: what breaks out of a line, a file, a scanner.
EVERYWHERE = [
    "", " ", "\n", "192.0.2.1\nb 300 IN A 6.6.6.6", "x\r\ny", "\x00", "a\x00b", "$INCLUDE /etc/passwd",
    "\n$INCLUDE /etc/passwd", "$GENERATE 1-10 a A 1.2.3.$", "( x", "x )", "(\n)", ";", "; comment", "\\",
    "\\#", "\\# ", "\\# 4", "\\# 4 aabbcc", "\\# 4 aabbccddee", "\\# -1 aa", "\\# 65536 00", "\\# x aa",
    "\\# 1 zz", "\\# 0 00", "\\# 99999999999999999999 00", "\\#4 c0000201", "@", "*", "\x7f", "ä",
    "\x0b", "a" * 70000, "\u2028", "\ud800",
]  # fmt: skip

TYPES = {
    "A": ["1.2.3", "1.2.3.4.5", "256.1.1.1", "010.1.1.1", "0x7f.1", "1.2.3.-4", "1.2.3.4 ", " 1.2.3.4",
          "1.2.3.4 5", "1.2.3.4/24", "::1", "localhost", "127.1", "2130706433", "1.2.3.04", "1..2.3",
          "1.2.3.4.", "１.2.3.4", "\\# 5 0102030405", "\\# 3 010203"],
    "AAAA": ["1.2.3.4", ":::", "::g", "1::2::3", "fe80::1%eth0", "12345::", "1:2:3:4:5:6:7",
             "1:2:3:4:5:6:7:8:9", "[::1]", "::1/128", "::1 ", "::ffff:300.1.1.1", "\\# 4 01020304"],
    "AFSDB": ["host.example.com", "65536 a.example.com", "-1 a.example.com", "1", "1 a b"],
    "APL": ["1:1.2.3.4/33", "2:::1/129", "x:1.2.3.4/8", "1:1.2.3.4", "!!1:1.2.3.4/8"],
    "CAA": ["256 issue \"x\"", "-1 issue \"x\"", "0 \"\" \"x\"", "0 issue", "0 is sue \"x\"",
            "0 issue \"x\" \"y\"", "issue x", "0 iss-ue \"x\""],
    "CDS": ["1 8 2", "1 8 2 aabb", "1 8 2 " + "ab" * 31, "65536 8 2 " + "ab" * 32, "1 8 1 " + "ab" * 32,
            "x 8 2 " + "ab" * 32],
    "CERT": ["1 2 3 !!!", "65536 2 3 AQID", "1 2"],
    "CNAME": ["a..b", ".a", "a b", "a" * 64 + ".example.com", "x" * 300, "a.example.com b.example.com"],
    "DNAME": ["a..b", "a b", "a" * 64],
    "DNSKEY": ["257 3 8", "65536 3 8 AQID", "257 256 8 AQID", "257 3 8 !!!", "257 2 8 AQID"],
    "DS": ["1 8 2 aabb", "1 8 2 " + "zz" * 32, "1 8 2 " + "ab" * 33, "-1 8 2 " + "ab" * 32,
           "1 256 2 " + "ab" * 32, "1 8 4 " + "ab" * 32],
    "EUI48": ["00-00-5e-00-53", "00:00:5e:00:53:2a", "zz-00-5e-00-53-2a", "00-00-5e-00-53-2a-2b"],
    "HINFO": ['"' + "a" * 256 + '" "b"', "a", '"a" "b" "c"', '"a'],
    "HTTPS": ["1", "65536 .", "1 . alpn", "1 . alpn=h3 alpn=h2", "1 . port=65536", "1 . key=1",
              "1 . mandatory=alpn", "1 . ipv4hint=::1", "1 . ipv6hint=1.2.3.4", "0x1 .", "1 a b",
              "1 . mandatory=mandatory alpn=h2", "1 . key65535=x", "1 . ipv4hint="],
    "LOC": ["91 N 0 E 0m", "52 22 23 X 4 E 0m", "52 60 0 N 4 E 0m", "0 N 181 E 0m", "52 N"],
    "MX": ["mail.example.com", "65536 mail.example.com", "-1 mail.example.com", "10", "10 a b", "x y",
           "10 a..b", "10 " + "a" * 64 + ".example.com", "1.5 mail.example.com"],
    "NAPTR": ["100 10 S SIP", '65536 10 "S" "x" "" a.', '100 10 "S" "x" "" a b',
              '100 10 "' + "a" * 256 + '" "x" "" .'],
    "NS": ["a..b", "a b", "a" * 64 + ".x"],
    "OPENPGPKEY": ["!!!", "A", "===="],
    "PTR": ["a..b", "a b", "a" * 64],
    "RP": ["a.example.com", "a.example.com b.example.com c.example.com"],
    "SMIMEA": ["3 1 1", "3 1 1 aab", "256 1 1 " + "ab" * 32, "3 1 1 " + "ab" * 31, "3 1 1 zz"],
    "SRV": ["1 1 65536 x.", "1 1 x.", "65536 1 1 x.", "1 65536 1 x.", "-1 1 1 x.", "1 1 1", "1 1 1 a b",
            "1 1 1 a..b"],
    "SSHFP": ["1 1 aabbc", "4 2 zz", "4 2", "256 2 " + "ab" * 32, "4 2 " + "ab" * 31, "4 1 " + "ab" * 32],
    "SVCB": ["1", "1 . key0", "1 svc port=x", "1 svc port=1 port=2", "65536 svc"],
    "TLSA": ["3 1 1 aab", "3 1 1", "256 1 1 " + "ab" * 32, "3 1 1 " + "ab" * 31, "3 1 2 " + "ab" * 32,
             "3 1 1 zz"],
    "TXT": ['"open', '"a" b"', '"' + "a" * 256 + '"', '"a" x "', '"\\256"', '"\\25"', '"a\nb"',
            '"a"\n"b"', '"x" ; y', '"x" (', '"a"b'],
    "URI": ["10 1", "65536 1 \"x\"", "10 1 x y", '10 1 ""'],
    "TYPE65280": ["abcd", "\"text\"", "1 2 3", "\\# 1", "\\# 2 aabbcc"],
}  # fmt: skip

# Plain text is what TXT is for: of EVERYWHERE only these are no text.
TXT_REFUSED = {"a" * 70000, "\ud800"}


def hostile_values(kind):
    if kind != "TXT":
        return EVERYWHERE + TYPES[kind]
    return sorted(TXT_REFUSED) + TYPES["TXT"]


@pytest.mark.parametrize("kind", TYPES)
def test_hostile_values(service, admin, zone, kind):
    with unharmed(service, admin, zone):
        for value in hostile_values(kind):
            body = {"name": f"v.{zone}", "record_type": kind, "value": value}
            problem = assert_refused(admin.call("POST", "/records", body=body), value)
            assert problem["code"] in (
                "invalid-record", "bad-request", "conflict", "unsupported-type", "too-large",
                "invalid-name",
            ), value  # fmt: skip
            answer = admin.call("PUT", f"/records/v.{zone}/{kind}", body={"values": [value]})
            assert_refused(answer, value)


def test_hostile_text_is_only_text(service, admin, zone):
    """Each of these is a valid TXT; none of them becomes anything else."""
    texts = [text for text in EVERYWHERE if text not in TXT_REFUSED and text != "\\"] + [
        "x\n@ 300 IN A 6.6.6.6", "evil. 300 IN A 6.6.6.6", "\\032", "a\\", "\"", "v=spf1 ; -all",
    ]  # fmt: skip
    with unharmed(service, admin, zone):
        for text in texts:
            answer = admin.call("PUT", f"/records/text.{zone}/TXT", body={"values": [text]})
            if text.startswith('"'):
                assert_refused(answer, text)
                continue
            assert answer.status_code in (200, 201), (text, answer.text)
            lines = [line for line in service.zone_lines(zone) if line.startswith("text.")]
            assert len(lines) <= 1
        admin.delete(f"/records/text.{zone}/TXT")


def test_the_same_value_twice(service, admin, zone):
    with unharmed(service, admin, zone):
        for kind, values in [
            ("A", ["192.0.2.1", "192.0.2.1"]), ("AAAA", ["2001:db8::1", "2001:DB8:0::1"]),
            ("MX", ["10 a.example.com", "10 A.Example.com."]), ("TXT", ["a", '"a"']),
            ("TXT", ["a", '"\\097"']), ("A", ["192.0.2.1", "\\# 4 c0000201"]),
        ]:  # fmt: skip
            answer = admin.call("PUT", f"/records/d.{zone}/{kind}", body={"values": values})
            assert_refused(answer, values)


def test_too_much_for_a_message(service, admin, zone):
    """65,535 octets is the most a DNS message holds."""
    with unharmed(service, admin, zone):
        values = ["x%05d" % number + "y" * 240 for number in range(300)]
        answer = admin.call("PUT", f"/records/big.{zone}/TXT", body={"values": values})
        assert_refused(answer, "300 texts of 246 octets")
        values = [f"10.{n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(6000)]
        assert_refused(
            admin.call("PUT", f"/records/big.{zone}/A", body={"values": values}), "6000 addresses"
        )


def test_values_of_the_wrong_shape(service, admin, zone):
    with unharmed(service, admin, zone):
        path = f"/records/s.{zone}/A"
        for values in [None, 5, "192.0.2.1", {}, [], [None], [5], [[]], [{}], ["192.0.2.1", 5],
                       [True], [["192.0.2.1"]]]:  # fmt: skip
            assert_refused(admin.call("PUT", path, body={"values": values}), values)
            assert_refused(admin.call("PATCH", path, body={"add": values}), values)
        for value in [None, 5, [], {}, True, ["192.0.2.1"]]:
            body = {"name": f"s.{zone}", "record_type": "A", "value": value}
            assert_refused(admin.call("POST", "/records", body=body), value)
