# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that must not open anything: changed, cut, of other kinds, badly signed, well signed but wrong."""

import base64
import hashlib
import hmac
import json
import socket

import pytest

from forge import HEADER, Forger, b64u, unb64u
from hostile import short_id

CODES = {"no-token", "bad-token", "expired-token", "not-yet-valid"}


@pytest.fixture(scope="module")
def forger(service):
    return Forger(service)


def refused(target, authorization, codes=CODES):
    """In a read and in a write; the code."""
    headers = {} if authorization is None else {"Authorization": authorization}
    client = target.service.anonymous()
    answer = client.call("GET", f"/records?zone={target.zone}", headers=headers)
    assert answer.status_code == 401, (authorization, answer.text[:300])
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    code = answer.json()["code"]
    assert code in codes, answer.text
    for token in ((authorization or "").split(" ")[-1],):
        assert len(token) < 20 or token not in answer.text + str(answer.headers)
    body = {"values": ["192.0.2.66"]}
    assert client.call("PUT", f"/records/t.{target.zone}/A", headers=headers, body=body).status_code == 401
    return code


def test_the_forger_can_forge(target, forger):
    """Or all that follows would be refused for another reason."""
    client = target.service.client(forger.forge())
    client.get(f"/records?zone={target.zone}")
    client = target.service.client(forger.forge(forger.claims | {"sub": "forged"}))
    client.get(f"/records?zone={target.zone}")


# ---- no signature fits


def test_every_bit_counts(target, forger):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for at in range(0, len(forger.token), 3):
        letter = forger.token[at]
        other = alphabet[(alphabet.find(letter) ^ (1 << at % 6)) % 64] if letter in alphabet else "A"
        refused(target, f"Bearer {forger.token[:at]}{other}{forger.token[at + 1:]}")


def test_cut_anywhere(target, forger):
    for end in range(0, len(forger.token), 5):
        refused(target, f"Bearer {forger.token[:end]}")
        refused(target, f"Bearer {forger.token[end + 1:]}")


@pytest.mark.parametrize("octet", ["\t", "\x7f", "=", "+", "/", " ", ",", ";", '"', "\\", "%2e", "%00", "ä", "\xa0"], ids=short_id)
def test_an_octet_more(target, forger, octet):
    token = forger.token
    for at in (0, 2, len(HEADER), len(HEADER) + 7, len(token) // 2, len(token) - 62, len(token) - 3):
        refused_raw(target, f"Bearer {token[:at]}{octet}{token[at:]}".encode("latin-1"))
    if octet not in ("\t", " "):
        refused_raw(target, f"Bearer {token}{octet}".encode("latin-1"))


def refused_raw(target, authorization):
    """requests refuses to send some headers."""
    with socket.create_connection(("127.0.0.1", target.service.api_port), timeout=10) as connection:
        connection.sendall(
            b"GET /api/v1/dns/zones HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: "
            + authorization + b"\r\n\r\n"
        )  # fmt: skip
        data = b""
        while piece := connection.recv(65536):
            data += piece
    status = int(data.split(b" ", 2)[1])
    assert status in (400, 401), (authorization, data[:300])


def test_other_headers_versions_and_parts(target, forger):
    signed, footer = forger.token.split(".")[2:]
    body = f"{signed}.{footer}"
    heads = [f"v{n}.{purpose}." for n in range(0, 6) for purpose in ("public", "local", "secret", "")]
    heads += ["V4.PUBLIC.", "v4.Public.", "v4public.", "v4..public.", ".v4.public.", "v4.public..", "v04.public.", "4.public.",
              "k4.public.", "k4.secret.", "k4.pid.", "v4.pid.", "v4.public.v4.public.", "", "v4.", ".", "v4.publi.", "v4.publicx."]  # fmt: skip
    for head in heads:
        if head != "v4.public.":
            refused(target, f"Bearer {head}{body}")
    for token in [f"v4.public.{signed}", f"v4.public.{signed}.", f"v4.public.{body}.", f"v4.public.{body}.{footer}",
                  f"v4.public.{footer}.{signed}", f"v4.public..{footer}", f"v4.public.{signed}=.{footer}", f"v4.public.{body}=",
                  f"v4.public.{signed[:-1]}.{footer}", f"v4.public.{signed}A.{footer}", f"v4.public.{body}{footer}",
                  "v4.public.", "v4.public", "v4.public.A", "v4.public." + "A" * 86 + "." + footer, "v4.public." + "A" * 85,
                  "v4.public." + "A" * 3000, f"v4.public.{signed}.{'A' * 61}", signed, body, "A" * 4096, "A" * 4097]:  # fmt: skip
        refused(target, f"Bearer {token}")


def test_the_last_bits_of_base64(target, forger):
    """Bits that no octet uses must be zero, or one token would have several spellings."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    parts = forger.token.split(".")
    for part in (2, 3):
        spare = {2: 4, 3: 2}.get(len(parts[part]) % 4, 0)
        for bits in range(1, 1 << spare):
            last = alphabet[alphabet.index(parts[part][-1]) | bits]
            changed = [*parts]
            changed[part] = parts[part][:-1] + last
            if changed != parts:
                refused(target, "Bearer " + ".".join(changed))


def test_signatures_of_others(target, forger):
    """Another key, no key, a weak one, a signature of something else."""
    payload, footer = forger.payload, b64u(forger.footer)
    for signature in [bytes(64), b"\xff" * 64, bytes(32) + b"\x01" + bytes(31), b"\x01" + bytes(63),
                      forger.sign(payload), forger.sign(b""), forger.sign(HEADER + payload + forger.footer)]:  # fmt: skip
        refused(target, f"Bearer v4.public.{b64u(payload + signature)}.{footer}")
    # s + L: the same signature in another spelling must not count either.
    order = 2**252 + 27742317777372353535851937790883648493
    signature = unb64u(forger.token.split(".")[2])[-64:]
    for times in range(1, 8):
        s = int.from_bytes(signature[32:], "little") + times * order
        if s < 2**256:
            changed = signature[:32] + s.to_bytes(32, "little")
            refused(target, f"Bearer v4.public.{b64u(payload + changed)}.{footer}")
    # Signed well, for another purpose.
    for header in (b"v4.local.", b"v3.public.", b"v4.public", b"", b"V4.PUBLIC."):
        token = forger.forge(header=header)
        refused(target, "Bearer v4.public." + token[len(header):] if header else f"Bearer v4.public.{token}")
    for assertion in (b"", b"coregate", b"coregate/token/v1\n", b"coregate/token/v1\nother", b"coregate/token/v1coregate",
                      b"coregate/token/v2\ncoregate", b"coregate/revocation/v1\ncoregate"):  # fmt: skip
        refused(target, "Bearer " + forger.forge(assertion=assertion))


def jwt(head, claims, sign):
    text = f"{b64u(json.dumps(head).encode())}.{b64u(json.dumps(claims).encode())}"
    return f"{text}.{b64u(sign(text.encode()))}"


def test_tokens_of_other_kinds(target, forger):
    claims = forger.claims
    public = (target.service.home / "keys/local.key.pub").read_text().strip().encode()
    raw = unb64u(public.decode().removeprefix("k4.public."))

    def hs256(key):
        return lambda text: hmac.new(key, text, hashlib.sha256).digest()

    tokens = [
        jwt({"alg": "none", "typ": "JWT"}, claims, lambda text: b""), jwt({"alg": "HS256"}, claims, hs256(b"")),
        jwt({"alg": "HS256"}, claims, hs256(public)), jwt({"alg": "HS256"}, claims, hs256(raw)),
        jwt({"alg": "EdDSA"}, claims, forger.sign), jwt({"alg": "EdDSA", "kid": "x"}, claims, forger.sign),
        jwt({"alg": "EdDSA", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": b64u(raw)}}, claims, forger.sign),
        public.decode(), forger.footer.decode(), (target.service.home / "keys/local.key").read_text().strip().split("\n")[-1],
        base64.b64encode(b"admin:admin").decode(), "null", "undefined", "true", "admin", "0", "*", "' OR 1=1 --", "../../admin.token",
        "{}", "[]", "${jndi:ldap://x}", "a" * 40, "deadbeef" * 8, "-", ".", "..", "...", "....",
    ]  # fmt: skip
    for token in tokens:
        refused(target, f"Bearer {token}")


SHAPES = [
    "", " ", "Bearer", "Bearer ", "Bearer  ", "bearer", "Bearer\tTOKEN", "BearerTOKEN", "Bearer:TOKEN", "Bearer=TOKEN", "Bearer, TOKEN",
    "Bearer TOKEN, Bearer TOKEN", "Bearer TOKEN TOKEN", "Bearer TOKEN,", 'Bearer "TOKEN"', "Bearer 'TOKEN'", "Bearer <TOKEN>",
    "Bearer token=TOKEN", "Basic TOKEN", "Basic QmVhcmVyOng=", "Token TOKEN", "DPoP TOKEN", "Digest TOKEN", "Negotiate TOKEN", "TOKEN",
    "Bearer Bearer TOKEN", "Bearer\u00a0TOKEN", "Вearer TOKEN", "Bearer TOKEN;", "Bearer TOKEN\x00", "Bearer TOKEN#", "Bearer TOKEN?",
    "Bearer TOKEN\\", "Bearer TOKEN%20", "Bearer TOKEN=", "PASETO TOKEN", "v4.public TOKEN", "Bearer v4.public. TOKEN", "Bearerx TOKEN",
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=short_id)
def test_shapes_of_the_header(target, forger, shape):
    refused_raw(target, shape.replace("TOKEN", forger.token).encode())


def test_a_token_elsewhere_than_in_its_header(target, forger):
    client = target.service.anonymous()
    token = forger.token
    for query in (f"access_token={token}", f"token={token}", f"authorization=Bearer%20{token}"):
        assert client.call("GET", f"/zones?{query}").status_code == 401
    for name in ("Cookie", "X-Authorization", "Proxy-Authorization", "X-Api-Key", "Authorization_", "X-Forwarded-Authorization",
                 "HTTP_AUTHORIZATION", "X-Remote-User", "Remote-User", "X-Auth-Token", "Forwarded"):  # fmt: skip
        assert client.call("GET", "/zones", headers={name: f"Bearer {token}"}).status_code == 401, name
    assert client.call("POST", "/zones", data=f"access_token={token}".encode()).status_code == 401
    assert client.call("GET", f"/zones/{token}").status_code == 401


# ---- the signature fits, what it signs does not


def footers(kid):
    return [
        b"", b"{}", b"[]", b"null", b"\x00", b"x" * 61, kid.encode(), json.dumps({"kid": kid}).encode(), json.dumps([kid]).encode(),
        json.dumps({"kid": kid, "x": 1}, separators=(",", ":")).encode(), json.dumps({"KID": kid}, separators=(",", ":")).encode(),
        json.dumps({"kid": [kid]}, separators=(",", ":")).encode(), json.dumps({"kid": None}).encode(),
        f'{{"kid":"{kid}"}} '.encode(), f'{{"kid":"{kid}"}}\n'.encode(), f'{{"kid":"{kid}"}}\0'.encode(), f' {{"kid":"{kid}"}}'.encode(),
        f'{{"kid":"{kid}","kid":"{kid}"}}'.encode(), f'{{"kid":"{kid[:-1]}"}}'.encode(), f'{{"kid":"{kid}A"}}'.encode(),
        f'{{"kid":"{kid.replace("pid", "sid")}"}}'.encode(), f'{{"kid":"{kid.replace("k4", "k3")}"}}'.encode(),
        f'{{"kid":"{kid.swapcase()}"}}'.encode(), f'{{"k\\u0069d":"{kid}"}}'.encode(), f"{{'kid':'{kid}'}}".encode(),
        ('{"kid":"k4.pid.' + "A" * 44 + '"}').encode(), ('{"kid":"k4.pid.' + "\0" * 44 + '"}').encode(),
        b'{"kid":"../../keys/local.key.pub"}', b'{"kid":"http://127.0.0.1/key"}', b'{"kid":"\' OR 1=1 --"}', b"{" * 1000,
        f'{{"kid":"{kid}"}}'.encode("utf-16"), b"\xef\xbb\xbf" + f'{{"kid":"{kid}"}}'.encode(), f'{{"kid":"{kid}"'.encode(),
    ]  # fmt: skip


def test_footers(target, forger):
    kid = json.loads(forger.footer)["kid"]
    for footer in footers(kid):
        refused(target, "Bearer " + forger.forge(footer=footer), {"bad-token"})


def without(claims, name):
    return {key: value for key, value in claims.items() if key != name}


def grants(change):
    return lambda claims: claims | {"g": [claims["g"][0] | change]}


PAYLOADS = [
    b"", b"x", b"{}", b"[]", b"null", b"0", b'"text"', b"\x00", b"\xff" * 100, b"{", b"[" * 2000, b'{"a":' * 500,
    *[(lambda claims, name=name: without(claims, name)) for name in ("iss", "sub", "aud", "jti", "iat", "exp", "v", "g")],
    *[
        (lambda claims, name=name, value=value: claims | {name: value})
        for name in ("iss", "sub", "aud", "jti", "rl")
        for value in (None, 1, True, [], {}, ["coregate"], "", "a" * 2000, "a\nb", "a\u0000b", "\u007f")
    ],
    *[
        (lambda claims, name=name, value=value: claims | {name: value})
        for name in ("iat", "nbf", "exp")
        for value in (
            None, 1795438101, 1795438101.5, "1795438101", "", "now", "never", "2027-01-01", "2027-01-01T00:00:00", "2027-13-01T00:00:00Z",
            "2027-02-30T00:00:00Z", "2027-01-01T25:00:00Z", "2027-01-01 00:00:00Z", "2027-01-01t00:00:00z", "2027-01-01T00:00:00+99:00",
            "99999-01-01T00:00:00Z", "-2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z ", "٢٠٢٧-01-01T00:00:00Z", [], {}, True,
        )
    ],
    *[(lambda claims, value=value: claims | {"v": value}) for value in (0, 2, -1, "1", 1.5, None, True, [1], 10**30)],
    *[(lambda claims, value=value: claims | {"aud": value}) for value in ("other", "Coregate", "coregate ", "coregat", "*")],
    *[(lambda claims, value=value: claims | {"jti": value}) for value in ("a b", "a/b", "ä", "'", "%", "a" * 65)],
    *[(lambda claims, value=value: claims | {"adm": value}) for value in (
        "*", ["*"], ["zone.create", "zone.create"], ["root"], [1], {}, None, ["zone.create "], ["ZONE.CREATE"], [["zone.create"]])],
    *[(lambda claims, value=value: claims | {"ip": value}) for value in (
        "127.0.0.1", ["*"], ["127.0.0.1/33"], ["::1/129"], ["127.0.0.1/8"], [1], ["127.1"], ["0177.0.0.1"], ["localhost"],
        ["127.0.0.1/-1"], ["127.0.0.1 "], ["127.0.0.1"] * 17, {}, None)],
    *[(lambda claims, value=value: claims | {"dg": value}) for value in (-1, 4, 1.5, "1", None, True, 10**20)],
    *[(lambda claims, value=value: claims | {"par": value}) for value in ("x", ["a"] * 5, [1], [""], ["a b"], {}, None)],
    *[(lambda claims, value=value: claims | {"g": value}) for value in ([], {}, None, "*", [[]], [{}], ["*"], [None])],
    lambda claims: claims | {"g": claims["g"] * 17},
    *[grants(change) for change in (
        {"z": []}, {"z": "*"}, {"z": ["*.test"]}, {"z": ["a..b"]}, {"z": ["*", "test"]}, {"z": [1]}, {"z": [""]}, {"z": ["test\n"]},
        {"n": []}, {"n": "*"}, {"n": [1]}, {"n": ["a."]}, {"n": ["a..b"]}, {"s": ["**"] + [""]}, {"s": []}, {"s": [None]}, {"p": ["a.b"]},
        {"p": []}, {"t": []}, {"t": "*"}, {"t": ["NOSUCH"]}, {"t": ["A", 1]}, {"t": [""]}, {"t": ["TYPE65536"]}, {"a": ""}, {"a": "x"},
        {"a": "rr"}, {"a": "rlcudx"}, {"a": ["r"]}, {"a": None}, {"a": "*"}, {"a": "RLCUD"}, {"ttl": [300]}, {"ttl": [300, 1]},
        {"ttl": [-1, 5]}, {"ttl": [0, 2147483648]}, {"ttl": "300"}, {"ttl": [0.5, 5]}, {"ttl": [0, 1, 2]}, {"w": 0}, {"w": True},
        {"w": "1"}, {"w": 2}, {"max": 0}, {"max": -1}, {"max": "5"}, {"max": 10**12}, {"x": 1}, {"Z": ["*"]}, {"": 1}, {"deny": []})],
    lambda claims: claims | {"g": [without(claims["g"][0], "z")]}, lambda claims: claims | {"g": [without(claims["g"][0], "a")]},
    lambda claims: claims | {"g": [without(claims["g"][0], "t")]},
    *[(lambda claims, name=name: claims | {name: 1}) for name in ("admin", "scope", "Sub", "SUB", "sub ", "", "g2", "nbf ", "__proto__", "cnf")],
    lambda claims: json.dumps(claims).encode()[:-1] + b',"sub":"other"}', lambda claims: json.dumps(claims).encode()[:-1] + b',"s\\u0075b":"x"}',
    lambda claims: json.dumps(claims).encode() + b"x", lambda claims: json.dumps(claims).encode() + b"\x00",
    lambda claims: b"\xef\xbb\xbf" + json.dumps(claims).encode(), lambda claims: json.dumps(claims).encode("utf-16"),
    lambda claims: json.dumps(claims).encode().replace(b'"v": 1', b'"v": 01'), lambda claims: json.dumps(claims).encode()[:-1],
    lambda claims: json.dumps(claims).encode().replace(b'"v": 1', b'"v": 1.0e'), lambda claims: json.dumps([claims]).encode(),
    # Too old, too young, too long, never.
    lambda claims: claims | {"exp": "2020-01-01T00:00:00Z", "iat": "2019-12-01T00:00:00Z", "nbf": "2019-12-01T00:00:00Z"},
    lambda claims: claims | {"iat": "2099-01-01T00:00:00Z", "nbf": "2099-01-01T00:00:00Z", "exp": "2099-02-01T00:00:00Z"},
    lambda claims: claims | {"exp": "2099-01-01T00:00:00Z"}, lambda claims: claims | {"exp": "9999-12-31T23:59:59Z"},
    lambda claims: claims | {"exp": claims["iat"]}, lambda claims: claims | {"iat": claims["exp"], "exp": claims["iat"]},
    lambda claims: claims | {"nbf": "2099-01-01T00:00:00Z"},
]  # fmt: skip


def test_payloads(target, forger):
    """Some 250 payloads with a signature that holds."""
    accepted = []
    for number, make in enumerate(PAYLOADS):
        payload = make if isinstance(make, bytes) else make(dict(forger.claims))
        token = forger.forge(payload)
        if len(token) > 4096:
            token = token[:8000]
        answer = target.service.anonymous().call("GET", "/zones", headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 401 or answer.json()["code"] not in CODES:
            accepted.append((number, payload if isinstance(payload, bytes) else json.dumps(payload)[-200:], answer.text[:200]))
    assert not accepted, "\n".join(map(repr, accepted))


def test_logs_hold_no_token(target, forger):
    """Neither the good one nor any of the bad ones."""
    parts = forger.token.split(".")
    for part in ("coregated", "nginx", "coredns"):
        text = "\n".join(target.service.logs(part))
        assert parts[2][:40] not in text and parts[2][-40:] not in text, part
