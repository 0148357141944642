"""Reads a client's first packet: a plea for encryption, a cancel request, or who wants to connect to what.

PostgreSQL protocol: Start-up, Canceling Requests in Progress, SSL Session Encryption; versions 3.0 and 3.2.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from yett.core.errors import ProtocolError
from yett.protocols.postgres.login.options import EXTENSION, read_options, setting
from yett.protocols.postgres.login.packets import (
    CANCEL_CODE,
    CANCEL_KEY_BYTES_MAX,
    GSS_CODE,
    PROTOCOL_MAJOR,
    PROTOCOL_MINOR_NEWEST,
    SSL_CODE,
    negotiate_version,
)
from yett.protocols.postgres.login.refused import StartupRefused

LENGTH_MIN = 8
LENGTH_MAX = 10_000
_CANCEL_LENGTH_MIN = 12 + 4
_FORMER_MAJOR = 2


@dataclass(frozen=True, slots=True)
class SslRequest:
    """The client asks whether it may speak TLS from now on."""


@dataclass(frozen=True, slots=True)
class GssRequest:
    """The client asks for GSSAPI encryption, which is not offered: the answer is `N`."""


@dataclass(frozen=True, slots=True, repr=False)
class CancelRequest:
    """Somebody asks to cancel what a session is doing, and shows its key."""

    process_id: int
    key: bytes


@dataclass(frozen=True, slots=True)
class Startup:
    """Who wants to connect to what.

    `protocol_minor` is the version that will be spoken. `parameters` are the settings that the client asks for.
    `negotiation` is what to send before anything else: empty, or NegotiateProtocolVersion.
    """

    user: str
    database: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    protocol_minor: int = 0
    unknown_options: tuple[str, ...] = ()
    negotiation: bytes = b""

    @property
    def program(self) -> str:
        """Return what the client calls itself."""
        return self.parameters.get("application_name", "")


FirstPacket = SslRequest | GssRequest | CancelRequest | Startup


def first_length(header: bytes) -> int:
    """Return the length of the first packet, itself included, from its first four bytes. Raises ProtocolError."""
    length: int = struct.unpack("!I", header)[0]
    if not LENGTH_MIN <= length <= LENGTH_MAX:
        raise ProtocolError("the first packet has an impossible length")
    return length


def read_first(packet: bytes) -> FirstPacket:
    """Read a first packet, its length included.

    Raises StartupRefused, with the error to send, for what is not offered; ProtocolError for what is no such packet.
    """
    if len(packet) < LENGTH_MIN or first_length(packet[:4]) != len(packet):
        raise ProtocolError("the first packet has an impossible length")
    (code,) = struct.unpack_from("!I", packet, 4)
    if code == CANCEL_CODE:
        return _cancel(packet)
    if code in {SSL_CODE, GSS_CODE}:
        if len(packet) != LENGTH_MIN:
            raise ProtocolError("a request for encryption has bytes left over")
        return SslRequest() if code == SSL_CODE else GssRequest()
    return _startup(code >> 16, code & 0xFFFF, packet[8:])


def _cancel(packet: bytes) -> CancelRequest:
    if not _CANCEL_LENGTH_MIN <= len(packet) <= 12 + CANCEL_KEY_BYTES_MAX:
        raise ProtocolError("a cancel request has the wrong length")
    return CancelRequest(struct.unpack_from("!I", packet, 8)[0], packet[12:])


def _startup(major: int, minor: int, body: bytes) -> Startup:
    if major != PROTOCOL_MAJOR:
        newest = f"{PROTOCOL_MAJOR}.{PROTOCOL_MINOR_NEWEST}"
        raised = StartupRefused(
            "0A000", f"unsupported frontend protocol {major}.{minor}: server supports {PROTOCOL_MAJOR}.0 to {newest}"
        )
        if major <= _FORMER_MAJOR:  # Such a client can read version 2's form of an error only.
            raised.answer = b"EFATAL:  " + raised.message.encode() + b"\n\0"
        raise raised
    # Like PostgreSQL 18: 3.1, which was never made, is taken as it is and means 3.0; newer ones come down to 3.2.
    spoken = min(minor, PROTOCOL_MINOR_NEWEST)
    given = _pairs(body)
    unknown = tuple(name for name in given if name.startswith(EXTENSION))
    negotiation = negotiate_version(spoken, unknown) if unknown or spoken != minor else b""
    user = given.pop("user", "")
    if not user:
        raise StartupRefused("28000", "no PostgreSQL user name specified in startup packet")
    if not user.isprintable():
        raise StartupRefused("28000", "the user name has characters that cannot be shown")
    database = given.pop("database", "") or user
    return Startup(user, database, _settings(given), spoken, unknown, negotiation)


def _pairs(body: bytes) -> dict[str, str]:
    if body == b"\0":
        return {}
    if not body.endswith(b"\0\0"):
        raise StartupRefused("08P01", "invalid startup packet layout: expected terminator as last byte")
    try:
        texts = body[:-2].decode().split("\0")
    except UnicodeDecodeError:
        raise StartupRefused("22021", "the startup packet is not in UTF8") from None
    names = texts[::2]
    if len(texts) % 2:
        raise StartupRefused("08P01", "invalid startup packet layout: a parameter has no value")
    if not all(names) or len(set(names)) != len(names):
        # PostgreSQL takes the last of two; the gate and the target must not read different ones.
        raise StartupRefused("08P01", "invalid startup packet layout: a parameter is unnamed or given twice")
    return dict(zip(names, texts[1::2], strict=True))


def _settings(given: Mapping[str, str]) -> dict[str, str]:
    asked = {name: value for name, value in given.items() if name != "options" and not name.startswith(EXTENSION)}
    # As on the server, what is named by itself comes after the options and prevails.
    passed = (setting(name, value) for name, value in {**read_options(given.get("options", "")), **asked}.items())
    return dict(one for one in passed if one is not None)
