# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the API: answers as told and keeps what it was sent. For what the service cannot be
made to say at will: patience, endless answers, redirects, certificates."""

import contextlib
import dataclasses
import http.server
import json
import ssl
import threading
import time


@dataclasses.dataclass
class Call:
    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def read_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            raise AssertionError("a body without a length")
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self):
        stub = self.server.stub
        path = self.path.removeprefix("/api/v1/dns")
        call = Call(self.command, path, dict(self.headers), self.read_body())
        stub.calls.append(call)
        status, headers, body = stub.next_answer()
        time.sleep(stub.delay)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # a client that has heard enough
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer


class ApiStub:
    """Answers one after another; the last one again and again."""

    def __init__(self, certificate=None):
        self.calls, self.answers, self.delay = [], [], 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.stub = self
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def next_answer(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def say(self, status, body, kind="application/json", **headers):
        """Adds an answer; underscores in names of headers are dashes."""
        headers = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, {"Content-Type": kind} | headers, data))
        return self

    def say_data(self, data, status=200, **headers):
        return self.say(status, {"success": True, "data": data}, **headers)

    def say_list(self, rows, next_cursor=None):
        return self.say(200, {"success": True, "data": rows, "next": next_cursor})

    def say_problem(self, status, code, **headers):
        return self.say(
            status, {"title": "Title", "status": status, "detail": f"About {code}.", "success": False,
                     "code": code, "request_id": "r-1"},
            "application/problem+json", **headers,
        )  # fmt: skip
