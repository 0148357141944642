"""The packets that only a login has: requests before the first message, and the authentication messages.

PostgreSQL protocol: Start-up, SSL Session Encryption, Message Formats.
"""

import struct
from collections.abc import Generator, Iterable, Mapping
from typing import TypeVar

from yett.protocols.postgres.codec import cstring, message

T = TypeVar("T")
Dialogue = Generator[bytes, tuple[int, bytes], T]
"""Each yield hands out bytes to send (perhaps none) and resumes with the next message: its type and its body."""

PROTOCOL_MAJOR = 3
PROTOCOL_MINOR_NEWEST = 2
CANCEL_CODE = 80877102
SSL_CODE = 80877103
GSS_CODE = 80877104
CANCEL_KEY_BYTES_MAX = 256

AUTH_OK = 0
AUTH_CLEARTEXT = 3
AUTH_MD5 = 5
AUTH_SASL = 10
AUTH_SASL_CONTINUE = 11
AUTH_SASL_FINAL = 12

SCRAM = "SCRAM-SHA-256"
SCRAM_PLUS = "SCRAM-SHA-256-PLUS"

SSL_REQUEST = struct.pack("!II", 8, SSL_CODE)


def authentication(code: int, data: bytes = b"") -> bytes:
    """Return an Authentication message."""
    return message(b"R", struct.pack("!I", code) + data)


def sasl_mechanisms(names: Iterable[str]) -> bytes:
    """Return AuthenticationSASL, which offers `names` in order of preference."""
    return authentication(AUTH_SASL, b"".join(cstring(name) for name in names) + b"\0")


def negotiate_version(minor: int, unrecognized: Iterable[str]) -> bytes:
    """Return NegotiateProtocolVersion: the version that will be spoken, and the options that are not known."""
    names = [cstring(name) for name in unrecognized]
    return message(b"v", struct.pack("!HHI", PROTOCOL_MAJOR, minor, len(names)) + b"".join(names))


def startup_packet(minor: int, parameters: Mapping[str, str]) -> bytes:
    """Return StartupMessage."""
    pairs = b"".join(cstring(name) + cstring(value) for name, value in parameters.items())
    body = struct.pack("!HH", PROTOCOL_MAJOR, minor) + pairs + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def cancel_packet(process_id: int, key: bytes) -> bytes:
    """Return CancelRequest."""
    return struct.pack("!III", 12 + len(key), CANCEL_CODE, process_id) + key
