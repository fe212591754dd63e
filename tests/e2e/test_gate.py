# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx alone: what passes the gate, and what nginx says itself."""

import json
import re
import shutil
import socket
import subprocess
import time

import pytest
import requests

from fcgi_stub import Stub
from ports import free_port

ALLOWED = {
    "REQUEST_METHOD", "REQUEST_URI", "CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_ADDR",
    "HTTP_AUTHORIZATION", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_X_REQUEST_ID", "HTTP_PREFER",
    "HTTP_IDEMPOTENCY_KEY", "HTTP_ORIGIN", "HTTP_ACCEPT",
}  # fmt: skip


class Gate:
    def __init__(self, port, home, stub):
        self.port, self.home, self.stub = port, home, stub
        self.api = f"http://127.0.0.1:{port}/api/v1/dns"

    def raw(self, data, port=None):
        """Sends bytes as they are; returns (status, headers, body)."""
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=10) as connection:
            connection.sendall(data)
            answer = b""
            while True:
                try:
                    piece = connection.recv(65536)
                except ConnectionResetError:
                    break
                if not piece:
                    break
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return int(lines[0].split()[1]) if lines[0] else 0, headers, body


def fill(template, values):
    return re.sub(r"@(\w+)@", lambda match: str(values[match.group(1)]), template)


def wait_for_port(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("nginx does not start")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("nginx does not answer")


def copy_includes(source_dir, folder):
    for name in ["coregate-http.inc", "coregate-errors.inc", "coregate-api.inc"]:
        shutil.copy(source_dir / "nginx" / name, folder)


def start_nginx(source_dir, home, port, change=lambda text: text):
    """nginx.local.conf.in in `home`; `change` alters each file's text before the start."""
    values = {
        "HOME": home, "RUN": home / "run", "API_PORT": port, "NGINX_WORKERS": 1,
        "NGINX_USER": "user root;" if shutil.os.geteuid() == 0 else "",
    }  # fmt: skip
    text = (source_dir / "nginx/nginx.local.conf.in").read_text()
    configuration = home / "nginx.conf"
    configuration.write_text(change(fill(text, values)))
    copy_includes(source_dir, home)
    api = home / "coregate-api.inc"
    api.write_text(change(api.read_text()))
    log = open(home / "nginx.log", "wb")
    process = subprocess.Popen(
        ["nginx", "-e", "stderr", "-p", home, "-c", configuration], stderr=log, stdout=log
    )
    wait_for_port(port, process)
    return process


def stop(process):
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def gate(source_dir, tmp_path_factory):
    home = tmp_path_factory.mktemp("gate")
    (home / "run").mkdir()
    stub = Stub(home / "run/fastcgi.sock")
    port = free_port()
    process = start_nginx(source_dir, home, port)
    yield Gate(port, home, stub)
    stop(process)
    stub.close()


def check_problem(status, headers, body, code):
    assert headers["content-type"] == "application/problem+json"
    problem = json.loads(body)
    assert problem["success"] is False
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["title"] and problem["detail"] and problem["type"]
    assert problem["request_id"] == headers["x-request-id"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_only_listed_parameters_pass(gate):
    everything = {
        "Authorization": "Bearer t", "If-Match": '"1"', "If-None-Match": '"2"', "Prefer": "wait=1",
        "Idempotency-Key": '"k"', "Origin": "https://a.example", "Accept": "application/json",
        "X-Request-Id": "my-id", "Content-Type": "application/json",
        "Proxy": "evil", "Cookie": "a=b", "X-Forwarded-For": "10.0.0.1", "Host": "evil.example",
        "X-Anything": "1", "Transfer-Token": "2", "Forwarded": "for=10.0.0.1",
    }  # fmt: skip
    answer = requests.post(gate.api + "/records", data=b"{}", headers=everything, timeout=10)
    params = answer.json()["params"]
    assert {name for name, _ in params} == ALLOWED
    assert len(params) == len(ALLOWED)
    values = dict(params)
    assert values["REMOTE_ADDR"] == "127.0.0.1"
    assert values["HTTP_IF_MATCH"] == '"1"'
    assert values["HTTP_X_REQUEST_ID"] == "my-id"
    assert values["CONTENT_LENGTH"] == "2"


def test_absent_headers_are_absent(gate):
    headers = {"Accept": None, "User-Agent": None, "Accept-Encoding": None}
    params = dict(requests.get(gate.api + "/zones", headers=headers, timeout=10).json()["params"])
    assert set(params) == {"REQUEST_METHOD", "REQUEST_URI", "REMOTE_ADDR", "HTTP_X_REQUEST_ID"}


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "ü", 'a"b', "<script>"])
def test_a_bad_request_id_is_replaced(gate, given):
    answer = requests.get(
        gate.api + "/zones", headers={"X-Request-Id": given.encode()}, timeout=10
    )
    assert re.fullmatch("[0-9a-f]{32}", dict(answer.json()["params"])["HTTP_X_REQUEST_ID"])


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods_pass(gate, method):
    before = len(gate.stub.requests)
    answer = requests.request(method, gate.api + "/records", timeout=10)
    assert answer.status_code == 200
    assert dict(gate.stub.requests[before]["params"])["REQUEST_METHOD"] == method


def test_uri_passes_unchanged(gate):
    for uri in ["/api/v1/dns/records/%2F/a?x=%0d%0a", "/api/v1/dns//records", "/api/v1/dns/a%25b"]:
        request = f"GET {uri} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        status, _, body = gate.raw(request.encode())
        assert status == 200
        text = body.decode()[body.decode().index("{") : body.decode().rindex("}") + 1]
        assert dict(json.loads(text)["params"])["REQUEST_URI"] == uri


def test_chunked_body_gets_a_length(gate):
    answer = requests.post(gate.api + "/records", data=iter([b"abc", b"defg"]), timeout=10)
    assert dict(answer.json()["params"])["CONTENT_LENGTH"] == "7"
    assert answer.json()["body_bytes"] == 7


def test_connections_to_the_application_are_kept(gate):
    session = requests.Session()
    session.get(gate.api + "/zones", timeout=10)
    before = gate.stub.connections
    for _ in range(20):
        assert session.get(gate.api + "/zones", timeout=10).json()["keep"] is True
    assert gate.stub.connections == before


def test_application_errors_are_not_replaced(gate):
    for status in [400, 403, 404, 405, 413, 422, 429, 500, 503]:
        answer = requests.get(f"{gate.api}/status/{status}", timeout=10)
        assert answer.status_code == status
        assert answer.headers["X-From"] == "stub"


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1/dns", "/api/v1/dnsx", "/api/v2/dns/zones"])
def test_other_paths_do_not_pass(gate, path):
    before = len(gate.stub.requests)
    answer = requests.get(
        f"http://127.0.0.1:{gate.port}{path}", allow_redirects=False, timeout=10
    )
    assert answer.status_code == 404
    check_problem(404, {k.lower(): v for k, v in answer.headers.items()}, answer.text, "not-found")
    assert len(gate.stub.requests) == before


def head(line, *headers, host=True):
    lines = [line] + (["Host: a"] if host else []) + list(headers) + ["Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


RECORDS = "/api/v1/dns/records"
BROKEN = {
    "no host": (head(f"GET {RECORDS} HTTP/1.1", host=False), 400, "bad-request"),
    "two hosts": (head(f"GET {RECORDS} HTTP/1.1", "Host: b"), 400, "bad-request"),
    "bad escape": (head("GET /api/v1/dns/%zz HTTP/1.1"), 400, "bad-request"),
    "zero byte": (head("GET /api/v1/dns/%00 HTTP/1.1"), 400, "bad-request"),
    "above the root": (head("GET /../../etc/passwd HTTP/1.1"), 400, "bad-request"),
    "control byte": (head("GET /api/v1/dns/\x01 HTTP/1.1"), 400, "bad-request"),
    "lower-case method": (head(f"get {RECORDS} HTTP/1.1"), 400, "bad-request"),
    "two authorizations": (
        head(f"GET {RECORDS} HTTP/1.1", "Authorization: a", "Authorization: b"), 400, "bad-request"),
    "two lengths": (
        head(f"POST {RECORDS} HTTP/1.1", "Content-Length: 1", "Content-Length: 2"),
        400, "bad-request"),
    "negative length": (
        head(f"POST {RECORDS} HTTP/1.1", "Content-Length: -1"), 400, "bad-request"),
    "length and chunks": (
        head(f"POST {RECORDS} HTTP/1.1", "Content-Length: 1", "Transfer-Encoding: chunked"),
        400, "bad-request"),
    "unknown coding": (
        head(f"POST {RECORDS} HTTP/1.1", "Transfer-Encoding: gzip"), 400, "bad-request"),
    "space before colon": (head(f"GET {RECORDS} HTTP/1.1", "A : b"), 400, "bad-request"),
    "long header": (head(f"GET {RECORDS} HTTP/1.1", "A: " + "b" * 9000), 400, "bad-request"),
    "version": (head(f"GET {RECORDS} HTTP/9.9"), 400, "bad-request"),
    "no http": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad-request"),
    "long path": (head("GET /api/v1/dns/" + "a" * 9000 + " HTTP/1.1"), 414, "too-large"),
    "trace": (head(f"TRACE {RECORDS} HTTP/1.1"), 405, "method-not-allowed"),
    "large body": (
        head(f"POST {RECORDS} HTTP/1.1", "Content-Length: 1048577"), 413, "too-large"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_requests_get_a_problem(gate, name):
    data, expected, code = BROKEN[name]
    before = len(gate.stub.requests)
    status, headers, body = gate.raw(data)
    assert status == expected
    check_problem(status, headers, body, code)
    if status == 405:
        assert "GET" in headers["allow"]
    assert len(gate.stub.requests) == before


def test_short_body_never_reaches_the_application(gate):
    before = len(gate.stub.requests)
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as connection:
        connection.sendall(head(f"POST {RECORDS} HTTP/1.1", "Content-Length: 100") + b"{")
        time.sleep(0.3)
    time.sleep(0.1)
    assert len(gate.stub.requests) == before


def test_a_read_is_sent_again_on_a_broken_connection(gate):
    session = requests.Session()
    for method in ["GET", "PUT", "DELETE"]:
        session.get(gate.api + "/zones", timeout=10)
        answer = session.request(method, f"{gate.api}/dead-once/{method}", timeout=10)
        assert answer.status_code == 200, method


def test_a_post_is_never_sent_twice(gate):
    session = requests.Session()
    for method in ["POST", "PATCH"]:
        session.get(gate.api + "/zones", timeout=10)
        answer = session.request(method, f"{gate.api}/dead-once/{method}", timeout=10)
        assert answer.status_code == 503
        uris = [dict(seen["params"])["REQUEST_URI"] for seen in gate.stub.requests]
        assert uris.count(f"/api/v1/dns/dead-once/{method}") == 1


def test_a_dying_application_is_unavailable(gate):
    answer = requests.get(gate.api + "/die", timeout=10)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    lower = {name.lower(): value for name, value in answer.headers.items()}
    check_problem(503, lower, answer.text, "unavailable")


def test_no_application_is_unavailable(source_dir, tmp_path):
    (tmp_path / "run").mkdir()
    port = free_port()
    process = start_nginx(source_dir, tmp_path, port)
    try:
        answer = requests.post(f"http://127.0.0.1:{port}{RECORDS}", data="{}", timeout=10)
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        stop(process)


def test_slow_application_is_unavailable(source_dir, tmp_path):
    """The timeout itself is shortened for the test: 504 becomes 503 with Retry-After."""
    (tmp_path / "run").mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "run/fastcgi.sock"))
    listener.listen(8)
    port = free_port()
    process = start_nginx(
        source_dir, tmp_path, port,
        lambda text: text.replace("fastcgi_read_timeout 40s", "fastcgi_read_timeout 200ms"),
    )  # fmt: skip
    try:
        answer = requests.get(f"http://127.0.0.1:{port}{RECORDS}", timeout=10)
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"
        assert answer.headers["Retry-After"] == "1"
    finally:
        stop(process)
        listener.close()


def test_a_flood_from_one_address_is_refused_before_the_application(source_dir, tmp_path):
    (tmp_path / "run").mkdir()
    stub = Stub(tmp_path / "run/fastcgi.sock")
    port = free_port()
    process = start_nginx(
        source_dir, tmp_path, port,
        lambda text: text.replace("rate=1000000r/s", "rate=1r/s").replace("burst=10000", "burst=3"),
    )  # fmt: skip
    try:
        session = requests.Session()
        answers = [session.get(f"http://127.0.0.1:{port}{RECORDS}", timeout=10) for _ in range(10)]
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(200) == len(stub.requests) <= 5
        assert statuses[-1] == 429
        assert answers[-1].headers["Retry-After"] == "1"
        lower = {name.lower(): value for name, value in answers[-1].headers.items()}
        check_problem(429, lower, answers[-1].text, "rate-limited")
    finally:
        stop(process)
        stub.close()


METRICS_SPELLINGS = [
    "/api/v1/dns/metrics", "/api/v1/dns//metrics", "/api/v1/dns/%6detrics", "/api/v1/dns/metrics/",
    "/api/v1/dns/./metrics", "/api/v1/dns/x/../metrics", "/api/v1/dns/metrics?a=b",
    "/x/../api/v1/dns/metrics", "/api/v1/dns/metrics;a", "/api/v1/dns/metrics%2f",
]  # fmt: skip


def test_metrics_are_for_listed_addresses(source_dir, tmp_path, gate):
    assert requests.get(gate.api + "/metrics", timeout=10).status_code == 200
    (tmp_path / "run").mkdir()
    stub = Stub(tmp_path / "run/fastcgi.sock")
    port = free_port()
    process = start_nginx(
        source_dir, tmp_path, port, lambda text: text.replace("127.0.0.0/8 1;", "192.0.2.1 1;")
    )
    try:
        for spelling in METRICS_SPELLINGS:
            status, headers, body = gate.raw(head(f"GET {spelling} HTTP/1.1"), port)
            assert status == 403, spelling
            check_problem(403, headers, body, "not-permitted")
        assert stub.requests == []
        assert requests.get(f"http://127.0.0.1:{port}{RECORDS}", timeout=10).status_code == 200
    finally:
        stop(process)
        stub.close()
