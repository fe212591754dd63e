# SPDX-License-Identifier: GPL-3.0-or-later
"""The hooks of docs/hooks, called as certbot, dehydrated and uacme call them: environment, arguments,
status. Against a stand-in for the API, which says what a service says seldom; and against the service."""

import subprocess

import pytest

from api_stub import ApiStub
from command import Command
from test_command import REFUSED
from test_command_joined import LATER


@pytest.fixture
def stub():
    stub = ApiStub()
    yield stub
    stub.close()


@pytest.fixture
def coregate(stub, tmp_path):
    return Command(tmp_path, stub.url, "v4.public.stub")


CHALLENGE = {"name": "_acme-challenge.example.com", "record_type": "TXT", "value": "v1-_x", "ttl": 60}


def run_hook(source_dir, coregate, name, *arguments, status=0, **environment):
    result = subprocess.run(
        [source_dir / "docs/hooks" / name, *arguments], env=coregate.environment | environment,
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert result.returncode == status, result.stderr


HOOKS = {
    "certbot": (["auth"], ["cleanup"], {"CERTBOT_DOMAIN": "example.com", "CERTBOT_VALIDATION": "v1-_x"}),
    "dehydrated": (["deploy_challenge", "example.com", "file", "v1-_x"],
                   ["clean_challenge", "example.com", "file", "v1-_x"], {}),
    "uacme": (["begin", "dns-01", "example.com", "token", "v1-_x"],
              ["done", "dns-01", "example.com", "token", "v1-_x"], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOOKS)
def test_hooks(source_dir, stub, coregate, name):
    begin, end, environment = HOOKS[name]
    stub.say_data(CHALLENGE, 201)
    run_hook(source_dir, coregate, name, *begin, **environment)
    (call,) = stub.calls
    assert {key: call.json[key] for key in CHALLENGE} == CHALLENGE
    assert call.json["expires_at"].endswith("Z") and call.headers["Prefer"] == "wait=30"
    run_hook(source_dir, coregate, name, *end, **environment)
    assert stub.calls[1].method == "DELETE"
    assert stub.calls[1].path == "/records/_acme-challenge.example.com/TXT?value=v1-_x"
    # Twice is no failure; a challenge that is not served is one.
    for arguments, answer, code, status in [(begin, 409, "exists", 0), (end, 404, "not-found", 0),
                                            (begin, 403, "not-permitted", REFUSED)]:  # fmt: skip
        stub.answers.clear()
        stub.say_problem(answer, code)
        run_hook(source_dir, coregate, name, *arguments, status=1 if status else 0, **environment)
    stub.answers.clear()
    stub.say_data(CHALLENGE, 202)
    run_hook(source_dir, coregate, name, *begin, status=1, **environment)


def test_hooks_pass_over_what_is_not_theirs(source_dir, stub, coregate):
    stub.say_problem(500, "internal")
    run_hook(source_dir, coregate, "dehydrated", "startup_hook")
    run_hook(source_dir, coregate, "uacme", "begin", "http-01", "example.com", "t", "a", status=1)
    run_hook(source_dir, coregate, "certbot", status=2)
    assert stub.calls == []


def test_dehydrated_chains_its_challenges(source_dir, stub, coregate):
    stub.say_data(CHALLENGE, 201)
    run_hook(source_dir, coregate, "dehydrated", "deploy_challenge", "example.com", "f", "one",
             "example.com", "f", "two")  # fmt: skip
    assert [call.json["value"] for call in stub.calls] == ["one", "two"]


@pytest.mark.parametrize("name", HOOKS)
def test_hooks_against_the_service(source_dir, service, admin, zone, tmp_path, name):
    probe = admin.call("POST", "/records", body={
        "name": f"probe.{zone}", "record_type": "A", "value": "192.0.2.1",
        "expires_at": LATER})  # fmt: skip
    if probe.status_code == 400:
        pytest.skip("the service knows no expires_at")
    token = service.issue_token("--preset", "acme", "--zone", zone)
    coregate = Command(tmp_path, service.api, token)
    begin, end, environment = HOOKS[name]
    begin, end = ([zone if word == "example.com" else word for word in words] for words in (begin, end))
    if environment:
        environment = environment | {"CERTBOT_DOMAIN": zone}
    challenge = f"_acme-challenge.{zone}"
    admin.put(f"/records/{challenge}/TXT", {"values": ["another"]})
    run_hook(source_dir, coregate, name, *begin, **environment)
    # It is served when the hook comes back: nothing to wait for.
    assert service.answers(challenge, "TXT")[1] == {'"another"', '"v1-_x"'}
    run_hook(source_dir, coregate, name, *begin, **environment)
    run_hook(source_dir, coregate, name, *end, **environment)
    run_hook(source_dir, coregate, name, *end, **environment)
    assert admin.values(challenge, "TXT") == {"another"}
