# SPDX-License-Identifier: GPL-3.0-or-later
"""100,000 random questions about random tokens: coregate and the model give the same answers."""

import collections
import json
import os
import pathlib
import random
import subprocess

import pytest

from permission_model import NUMBERS, RIGHTS, decide

TOKENS, QUESTIONS_EACH = 10000, 10

ZONES = ["example.com", "dev.example.com", "example.net", "168.192.in-addr.arpa", "x.dev.example.com", "com"]
LABELS = ["www", "dev", "x", "a.b", "_acme-challenge", "*", "*.x", "_acme-challenge.x", "b", "d\\046t", "w\\119w"]
LABEL_WORDS = [label for label in LABELS if "." not in label]
TTLS = [0, 1, 59, 60, 61, 300, 3600, 86400, 2**31 - 1]


def some(chance, values, most):
    return chance.sample(values, chance.randint(1, min(most, len(values))))


def respell(chance, name):
    """Another spelling of the same name."""
    letters = []
    for letter in name:
        kind = chance.random()
        if letter.isalnum() and kind < 0.03 and "\\" not in name:
            letters.append("\\%03d" % ord(letter))
        else:
            letters.append(letter.upper() if kind < 0.2 else letter)
    return "".join(letters) + ("." if chance.random() < 0.2 else "")


def respell_type(chance, word):
    return chance.choice([word, word, word.lower(), f"TYPE{NUMBERS[word]}"])


def make_grant(chance):
    grant = {
        "z": ["*"] if chance.random() < 0.15 else some(chance, ZONES, 3),
        "t": [respell_type(chance, word) for word in some(chance, sorted(NUMBERS), 5)],
        "a": "".join(some(chance, "rlcud", 5)),
    }
    if chance.random() < 0.4:
        grant["t"] = ["*"] + (grant["t"] if chance.random() < 0.5 else [])
    matchers = some(chance, "nsp", 3)
    if "n" in matchers:
        grant["n"] = some(chance, ["@", *LABELS], 4)
    if "s" in matchers:
        grant["s"] = some(chance, ["@", *LABELS], 2)
    if "p" in matchers:
        grant["p"] = some(chance, LABEL_WORDS, 2)
    if chance.random() < 0.4:
        grant["ttl"] = sorted(chance.choice(TTLS) for _ in range(2))
    if chance.random() < 0.3:
        grant["max"] = chance.choice([1, 2, 8, 4096])
    if chance.random() < 0.3:
        grant["w"] = 1
    return grant


def make_token(chance):
    token = {
        "iss": "tests", "sub": "ci", "aud": "coregate", "jti": "t-1", "iat": "2026-11-23T12:00:00Z",
        "exp": "2027-02-21T12:00:00Z", "v": 1, "g": [make_grant(chance) for _ in range(chance.choice([1, 1, 2, 3, 6]))],
    }  # fmt: skip
    if chance.random() < 0.5:
        token["adm"] = some(chance, sorted(RIGHTS), 8)
    return token


def spoil(chance, token):
    """Makes it a token that docs/tokens.md does not know."""
    grant = chance.choice(token["g"])
    chance.choice([
        lambda: token.update(extra=1), lambda: grant.update(x=1), lambda: token.update(v=2),
        lambda: token.pop("sub"), lambda: token.update(g=[]), lambda: grant.update(a="rx"),
        lambda: grant.update(a=""), lambda: grant.pop("t"), lambda: grant.update(w=0),
        lambda: grant.update(ttl=[5, 4]), lambda: grant.update(max=0), lambda: grant.update(t=["NOPE"]),
        lambda: grant.update(z=["*.example.com"]), lambda: grant.update(p=["a.b"]), lambda: token.update(adm=["all"]),
        lambda: grant.update(s=["www."]), lambda: grant.update(z=[]), lambda: grant.update(n="www"),
        lambda: token.update(g=[grant] * 17), lambda: token.update(exp="2026-11-23T12:00:00Z"),
    ])()  # fmt: skip


def make_owner(chance, zone):
    relative = chance.choice(["", *LABELS, "y.dev", "z.y.x", "_acme-challenge.w", "*.dev", "www.dev"])
    if chance.random() < 0.05:
        return chance.choice(["www.example.org", "notexample.com", "com", "a..b", "x" * 64 + ".example.com", "."])
    return f"{relative}.{zone}".lstrip(".")


def make_question(chance):
    zone = chance.choice(ZONES)
    owner, kind = respell(chance, make_owner(chance, zone)), respell_type(chance, chance.choice(sorted(NUMBERS)))
    target = [respell(chance, zone), owner, kind]
    word = chance.choice(["read", "list", "write", "write", "write", "readzone", "listzone", "admin", "reaches"])
    if word in ("read", "list"):
        return [word, *target]
    if word == "write":
        action = chance.choice(["create", "update", "delete"])
        count = 0 if action == "delete" else chance.choice([1, 1, 2, 3, 8, 9, 4096])
        return [word, *target, action, str(chance.choice(TTLS)), str(count)]
    if word == "admin":
        return [word, chance.choice(sorted(RIGHTS)), chance.choice([zone, "-"])]
    if word == "listzone":
        return [word, chance.choice([zone, zone, "-"])]
    return [word, zone if word == "readzone" else owner]


def make_all():
    """(lines for the program, answers of the model)"""
    chance = random.Random(20261127)
    lines, wanted = [], []
    for _ in range(TOKENS):
        token = make_token(chance)
        is_spoilt = chance.random() < 0.05
        if is_spoilt:
            spoil(chance, token)
        lines.append("token\t" + json.dumps(token))
        wanted.append("no" if is_spoilt else "yes")
        for _ in range(QUESTIONS_EACH):
            question = make_question(chance)
            lines.append("\t".join(question))
            wanted.append(decide(None if is_spoilt else token, question))
    return lines, wanted


def test_the_program_and_the_model_agree():
    program = pathlib.Path(os.environ["BUILD_DIR"]) / "tests/model/decide"
    if not program.exists():
        pytest.skip(f"{program} is not built (make check builds it)")
    lines, wanted = make_all()
    result = subprocess.run(
        [program], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    found = result.stdout.splitlines()
    assert len(found) == len(wanted) >= 100000
    last, differences = None, []
    for line, mine, theirs in zip(lines, wanted, found):
        last = line if line.startswith("token") else last
        if mine != theirs:
            differences.append(f"{line}: model {mine}, program {theirs}, {last}")
    assert not differences, f"{len(differences)} differences, such as\n" + "\n".join(differences[:5])
    # Both answers come often enough for each kind of question that a mistake would show.
    counts = collections.Counter((line.split("\t")[0], answer) for line, answer in zip(lines, wanted))
    for word in ("token", "read", "list", "write", "readzone", "listzone", "admin", "reaches"):
        assert counts[word, "yes"] > 300 and counts[word, "no"] > 300, counts
