# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs tokens with whatever payload and footer, so that only the claims are wrong."""

import base64
import ctypes
import json

_sodium = ctypes.CDLL("libsodium.so.23")
_sodium.sodium_init()

HEADER = b"v4.public."


def b64u(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def pae(*pieces):
    def le64(number):
        return number.to_bytes(8, "little")

    return le64(len(pieces)) + b"".join(le64(len(piece)) + piece for piece in pieces)


class Forger:
    """Has the secret key of a service of the tests."""

    def __init__(self, service):
        text = next(
            line for line in (service.home / "keys/local.key").read_text().split() if line.startswith("k4.secret.")
        )
        self.secret = unb64u(text.removeprefix("k4.secret."))
        self.token = service.admin_token
        signed, self.footer = self.token.split(".")[2], unb64u(self.token.split(".")[3])
        self.payload = unb64u(signed)[:-64]
        self.claims = json.loads(self.payload)
        self.assertion = b"coregate/token/v1\n" + self.claims["aud"].encode()

    def sign(self, octets):
        signature = ctypes.create_string_buffer(64)
        _sodium.crypto_sign_detached(signature, None, octets, ctypes.c_ulonglong(len(octets)), self.secret)
        return signature.raw

    def forge(self, payload=None, footer=None, header=HEADER, assertion=None):
        """A token that is signed well, whatever it says."""
        payload = self.payload if payload is None else payload
        payload = payload if isinstance(payload, bytes) else json.dumps(payload).encode("utf-8", "surrogatepass")
        footer = self.footer if footer is None else footer
        signature = self.sign(pae(header, payload, footer, self.assertion if assertion is None else assertion))
        return header.decode() + b64u(payload + signature) + ("." + b64u(footer) if footer else "")
