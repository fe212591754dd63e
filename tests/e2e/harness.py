# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole service (nginx, coregated, CoreDNS) started by scripts/run, and clients of it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import requests

import contract
from ports import free_port

SOURCE = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 120
# The confined processes cannot look at themselves as the leak check does; unit tests find leaks.
ASAN_OPTIONS = "detect_leaks=0"
SANITIZER = re.compile(r"(ERROR|WARNING): \w*Sanitizer|runtime error:|SUMMARY: \w*Sanitizer")


def wait_until(condition, seconds=10, step=0.02, what="the condition"):
    """The first true value of condition(); fails when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not come in {seconds} s"
        time.sleep(step)


def process_state(pid):
    """(name, state letter, parent, group) from /proc, or None when there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
    return name, rest[0], int(rest[1]), int(rest[2])


def processes():
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            state = process_state(entry)
            if state and state[1] not in "ZX":
                yield int(entry), state


class Service:
    """scripts/run in a folder of its own. `environment` is added to its own."""

    def __init__(self, home, **environment):
        self.home = pathlib.Path(home)
        self.api_port, self.dns_port = free_port(), free_port()
        self.environment = environment
        self.process = None
        self.output = []
        self.groups = set()

    # ---- life

    def launch(self):
        environment = dict(
            os.environ, COREGATE_HOME=str(self.home), API_PORT=str(self.api_port),
            DNS_PORT=str(self.dns_port), ASAN_OPTIONS=ASAN_OPTIONS, **self.environment,
        )  # fmt: skip
        self.process = subprocess.Popen(
            [SOURCE / "scripts/run"], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self.read_output, args=(self.process,), daemon=True).start()

    def read_output(self, process):
        for line in process.stdout:
            self.output.append(line.rstrip("\n"))

    def start(self):
        self.output.clear()
        self.launch()
        wait_until(
            lambda: self.ready_line or self.process.poll() is not None, START_SECONDS,
            what="the ready line",
        )  # fmt: skip
        assert self.ready_line, "\n".join(self.output + self.logs("coregated")[-20:])
        self.groups |= {self.pid(part) for part in ("coredns", "coregated", "nginx")}
        return self

    @property
    def ready_line(self):
        return next((line for line in list(self.output) if line.startswith("ready ")), None)

    def stop(self, number=signal.SIGTERM):
        """Stops it and checks that nothing stays."""
        if self.process is None:
            return None
        self.groups |= {self.pid(part) for part in ("coredns", "coregated", "nginx")}
        self.process.send_signal(number)
        status = self.process.wait(40)
        self.process = None
        assert not self.left_over(), self.left_over()
        return status

    def left_over(self):
        """Processes in the groups of what was started."""
        return [(pid, state) for pid, state in processes() if state[3] in self.groups]

    # ---- looking inside

    def pid(self, part):
        try:
            return int((self.home / "run" / f"{part}.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def children(self, role=None):
        """The processes of coregated's supervisor, by their role."""
        supervisor = self.pid("coregated")
        return {
            pid: state[0].removeprefix("cg-")
            for pid, state in processes()
            if state[2] == supervisor and role in (None, state[0].removeprefix("cg-"))
        }

    def process_ids(self):
        return set(self.children()) | {self.pid(part) for part in ("coredns", "coregated", "nginx")}

    def logs(self, part):
        path = self.home / "log" / f"{part}.log"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def zone_text(self, zone):
        path = self.home / "zones" / f"db.{zone}"
        return path.read_text() if path.exists() else None

    def zone_lines(self, zone):
        text = self.zone_text(zone)
        return None if text is None else [line for line in text.splitlines() if line.strip()]

    def check_logs(self):
        for part in ("coregated", "nginx", "coredns"):
            reports = [line for line in self.logs(part) if SANITIZER.search(line)]
            assert not reports, "\n".join(reports)

    def configure(self, text):
        """Adds to coregate.conf, and keeps scripts/run from writing it again."""
        path = self.home / "coregate.conf"
        old = path.read_text().split("\n", 1)
        kept = old[1] if old[0].startswith("# scripts/run writes") else "\n".join(old)
        path.write_text(kept + "\n" + text + "\n")

    def reload(self):
        os.kill(self.pid("coregated"), signal.SIGHUP)

    # ---- talking

    @property
    def api(self):
        return f"http://127.0.0.1:{self.api_port}/api/v1/dns"

    @property
    def admin_token(self):
        return (self.home / "admin.token").read_text().strip()

    def client(self, token=None):
        return Client(self, self.admin_token if token is None else token)

    def anonymous(self):
        return Client(self, None)

    def tool(self, *arguments, **options):
        """Runs `coregate`."""
        program = pathlib.Path(os.environ["BUILD_DIR"]).resolve() / "src/coregate"
        return subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, timeout=30, **options
        )

    def issue_token(self, *arguments, subject="tester", key="local.key"):
        result = self.tool(
            "token", "issue", "--key", self.home / "keys" / key, "--sub", subject, *arguments
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def query(self, name, kind, timeout=2.0):
        """The answer of CoreDNS; over TCP when it does not fit."""
        question = dns.message.make_query(name, kind, use_edns=True)
        answer, _ = dns.query.udp_with_fallback(
            question, "127.0.0.1", port=self.dns_port, timeout=timeout
        )
        return answer

    def answers(self, name, kind):
        """(rcode, set of values as text) of name and type as CoreDNS serves them."""
        answer = self.query(name, kind)
        number = dns.rdatatype.from_text(kind)
        values = {
            rdata.to_text()
            for rrset in answer.answer
            if rrset.rdtype == number and rrset.name == dns.name.from_text(name)
            for rdata in rrset
        }
        return dns.rcode.to_text(answer.rcode()), values

    def soa_serial(self, zone):
        """The serial that CoreDNS serves; None when it does not serve the zone."""
        found = self.answers(zone, "SOA")[1]
        return int(found.pop().split()[2]) if found else None

    def wait_served(self, name, kind, values, seconds=10):
        wanted = set(values)

        def is_served():
            rcode, found = self.answers(name, kind)
            return rcode != "REFUSED" and found == wanted

        wait_until(
            is_served, seconds,
            what=f"{name} {kind} {wanted} at CoreDNS",
        )  # fmt: skip

    def metrics(self):
        """{name with labels: value}"""
        text = requests.get(self.api + "/metrics", timeout=10).text
        return {
            line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if line and not line.startswith("#")
        }


class Client:
    """Calls with one token. Each answer is checked for what every answer has."""

    def __init__(self, service, token):
        self.service, self.token = service, token
        self.session = requests.Session()

    def call(self, method, path, expect=None, body=None, headers=None, **options):
        headers = dict(headers or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            options["data"] = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        options.setdefault("timeout", 45)
        url = path if path.startswith("http") else self.service.api + path
        answer = self.session.request(method, url, headers=headers, **options)
        check_answer(answer, method)
        contract.check(method, answer)
        if expect is not None:
            wanted = expect if isinstance(expect, (tuple, set)) else (expect,)
            assert answer.status_code in wanted, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def get(self, path, expect=200, **options):
        return self.call("GET", path, expect, **options)

    def post(self, path, body=None, expect=201, **options):
        return self.call("POST", path, expect, body=body, **options)

    def put(self, path, body=None, expect=(200, 201), **options):
        return self.call("PUT", path, expect, body=body, **options)

    def patch(self, path, body=None, expect=200, **options):
        return self.call("PATCH", path, expect, body=body, **options)

    def delete(self, path, expect=200, **options):
        return self.call("DELETE", path, expect, **options)

    def problem(self, method, path, status, code, **options):
        """A call that has to fail in that way; the problem."""
        answer = self.call(method, path, status, **options)
        assert answer.json()["code"] == code, answer.text
        return answer.json()

    def values(self, name, kind):
        """The values of an RRset, or None when there is none."""
        answer = self.get(f"/records/{name}/{kind}", (200, 404))
        return set(answer.json()["data"]["values"]) if answer.status_code == 200 else None


def check_answer(answer, method):
    """What design and documentation promise of every answer."""
    headers = answer.headers
    assert re.fullmatch("[A-Za-z0-9._-]{1,64}", headers["X-Request-Id"])
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    if answer.status_code in (429, 503):
        assert int(headers["Retry-After"]) > 0
    if answer.status_code == 401:
        assert headers["WWW-Authenticate"].startswith("Bearer ")
    if answer.status_code == 405:
        assert headers["Allow"]
    if method == "HEAD" or answer.status_code in (204, 304):
        assert answer.content == b""
        return
    if headers["Content-Type"].startswith(("text/", "application/vnd.oai.openapi+json")):
        return
    value = answer.json()
    if answer.status_code < 400:
        assert headers["Content-Type"].startswith("application/json")
        assert value["success"] is True
        assert "data" in value
    elif headers["Content-Type"] == "application/problem+json":
        assert value["success"] is False
        assert value["status"] == answer.status_code
        for member in ("type", "title", "detail", "code"):
            assert isinstance(value[member], str) and value[member]
        assert value["request_id"] == headers["X-Request-Id"]
        for fault in value.get("errors", []):
            assert {"pointer", "code", "detail"} <= set(fault)
    else:
        assert answer.status_code == 503 and "checks" in value["data"]  # /ready
