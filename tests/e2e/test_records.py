# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as clients see them: each call, each status, and what CoreDNS then answers."""

import json
import socket
import struct

import dns.message
import dns.name
import dns.rdata
import dns.rdatatype
import pytest

from harness import wait_until


def test_one_record_from_post_to_dns(service, admin, zone):
    record = {"name": f"web-01.{zone}", "record_type": "A", "value": "192.168.1.10", "ttl": 300}
    answer = admin.post("/records", record)
    data = answer.json()["data"]
    assert {key: data[key] for key in record} == record
    assert answer.headers["Location"].endswith(f"/api/v1/dns/records/web-01.{zone}/A")
    assert answer.headers["Change-Id"]
    service.wait_served(f"web-01.{zone}", "A", ["192.168.1.10"])
    assert service.query(f"web-01.{zone}", "A").answer[0].ttl == 300
    rrset = admin.get(f"/records/web-01.{zone}/A").json()["data"]
    assert rrset == {
        "name": f"web-01.{zone}", "record_type": "A", "ttl": 300, "values": ["192.168.1.10"],
        "zone": zone,
    }  # fmt: skip


def test_a_second_post_of_the_same_exists(admin, zone):
    record = {"name": f"a.{zone}", "record_type": "A", "value": "192.0.2.1"}
    admin.post("/records", record)
    admin.problem("POST", "/records", 409, "exists", body=record)
    admin.problem("POST", "/records", 409, "exists", body=record | {"name": f"A.{zone.upper()}."})


def test_post_adds_to_the_rrset(service, admin, zone):
    for number in range(3):
        admin.post("/records", {"name": f"a.{zone}", "record_type": "A", "value": f"192.0.2.{number}"})
    assert admin.values(f"a.{zone}", "A") == {"192.0.2.0", "192.0.2.1", "192.0.2.2"}
    service.wait_served(f"a.{zone}", "A", ["192.0.2.0", "192.0.2.1", "192.0.2.2"])


def test_default_ttl_is_the_configured_one(admin, zone):
    data = admin.post("/records", {"name": f"a.{zone}", "record_type": "A", "value": "192.0.2.1"})
    assert data.json()["data"]["ttl"] == 300


def test_another_ttl_changes_it_for_the_whole_rrset(service, admin, zone):
    body = {"name": f"a.{zone}", "record_type": "A", "value": "192.0.2.1", "ttl": 60}
    admin.post("/records", body)
    admin.post("/records", body | {"value": "192.0.2.2", "ttl": 120})
    assert admin.get(f"/records/a.{zone}/A").json()["data"]["ttl"] == 120
    service.wait_served(f"a.{zone}", "A", ["192.0.2.1", "192.0.2.2"])
    assert {rrset.ttl for rrset in service.query(f"a.{zone}", "A").answer} == {120}


def test_put_creates_replaces_and_repeats(service, admin, zone):
    path = f"/records/web.{zone}/A"
    body = {"values": ["192.0.2.1", "192.0.2.2"], "ttl": 60}
    first = admin.put(path, body, 201)
    serial = admin.get(f"/zones/{zone}").json()["data"]["serial"]
    again = admin.put(path, body, 200)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Change-Id" not in again.headers
    assert admin.get(f"/zones/{zone}").json()["data"]["serial"] == serial
    # The same content in another spelling and order is the same content.
    admin.put(path, {"values": ["192.0.2.2", "192.0.2.1"], "ttl": 60}, 200)
    assert admin.get(f"/zones/{zone}").json()["data"]["serial"] == serial
    admin.put(path, {"values": ["192.0.2.3"], "ttl": 60}, 200)
    assert admin.get(f"/zones/{zone}").json()["data"]["serial"] != serial
    service.wait_served(f"web.{zone}", "A", ["192.0.2.3"])


def test_patch_adds_and_removes(service, admin, zone):
    path = f"/records/web.{zone}/A"
    admin.put(path, {"values": ["192.0.2.1", "192.0.2.2"]})
    admin.patch(path, {"add": ["192.0.2.3"], "remove": ["192.0.2.1"]})
    assert admin.values(f"web.{zone}", "A") == {"192.0.2.2", "192.0.2.3"}
    admin.patch(path, {"ttl": 77})
    assert admin.get(path).json()["data"]["ttl"] == 77
    service.wait_served(f"web.{zone}", "A", ["192.0.2.2", "192.0.2.3"])
    admin.problem("PATCH", path, 400, "empty-change", body={})
    admin.problem("PATCH", path, 400, "empty-change", body={"add": [], "remove": []})


def test_delete_one_value_then_the_rest(service, admin, zone):
    path = f"/records/web.{zone}/A"
    admin.put(path, {"values": ["192.0.2.1", "192.0.2.2", "192.0.2.3"]})
    assert admin.delete(f"{path}?value=192.0.2.2").json()["data"] == {"deleted": 1}
    assert admin.values(f"web.{zone}", "A") == {"192.0.2.1", "192.0.2.3"}
    admin.problem("DELETE", f"{path}?value=192.0.2.2", 404, "not-found")
    assert admin.delete(path).json()["data"] == {"deleted": 2}
    admin.problem("DELETE", path, 404, "not-found")
    admin.problem("GET", path, 404, "not-found")
    service.wait_served(f"web.{zone}", "A", [])
    assert service.answers(f"web.{zone}", "A")[0] == "NXDOMAIN"


def test_head_is_get_without_a_body(admin, zone):
    path = f"/records/web.{zone}/A"
    admin.put(path, {"values": ["192.0.2.1"]})
    got = admin.get(path)
    head = admin.call("HEAD", path, 200)
    assert head.headers["ETag"] == got.headers["ETag"]


def test_methods_that_are_not_there(admin, zone):
    for method, path, allowed in [
        ("PUT", "/records", {"GET", "POST"}),
        ("DELETE", "/zones", {"GET", "POST"}),
        ("POST", f"/records/a.{zone}/A", {"GET", "PUT", "PATCH", "DELETE"}),
        ("POST", "/health", {"GET"}),
    ]:
        answer = admin.call(method, path, 405)
        assert answer.json()["code"] == "method-not-allowed"
        assert allowed <= {word.strip() for word in answer.headers["Allow"].split(",")}


def test_paths_that_are_not_there(admin):
    for path in ["/", "/nothing", "/records/a.example.com", "/records/a.example.com/A/more", "/zones/"]:
        admin.problem("GET", path, 404, "not-found")


def test_a_name_without_a_zone(admin):
    body = {"name": "a.nowhere.invalid", "record_type": "A", "value": "192.0.2.1"}
    admin.problem("POST", "/records", 404, "no-such-zone", body=body)
    admin.problem("GET", "/records/a.nowhere.invalid/A", 404, "no-such-zone")


def test_the_longest_zone_wins(service, admin, zone):
    inner = f"deep.{zone}"
    admin.post("/zones", {"name": inner, "nameservers": ["ns1.example.com"]})
    data = admin.post("/records", {"name": f"a.{inner}", "record_type": "A", "value": "192.0.2.1"})
    assert admin.get(f"/records/a.{inner}/A").json()["data"]["zone"] == inner
    assert data.status_code == 201
    service.wait_served(f"a.{inner}", "A", ["192.0.2.1"])
    admin.delete(f"/zones/{inner}?confirm={inner}")


def test_names_come_out_in_one_spelling(service, admin, zone):
    for given in [f"MiXed.{zone}", f"mixed.{zone}.", f"MIXED.{zone.upper()}."]:
        answer = admin.put(f"/records/{given}/mx", {"values": ["10 MAIL.Example.COM."]})
        assert answer.json()["data"]["name"] == f"mixed.{zone}"
        assert answer.json()["data"]["record_type"] == "MX"
        assert answer.json()["data"]["values"] == ["10 mail.example.com"]
    service.wait_served(f"mixed.{zone}", "MX", ["10 mail.example.com."])


def test_a_record_body_is_checked_whole(admin, zone):
    body = {"name": f"a.{zone}", "record_type": "A", "value": "300.1.1.1", "ttl": -1}
    problem = admin.call("POST", "/records", 422, body=body).json()
    assert {fault["pointer"] for fault in problem["errors"]} == {"/value", "/ttl"}
    assert {fault["code"] for fault in problem["errors"]} == {"invalid-record", "invalid-ttl"}


def test_bodies_that_are_no_request(admin, zone):
    path = "/records"
    good = {"name": f"a.{zone}", "record_type": "A", "value": "192.0.2.1"}
    for body in [[], "x", 1, None, {}, good | {"extra": 1}, good | {"ttl": "60"}, good | {"name": 5}]:
        answer = admin.call(
            "POST", path, data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.status_code in (400, 422), body
    assert admin.values(f"a.{zone}", "A") is None


def test_media_types(admin, zone):
    body = b'{"name":"m.%s","record_type":"A","value":"192.0.2.1"}' % zone.encode()
    for kind in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "x"]:
        answer = admin.call("POST", "/records", 415, data=body, headers={"Content-Type": kind})
        assert answer.json()["code"] == "unsupported-media-type"
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"]:
        admin.call("POST", "/records", 201, data=body, headers={"Content-Type": kind})
        admin.delete(f"/records/m.{zone}/A")


def test_request_ids(admin):
    assert admin.get("/zones", headers={"X-Request-Id": "My.id-1_2"}).headers["X-Request-Id"] == "My.id-1_2"
    made = admin.get("/zones", headers={"X-Request-Id": "bad id"}).headers["X-Request-Id"]
    assert made != "bad id"


@pytest.mark.parametrize("text", [
    "v=spf1 -all", "", " ", "with \"quotes\" inside", "back\\slash", "semi;colon", "ümläut", "a" * 255,
    "a" * 256, "b" * 1000, "$INCLUDE /etc/passwd", "@ IN A 1.2.3.4", "(open", "\\065", "emoji 🎉", "'single'", "  spaces  ",
])  # fmt: skip
def test_txt_text_goes_round(service, admin, zone, text):
    name = f"txt.{zone}"
    answer = admin.put(f"/records/{name}/TXT", {"values": [text]})
    value = answer.json()["data"]["values"][0]
    # What came out goes in again as the same thing.
    assert admin.put(f"/records/{name}/TXT", {"values": [value]}, 200).headers["ETag"] == answer.headers["ETag"]

    def served():
        found = [
            b"".join(rdata.strings)
            for rrset in service.query(name, "TXT").answer
            for rdata in rrset
        ]
        return found == [text.encode()]

    wait_until(served, what=f"the TXT {text!r} at CoreDNS")


@pytest.mark.parametrize("text", ["tab\tin", "new\nline", "\x00", "\x7f", "\x1b[0m", "\r"])
def test_control_characters_are_no_text(admin, zone, text):
    answer = admin.put(f"/records/txt.{zone}/TXT", {"values": [text]}, (400, 422))
    assert answer.json()["code"] in ("bad-request", "invalid-record")


def test_txt_presentation_format(service, admin, zone):
    admin.put(f"/records/txt.{zone}/TXT", {"values": ['"one" "two\\"" "\\255"']})
    service.wait_served(f"txt.{zone}", "TXT", ['"one" "two\\"" "\\255"'])


GOOD = {
    "A": ["192.0.2.1"],
    "AAAA": ["2001:db8::1", "2001:DB8:0:0:0:0:0:2"],
    "AFSDB": ["1 afs.example.com"],
    "APL": ["1:192.168.32.0/21"],
    "CAA": ['0 issue "ca.example"', '128 iodef "mailto:a@example.com"'],
    "CERT": ["1 2 3 AQID"],
    "CNAME": ["target.example.com"],
    "CSYNC": ["66 3 A NS AAAA"],
    "DNAME": ["elsewhere.example.com"],
    "EUI48": ["00-00-5e-00-53-2a"],
    "EUI64": ["00-00-5e-ef-10-00-00-2a"],
    "HINFO": ['"CPU" "OS"'],
    "HTTPS": ["1 . alpn=h2,h3"],
    "KX": ["10 kx.example.com"],
    "LOC": ["52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"],
    "MX": ["10 mail.example.com", "0 ."],
    "NAPTR": ['100 10 "S" "SIP+D2U" "!^.*$!sip:info@example.com!" _sip._udp.example.com'],
    "OPENPGPKEY": ["AQID"],
    "PTR": ["host.example.com"],
    "RP": ["admin.example.com txt.example.com"],
    "SMIMEA": ["3 1 1 " + "ab" * 32],
    "SRV": ["10 5 5060 sip.example.com"],
    "SSHFP": ["4 2 " + "ab" * 32],
    "SVCB": ["1 svc.example.com port=853"],
    "TLSA": ["3 1 1 " + "ab" * 32],
    "TXT": ["text"],
    "URI": ['10 1 "https://example.com/"'],
    "TYPE65280": ["\\# 2 abcd"],
}


@pytest.mark.parametrize("kind", GOOD)
def test_each_type_is_stored_and_served(service, admin, zone, kind):
    """What the API shows is what CoreDNS answers, for every type."""
    name = f"t.{zone}"
    answer = admin.put(f"/records/{name}/{kind}", {"values": GOOD[kind], "ttl": 60}, 201)
    values = answer.json()["data"]["values"]
    assert len(values) == len(GOOD[kind])
    assert admin.put(f"/records/{name}/{kind}", {"values": values, "ttl": 60}, 200)
    assert sorted(admin.get(f"/records/{name}/{kind}").json()["data"]["values"]) == sorted(values)
    number = dns.rdatatype.from_text(kind)
    wanted = set()
    for value in GOOD[kind]:
        absolute = dns.rdata.from_text("IN", number, value, origin=dns.name.root, relativize=False)
        wanted.add(absolute.to_digestable())

    def served():
        reply = service.query(name, kind)
        return {
            rdata.to_digestable()
            for rrset in reply.answer if rrset.rdtype == number
            for rdata in rrset
        } == wanted  # fmt: skip

    wait_until(served, what=f"{kind} at CoreDNS")


def test_what_is_accepted_under_any_type_number_is_served(service, admin, zone):
    """One record that CoreDNS cannot read would cut off the rest of its zone file."""
    accepted = []
    for number in [*range(0, 280), 32768, 32769, 65279, 65280, 65534, 65535]:
        for data in ["06060606", "00", "0000", "000100", "00010000", "0001000000"]:
            name, values = f"t{number}-{data}.{zone}", [f"\\# {len(data) // 2} {data}"]
            answer = admin.call(
                "PUT", f"/records/{name}/TYPE{number}", (201, 409, 422), body={"values": values}
            )
            if answer.status_code == 201:
                accepted.append((name, number))
    assert len(accepted) > 100
    admin.put(f"/records/zzz.{zone}/A", {"values": ["192.0.2.1"]})
    service.wait_served(f"zzz.{zone}", "A", ["192.0.2.1"])
    for name, number in accepted:
        rcode, answers = header_of_answer(service, name, number)
        assert rcode == 0, (name, rcode)
        if number not in (2, 39):  # a delegation, and a DNAME that stands below its owner's name
            assert answers > 0, name


def header_of_answer(service, name, number):
    """(rcode, count of answers), whatever the answers hold: not every RDATA here makes sense."""
    question = dns.message.make_query(name, number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(3)
        connection.sendto(question.to_wire(), ("127.0.0.1", service.dns_port))
        reply = connection.recv(65535)
    flags, _, count = struct.unpack("!HHH", reply[2:8])
    return flags & 15, count


ODD = {
    "A": ["192.0.2.1 ", " 192.0.2.2"], "HINFO": ["$INCLUDE /etc/passwd"], "CNAME": ["*"], "MX": ["1 @"],
    "RP": ["\\#4 ( c0000201"], "PTR": ["a\\032b.example.com", "$ORIGIN.", "a\\;b.example.com"],
}  # fmt: skip


def test_odd_values_are_only_values(service, admin, zone):
    for kind, values in ODD.items():
        for number, value in enumerate(values):
            path = f"/records/odd{number}-{kind.lower()}.{zone}/{kind}"
            answer = admin.call("PUT", path, (201, 422), body={"values": [value]})
            if answer.status_code == 201:
                shown = answer.json()["data"]["values"]
                assert admin.put(path, {"values": shown}, 200).json()["data"]["values"] == shown
    admin.put(f"/records/zzz.{zone}/A", {"values": ["192.0.2.1"]})
    service.wait_served(f"zzz.{zone}", "A", ["192.0.2.1"])


def test_generic_form_of_a_known_type_is_that_type(admin, zone):
    admin.put(f"/records/a.{zone}/TYPE1", {"values": ["\\# 4 c0000201"]})
    data = admin.get(f"/records/a.{zone}/A").json()["data"]
    assert data["record_type"] == "A" and data["values"] == ["192.0.2.1"]


REFUSED_TYPES = ["SOA", "NSEC", "NSEC3", "NSEC3PARAM", "RRSIG"]


@pytest.mark.parametrize("kind", REFUSED_TYPES)
def test_types_that_clients_may_not_set(admin, zone, kind):
    body = {"name": f"a.{zone}", "record_type": kind, "value": "x"}
    admin.problem("POST", "/records", 422, "unsupported-type", body=body)


def test_cname_stands_alone(admin, zone):
    admin.put(f"/records/a.{zone}/A", {"values": ["192.0.2.1"]})
    cname = {"values": ["b.example.com"]}
    admin.problem("PUT", f"/records/a.{zone}/CNAME", 409, "conflict", body=cname)
    admin.problem("PUT", f"/records/{zone}/CNAME", 409, "conflict", body=cname)
    admin.put(f"/records/c.{zone}/CNAME", cname)
    admin.problem("PUT", f"/records/c.{zone}/A", 409, "conflict", body={"values": ["192.0.2.1"]})
    second = {"name": f"c.{zone}", "record_type": "CNAME", "value": "d.example.com"}
    assert admin.post("/records", second, (409, 422)).json()["code"] in ("conflict", "invalid-record")
    admin.put(f"/records/c.{zone}/CNAME", {"values": ["other.example.com"]}, 200)
    answer = admin.put(
        f"/records/d.{zone}/CNAME", {"values": ["a.example.com", "b.example.com"]}, (409, 422)
    )
    assert answer.json()["code"] in ("conflict", "invalid-record")


def test_the_apex_keeps_its_nameservers(admin, zone):
    admin.problem("DELETE", f"/records/{zone}/NS", 409, "conflict")
    admin.put(f"/records/{zone}/NS", {"values": ["ns2.example.com", "ns1.example.com"]}, 200)


def test_the_soa_is_readable(admin, zone):
    data = admin.get(f"/records/{zone}/SOA").json()["data"]
    serial = admin.get(f"/zones/{zone}").json()["data"]["serial"]
    assert data["values"][0].split()[2] == str(serial)


def test_a_wildcard_is_served(service, admin, zone):
    admin.put(f"/records/*.{zone}/A", {"values": ["192.0.2.9"]})
    wait_until(lambda: service.answers(f"anything.{zone}", "A")[1] == {"192.0.2.9"})


def test_serial_rises_with_each_change_and_is_served(service, admin, zone):
    serials = []
    for number in range(5):
        admin.put(f"/records/a.{zone}/A", {"values": [f"192.0.2.{number}"]})
        serials.append(admin.get(f"/zones/{zone}").json()["data"]["serial"])
    assert all(later > earlier > 0 for earlier, later in zip(serials, serials[1:]))
    wait_until(lambda: service.soa_serial(zone) == serials[-1], what="the last serial")


def test_verify_asks_coredns(service, admin, zone):
    admin.put(f"/records/v.{zone}/A", {"values": ["192.0.2.1"]})
    data = admin.get(f"/verify?name=v.{zone}&record_type=A&expect=192.0.2.1&timeout=5").json()["data"]
    assert data["verified"] is True
    assert data["answers"] == ["192.0.2.1"]
    assert data["rcode"] == "NOERROR"
    assert data["servers"][0]["address"] == f"127.0.0.1:{service.dns_port}"
    data = admin.get(f"/verify?name=v.{zone}&record_type=A&expect=192.0.2.2").json()["data"]
    assert data["verified"] is False
    admin.problem("GET", f"/verify?name=v.{zone}&record_type=A&timeout=31", 400, "bad-request")
