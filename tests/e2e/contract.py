# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds answers against docs/openapi.json: call, status, headers, media type, every member of the body."""

import functools
import json
import pathlib
import re

import jsonschema

DOCUMENT = json.loads((pathlib.Path(__file__).resolve().parents[2] / "docs/openapi.json").read_text())
BASE = DOCUMENT["servers"][0]["url"]
# Headers that mean something here: they come only where the document has them.
TOLD = ("Allow", "Change-Id", "ETag", "Link", "Location", "Preference-Applied", "Retry-After")
# What nginx refuses by itself, before coregate sees which call it is.
OF_THE_GATE = {"400", "403", "405", "413", "414", "429", "503"}


def resolve(value):
    while "$ref" in value:
        kind, name = value["$ref"].split("/")[-2:]
        value = DOCUMENT["components"][kind][name]
    return value


PROBLEMS = {
    str(DOCUMENT["components"]["schemas"][name + "Problem"]["properties"]["status"]["const"]): response
    for name, response in DOCUMENT["components"]["responses"].items()
    if name + "Problem" in DOCUMENT["components"]["schemas"]
}


@functools.lru_cache(maxsize=None)
def validator(text):
    """Of a schema as JSON text; references lead into the document."""
    resolver = jsonschema.RefResolver("", DOCUMENT)
    return jsonschema.Draft202012Validator(json.loads(text), resolver=resolver)


def check_schema(schema, value, where):
    for error in validator(json.dumps(schema)).iter_errors(value):
        place = "/".join(map(str, error.absolute_path))
        raise AssertionError(f"{where}: /{place}: {error.message[:500]} (docs/openapi.json)")


def find_path(url_path):
    """The path of the document that a request's path is of, or None. Without parameters first."""
    if not url_path.startswith(BASE + "/"):
        return None
    rest = url_path[len(BASE) :]
    for path in sorted(DOCUMENT["paths"], key=lambda path: path.count("{")):
        pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
        if re.fullmatch(pattern, rest):
            return path
    return None


def find_response(method, url_path, status):
    """What the document says of such an answer; None: nothing, it is wrong."""
    path = find_path(url_path)
    if path is None:
        return PROBLEMS.get(status) if status in OF_THE_GATE | {"404", "401"} else None
    operation = DOCUMENT["paths"][path].get(method.lower().replace("head", "get"))
    if operation is None:
        return PROBLEMS.get(status) if status in OF_THE_GATE else None
    found = operation["responses"].get(status)
    return found or (PROBLEMS.get(status) if status in OF_THE_GATE else None)


def check_headers(response, answer, where):
    described = {name: resolve(header) for name, header in response.get("headers", {}).items()}
    # What nginx answers itself knows nothing of tokens.
    is_gate = answer.status_code >= 400
    for name, header in described.items():
        value = answer.headers.get(name)
        assert value is not None or not header.get("required") or is_gate, f"{where}: no {name}"
        if value is not None:
            check_schema(header["schema"], value, f"{where}: {name}")
    for name in TOLD:
        assert name not in answer.headers or name in described, f"{where}: {name} is not described"


def check_body(response, answer, where):
    content = response.get("content")
    if content is None:
        assert answer.content == b"", f"{where}: a body is not described"
        return
    kind = answer.headers["Content-Type"].replace("; ", ";")
    media = content.get(kind) or content.get(kind.split(";")[0])
    assert media is not None, f"{where}: {kind} is not described"
    if "json" in kind:
        check_schema(media["schema"], answer.json(), where)


def check(method, answer):
    """answer: of requests. Raises AssertionError."""
    status = str(answer.status_code)
    url_path = re.sub(r"^https?://[^/]*", "", answer.request.url).split("?")[0]
    where = f"{method} {url_path[:200]}: {status}"
    if method not in ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"):
        return
    response = find_response(method, url_path, status)
    if response is None and status == "414":
        return
    assert response is not None, f"{where} is not described"
    response = resolve(response)
    check_headers(response, answer, where)
    if method != "HEAD":
        check_body(response, answer, where)
