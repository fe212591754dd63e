# SPDX-License-Identifier: GPL-3.0-or-later
"""Free ports on 127.0.0.1, below the range that outgoing connections use."""

import os
import random
import socket

_random = random.Random(os.getpid())
_given = set()


def is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def free_port():
    while True:
        port = _random.randrange(12000, 30000)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
