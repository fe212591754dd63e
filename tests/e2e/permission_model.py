# SPDX-License-Identifier: GPL-3.0-or-later
"""What a token permits, written from docs/tokens.md and not from the source: a model to compare with.

Names are tuples of labels (bytes, small letters), the root last and left out: www.example.com is
(b"www", b"example", b"com")."""

import functools
import re

NUMBERS = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "DNAME": 39,
    "DS": 43, "SSHFP": 44, "DNSKEY": 48, "TLSA": 52, "CDS": 59, "CDNSKEY": 60, "HTTPS": 65, "CAA": 257,
}  # fmt: skip
NAMED_ONLY = {NUMBERS[word] for word in "SOA NS DS DNSKEY CDS CDNSKEY DNAME CAA".split()}
ZONE_RIGHTS = {"zone.create", "zone.delete", "zone.export", "zone.import"}
RIGHTS = ZONE_RIGHTS | {"token.issue", "token.revoke", "audit.read", "metrics"}


class Invalid(Exception):
    pass


@functools.lru_cache(maxsize=None)
def parse_name(text):
    """An absolute name, with or without its final dot; escapes are \\DDD and \\X."""
    if text == ".":
        return ()
    labels, label, at = [], bytearray(), 0
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            digits = text[at + 1 : at + 4]
            if re.fullmatch("[0-9]{3}", digits):
                label.append(int(digits))
                at += 4
                continue
            letter = text[at + 1]
            at += 1
        elif letter == ".":
            labels.append(bytes(label))
            label = bytearray()
            at += 1
            continue
        label += letter.encode()
        at += 1
    if label or not text.endswith("."):
        labels.append(bytes(label))
    if not labels or any(not 1 <= len(label) <= 63 for label in labels):
        raise Invalid(text)
    if sum(len(label) + 1 for label in labels) + 1 > 255:
        raise Invalid(text)
    return tuple(label.lower() for label in labels)


def parse_relative(text):
    return () if text == "@" else parse_name(text)


def parse_type(text):
    word = text.upper()
    if word in NUMBERS:
        return NUMBERS[word]
    return int(word.removeprefix("TYPE"))


def is_under(name, top):
    return name[len(name) - len(top) :] == top if len(name) >= len(top) else False


def has_zone(grant, zone):
    return grant["z"] == ["*"] or any(parse_name(text) == zone for text in grant["z"])


def has_type(grant, number):
    if any(text != "*" and parse_type(text) == number for text in grant["t"]):
        return True
    return "*" in grant["t"] and number not in NAMED_ONLY


def has_owner(grant, zone, owner):
    if not is_under(owner, zone):
        return False
    relative = owner[: len(owner) - len(zone)]
    if any(parse_relative(text) == relative for text in grant.get("n", ())):
        return True
    if owner[:1] == (b"*",) and grant.get("w") != 1:
        return False
    if any(is_under(relative, parse_relative(text)) for text in grant.get("s", ())):
        return True
    return any(owner[:1] == parse_relative(text) for text in grant.get("p", ()))


def covers(grant, target):
    zone, owner, number = parse_name(target[0]), parse_name(target[1]), parse_type(target[2])
    return has_zone(grant, zone) and has_type(grant, number) and has_owner(grant, zone, owner)


def may_see(token, letter, target):
    return any(letter in grant["a"] and covers(grant, target) for grant in token["g"])


def may_write(token, target, action, ttl, count):
    """One grant must cover all of it: what is done, and what stands there afterwards."""
    for grant in token["g"]:
        least, most = grant.get("ttl", (0, 2**31 - 1))
        fits = count == 0 or (least <= ttl <= most and count <= grant.get("max", 4096))
        if action[0] in grant["a"] and fits and covers(grant, target):
            return True
    return False


def may_see_zone(token, letters, zone):
    return any(
        set(letters) & set(grant["a"]) and (zone == "-" or has_zone(grant, parse_name(zone)))
        for grant in token["g"]
    )


def may_admin(token, right, zone):
    if right not in token.get("adm", ()):
        return False
    if right not in ZONE_RIGHTS:
        return True
    return zone != "-" and any(has_zone(grant, parse_name(zone)) for grant in token["g"])


def reaches(token, owner):
    return any(
        grant["z"] == ["*"] or any(is_under(parse_name(owner), parse_name(zone)) for zone in grant["z"])
        for grant in token["g"]
    )


def decide(token, question):
    """The answer to a question as tests/model/decide takes it; token None: there is none."""
    word, *rest = question
    if token is None:
        return "invalid"
    names = {"read": rest[:2], "list": rest[:2], "write": rest[:2], "admin": rest[1:]}.get(word, rest)
    try:
        for text in names:  # what is no name is refused before anything is decided
            if text != "-":
                parse_name(text)
        yes = {
            "read": lambda: may_see(token, "r", rest),
            "list": lambda: may_see(token, "l", rest),
            "write": lambda: may_write(token, rest[:3], rest[3], int(rest[4]), int(rest[5])),
            "readzone": lambda: may_see_zone(token, "rl", rest[0]),
            "listzone": lambda: may_see_zone(token, "l", rest[0]),
            "admin": lambda: may_admin(token, rest[0], rest[1]),
            "reaches": lambda: reaches(token, rest[0]),
        }[word]()
    except Invalid:
        return "invalid"
    return "yes" if yes else "no"
