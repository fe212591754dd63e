#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time from sending a PUT to CoreDNS's answer with the new value.

usage: lag.py API TOKEN_FILE DNS_PORT OWNER COUNT
Prints p50, p99 and the longest time in microseconds.
"""
import http.client
import json
import random
import socket
import struct
import sys
import time
import urllib.parse


def question(owner):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in owner.split("."))
    return struct.pack("!6H", 1, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)


def is_served(sock, packet, value):
    sock.send(packet)
    try:
        return b"\0\4" + value in sock.recv(2048)
    except (TimeoutError, ConnectionError):
        return False


def measure(connection, sock, call, packet):
    path, headers = call
    value = bytes([11] + [random.randrange(256) for _ in range(3)])
    body = json.dumps({"values": [".".join(map(str, value))], "ttl": 300})
    start = time.monotonic()
    connection.request("PUT", path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (200, 201):
        sys.exit(f"lag.py: {answer.status} {text.decode()}")
    while not is_served(sock, packet, value):
        if time.monotonic() - start > 30:
            sys.exit("lag.py: a record was not served within 30 s")
        time.sleep(0.001)
    return time.monotonic() - start


def main():
    api, token_file, dns_port, owner, count = sys.argv[1:]
    url = urllib.parse.urlsplit(api)
    with open(token_file, encoding="ascii") as file:
        headers = {"Authorization": "Bearer " + file.read().strip(), "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(url.hostname, url.port)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", int(dns_port)))
    sock.settimeout(0.2)
    call = (f"{url.path}/records/{owner}/A", headers)
    measure(connection, sock, call, question(owner))
    times = []
    for _ in range(int(count)):
        time.sleep(random.uniform(0, 0.25))  # not in step with CoreDNS's reload
        times.append(measure(connection, sock, call, question(owner)))
    times.sort()
    p99 = times[min(len(times) - 1, round(len(times) * 0.99) - 1)]
    print(*(int(t * 1e6) for t in (times[len(times) // 2], p99, times[-1])))


main()
