"""Errors, notices and notifications are data: they are rebuilt from their code, or searched, before they leave.

PostgreSQL protocol: ErrorResponse, NoticeResponse (Error and Notice Message Fields), NotificationResponse.
"""

import struct

from yett.core.errors import ProtocolError
from yett.core.masks import Masks, Scanner
from yett.protocols.postgres.codec import error, message, notice, read_cstring, read_fields
from yett.protocols.postgres.masking.conditions import CONDITIONS
from yett.protocols.postgres.masking.reading import spliced

_WITHHELD = "The gate withheld the server's own words, because labelled data was involved."
_SAID_BY_THE_PARSER = "42"
"""Class 42, syntax error or access rule violation: its position is one in the client's own text."""
_SEVERITIES = frozenset({"ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "DEBUG", "INFO", "LOG"})
_KEPT = frozenset({b"S", b"V", b"C", b"P", b"p", b"L", b"R", b"F"})
"""Fields that never hold a value: severity, code, positions, and where in the server's source it was raised."""
_UNKNOWN_ERROR, _UNKNOWN_NOTICE = "P0001", "01000"


def rebuilt_error(packet: bytes) -> bytes:
    """Return an ErrorResponse of an operation that touched labelled data with nothing of it: severity, code, condition.

    Where the code is of class 42, the position in the client's own text stays.
    """
    fields = read_fields(_body(packet, b"E"))
    code = _code(fields, _UNKNOWN_ERROR)
    position = fields.get("P", "")
    more = {"P": position} if code.startswith(_SAID_BY_THE_PARSER) and position.isdecimal() else {}
    return error(code, CONDITIONS[code], severity=_severity(fields, "ERROR"), hint=_WITHHELD, **more)


def rebuilt_notice(packet: bytes) -> bytes:
    """Return a NoticeResponse of an operation that touched labelled data with nothing of it; b"" for what says nothing.

    Only warnings are told: a notice's standard words would be noise.
    """
    fields = read_fields(_body(packet, b"N"))
    severity = _severity(fields, "NOTICE")
    if severity != "WARNING":
        return b""
    code = _code(fields, _UNKNOWN_NOTICE)
    return notice(code, CONDITIONS[code], severity=severity, hint=_WITHHELD)


def scanned_text(packet: bytes, scanner: Scanner, masks: Masks) -> bytes:
    """Return an ErrorResponse or NoticeResponse without what detectors find in its words, itself where that is nothing.

    For operations on a `scanned` resource that touched no labelled data.
    """
    body = _body(packet, packet[:1])
    parts = body.rstrip(b"\0").split(b"\0")
    searched = [b"" if part[:1] in _KEPT else part[1:] for part in parts]
    left = _without_finds(searched, scanner, masks)
    if left is None:
        return packet
    fields = [part if part[:1] in _KEPT else part[:1] + text for part, text in zip(parts, left, strict=True)]
    return message(packet[:1], b"\0".join(fields) + b"\0\0")


def scanned_notification(packet: bytes, scanner: Scanner, masks: Masks) -> bytes:
    """Return a NotificationResponse whose payload is without what detectors find in it."""
    body = _body(packet, b"A")
    _, payload_at = read_cstring(body, 4)
    payload, behind = read_cstring(body, payload_at)
    if behind != len(body):
        raise ProtocolError("a notification has the wrong length")
    left = _without_finds([payload], scanner, masks)
    return packet if left is None else message(b"A", body[:payload_at] + left[0] + b"\0")


def _without_finds(texts: list[bytes], scanner: Scanner, masks: Masks) -> list[bytes] | None:
    """Return the texts with each find replaced by its label's constant; None where nothing was found."""
    joined = b"\0".join(texts)
    finds = list(scanner.find(joined))
    if not finds:
        return None
    return spliced(joined, finds, lambda label: masks.spec(label).constant).split(b"\0")


def _body(packet: bytes, kind: bytes) -> bytes:
    if len(packet) < 6 or packet[:1] != kind or struct.unpack_from("!I", packet, 1)[0] + 1 != len(packet):
        raise ProtocolError("a message of the target has the wrong length")
    return packet[5:]


def _severity(fields: dict[str, str], otherwise: str) -> str:
    # V is never translated; S may be, and is then no word that is known to be harmless.
    said = fields.get("V", fields.get("S", ""))
    return said if said in _SEVERITIES else otherwise


def _code(fields: dict[str, str], otherwise: str) -> str:
    """Return a code that PostgreSQL has; any other was chosen by a routine of the target's, and may be a value."""
    code = fields.get("C", "")
    return code if code in CONDITIONS else otherwise
