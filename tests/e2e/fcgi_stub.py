# SPDX-License-Identifier: GPL-3.0-or-later
"""A FastCGI application that answers with what it was sent, to test nginx's side alone.

REQUEST_URI decides: .../die closes the connection without an answer, .../dead-once does so the
first time only, .../status/NNN answers with that status, anything else answers 200.
"""

import json
import socket
import struct
import threading

BEGIN, PARAMS, STDIN, STDOUT, END = 1, 4, 5, 6, 3
KEEP_CONN = 1


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def read_record(connection):
    _, kind, request, length, padding, _ = struct.unpack("!BBHHBB", read_exactly(connection, 8))
    body = read_exactly(connection, length)
    read_exactly(connection, padding)
    return kind, request, body


def parse_params(data):
    pairs, at = [], 0

    def size():
        nonlocal at
        first = data[at]
        if first < 128:
            at += 1
            return first
        at += 4
        return struct.unpack("!I", data[at - 4 : at])[0] & 0x7FFFFFFF

    while at < len(data):
        name_size, value_size = size(), size()
        name, value = data[at : at + name_size], data[at + name_size : at + name_size + value_size]
        at += name_size + value_size
        pairs.append((name.decode("latin-1"), value.decode("latin-1")))
    return pairs


def write_record(connection, kind, request, body):
    for start in range(0, max(len(body), 1), 65535):
        piece = body[start : start + 65535]
        connection.sendall(struct.pack("!BBHHBB", 1, kind, request, len(piece), 0, 0) + piece)


class Stub:
    """Listens on a unix socket until it is closed; `requests` holds what came."""

    def __init__(self, path):
        self.requests = []
        self.connections = 0
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(256)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                while self.answer(connection):
                    pass
            except (EOFError, OSError):
                pass

    def answer(self, connection):
        params, stdin, keep = b"", b"", False
        while True:
            kind, request, body = read_record(connection)
            if kind == BEGIN:
                keep = bool(body[2] & KEEP_CONN)
            elif kind == PARAMS:
                params += body
            elif kind == STDIN and body:
                stdin += body
            elif kind == STDIN:
                break
        pairs = parse_params(params)
        uri = dict(pairs).get("REQUEST_URI", "")
        first_time = all(uri != dict(seen["params"]).get("REQUEST_URI") for seen in self.requests)
        self.requests.append({"params": pairs, "body": stdin.decode("latin-1")})
        if "/die" in uri or ("/dead-once" in uri and first_time):
            return False
        status = uri.split("/status/")[1][:3] if "/status/" in uri else "200"
        answer = json.dumps({"params": pairs, "body_bytes": len(stdin), "keep": keep})
        head = f"Status: {status}\r\nContent-Type: application/json\r\nX-From: stub\r\n\r\n"
        write_record(connection, STDOUT, request, (head + answer).encode())
        write_record(connection, STDOUT, request, b"")
        write_record(connection, END, request, struct.pack("!IBBBB", 0, 0, 0, 0, 0))
        return keep

    def close(self):
        self.listener.close()
