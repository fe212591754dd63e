# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /openapi.json, and that the check of every answer against it can fail."""

import json
import types

import jsonschema
import pytest
import requests

import contract
from harness import SOURCE


def test_the_document_is_served_to_anybody(service):
    answer = service.anonymous().get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.1"
    assert answer.content == (SOURCE / "docs/openapi.json").read_bytes()
    assert answer.json()["openapi"].startswith("3.1.")
    head = service.anonymous().call("HEAD", "/openapi.json", 200)
    assert head.headers["Content-Type"] == answer.headers["Content-Type"]
    service.anonymous().problem("POST", "/openapi.json", 405, "method-not-allowed")
    service.anonymous().problem("GET", "/openapi.json?x=1", 400, "bad-request")


def test_every_schema_is_one():
    for schema in contract.DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_examples_are_what_their_schemas_say():
    count = 0
    for item in contract.DOCUMENT["paths"].values():
        for operation in (value for key, value in item.items() if key != "parameters"):
            places = [operation.get("requestBody", {}), *map(contract.resolve, operation["responses"].values())]
            for place in places:
                for media in place.get("content", {}).values():
                    examples = [entry["value"] for entry in media.get("examples", {}).values()]
                    for example in examples + [media[key] for key in ("example",) if key in media]:
                        contract.check_schema(media["schema"], example, operation["operationId"])
                        count += 1
    assert count > 300


def spoilt(answer, **changes):
    """The answer with something else in it."""
    copy = types.SimpleNamespace(
        status_code=answer.status_code, headers=requests.structures.CaseInsensitiveDict(answer.headers),
        content=answer.content, request=answer.request,
    )  # fmt: skip
    for key, value in changes.items():
        setattr(copy, key, value)
    copy.json = lambda: json.loads(copy.content)
    return copy


def with_header(answer, name, value):
    headers = requests.structures.CaseInsensitiveDict(answer.headers)
    headers.pop(name, None)
    if value is not None:
        headers[name] = value
    return spoilt(answer, headers=headers)


def with_data(answer, change):
    value = answer.json()
    change(value)
    return spoilt(answer, content=json.dumps(value).encode())


def at(answer, path):
    return spoilt(answer, request=types.SimpleNamespace(url="http://localhost/api/v1/dns" + path))


def test_what_is_not_described_is_found(admin, zone):
    page = admin.get(f"/records?zone={zone}")
    problem = admin.call("GET", "/records?limit=0", 400)
    contract.check("GET", spoilt(page))
    contract.check("GET", spoilt(problem))
    wrong = [
        spoilt(page, status_code=203),
        at(page, "/nowhere"),
        with_header(page, "ETag", None),
        with_header(page, "ETag", "12"),
        with_header(page, "RateLimit", None),
        with_header(page, "Location", "/api/v1/dns/records"),
        with_header(page, "Content-Type", "text/html"),
        with_data(page, lambda value: value.update(extra=1)),
        with_data(page, lambda value: value.pop("next")),
        with_data(page, lambda value: value["data"][0].update(ttl="300")),
        with_data(page, lambda value: value["data"][0].update(color="red")),
        with_data(problem, lambda value: value.update(code="not-found")),
        with_data(problem, lambda value: value.update(status=404)),
        with_data(problem, lambda value: value["errors"][0].pop("pointer")),
        with_data(problem, lambda value: value.update(sql="select")),
    ]
    for index, answer in enumerate(wrong):
        with pytest.raises(AssertionError):
            contract.check("GET", answer)
            pytest.fail(f"number {index} was not found")
    with pytest.raises(AssertionError):
        contract.check("DELETE", page)
