"""Values whose binary form is not text: numbers, addresses, arrays and records, which are read part by part."""

import re
import struct
from collections.abc import Callable
from ipaddress import ip_address
from typing import NamedTuple

from yett.core.masks import Find
from yett.protocols.postgres.masking import rows_hot, types
from yett.protocols.postgres.masking.description import Column
from yett.protocols.postgres.masking.reading import Constants, Reading

_DEPTH_MAX = 6
_ZERO_GROUPS_MAX = 16
_KNOWN_MAX = 256
_SIZE = struct.Struct("!i").unpack_from
_SHORT_LENGTH = re.compile(rb"\0+[^\0]")
_LONG_LENGTH = re.compile(rb"\0+[^\0].", re.DOTALL)
ReadingOf = Callable[[Column], Reading]


def _int8_view(value: bytes) -> bytes:
    return str(int.from_bytes(value, "big", signed=True)).encode()


def _numeric_view(value: bytes) -> bytes:
    """Return the digits of a numeric; a very long run of zeros behind them is no card and no id."""
    count, weight, _, _ = struct.unpack_from("!HhHH", value)
    groups = struct.unpack_from(f"!{count}H", value, 8)
    text = "".join(f"{group:04}" for group in groups) + "0000" * min(max(weight + 1 - count, 0), _ZERO_GROUPS_MAX)
    whole = 4 * max(weight + 1, 0)
    return f"{text[:whole].lstrip('0')}.{text[whole:]}".rstrip("0").rstrip(".").encode()


def _inet_view(value: bytes) -> bytes:
    return str(ip_address(value[4:])).encode()


INT8_BINARY = Reading(rows_hot.VIEWED, _int8_view)
NUMERIC_BINARY = Reading(rows_hot.VIEWED, _numeric_view)
INET_BINARY = Reading(rows_hot.VIEWED, _inet_view)


class Part(NamedTuple):
    """One element of an array or one field of a record: where its length is in the whole, its type and its bytes."""

    at: int
    type: int
    value: bytes | None


def _array_parts(value: bytes) -> list[Part]:
    dimensions, _, oid = struct.unpack_from("!iiI", value)
    if not 0 <= dimensions <= 6 or not oid:
        raise ValueError("an array has an impossible number of dimensions, or no type")
    return _parts(value, 12 + 8 * dimensions, oid)


def _record_parts(value: bytes) -> list[Part]:
    (count,) = struct.unpack_from("!i", value)
    parts = _parts(value, 4, 0)
    if len(parts) != count:
        raise ValueError("a record has another number of fields than it says")
    return parts


def _parts(value: bytes, start: int, element: int) -> list[Part]:
    parts, at = [], start
    while at < len(value):
        oid = element
        if not element:
            (oid,) = struct.unpack_from("!I", value, at)
            at += 4
        (size,) = _SIZE(value, at)
        behind = at + 4 + max(size, 0)
        if size < -1 or behind > len(value):
            raise ValueError("a part reaches beyond its whole")
        parts.append(Part(at, oid, None if size < 0 else value[at + 4 : behind]))
        at = behind
    return parts


def nested_reading(oid: int, reading_of: ReadingOf, depth: int = 0) -> Reading:
    """Return how a binary array or record is read; or anything that is not known."""
    if depth <= _DEPTH_MAX and oid in types.ARRAYS:
        return _reading(_array_parts, reading_of, depth)
    if depth <= _DEPTH_MAX and oid == types.RECORD:
        return _reading(_record_parts, reading_of, depth)
    return OPAQUE_BINARY


def _reading(parts_of: Callable[[bytes], list[Part]], reading_of: ReadingOf, depth: int) -> Reading:
    readings = _part_readings(reading_of, depth)

    def view(value: bytes) -> bytes:
        return _joined(parts_of(value), readings)

    def rewrite(value: bytes, finds: list[Find], constant: Constants) -> bytes:
        parts = parts_of(value)
        out, kept, at, nulled = bytearray(), 0, 0, False
        for part in parts:
            reading = readings(part.type)
            seen = reading.viewed(part.value or b"")
            hits = [(start - at, end - at, label) for start, end, label in finds if at <= start < at + len(seen)]
            at += len(seen) + 1
            if hits and part.value is not None:
                left = reading.rewrite(part.value, hits, constant)
                nulled = nulled or left is None
                out += value[kept : part.at]
                out += struct.pack("!i", -1) if left is None else struct.pack("!i", len(left)) + left
                kept = part.at + 4 + len(part.value)
        out += value[kept:]
        if nulled and parts_of is _array_parts:
            out[4:8] = b"\0\0\0\1"  # there are NULLs among the elements now
        return bytes(out)

    return Reading(rows_hot.VIEWED, view, rewrite)


def _joined(parts: list[Part], readings: Callable[[int], Reading]) -> bytes:
    return b"\0".join([readings(part.type).viewed(part.value) if part.value else b"" for part in parts])


def _part_readings(reading_of: ReadingOf, depth: int) -> Callable[[int], Reading]:
    """Return how parts of each type are read, one level deeper."""
    known: dict[int, Reading] = {}

    def reading(oid: int) -> Reading:
        found = known.get(oid)
        if found is None:
            nested = oid in types.ARRAYS or oid == types.RECORD
            found = nested_reading(oid, reading_of, depth + 1) if nested else reading_of(Column(oid, 1))
            if len(known) < _KNOWN_MAX:
                known[oid] = found
        return found

    return reading


def _opaque_view(value: bytes) -> bytes:
    """Return bytes of an unknown structure three times: as they are, and without what may be lengths before texts.

    The last byte of a length may look like a letter or digit of the text behind it, and hide where that begins.
    """
    return b"\0".join((value, _SHORT_LENGTH.sub(b"\0", value), _LONG_LENGTH.sub(b"\0", value)))


OPAQUE_BINARY = Reading(rows_hot.VIEWED, _opaque_view)
"""Binary of a structure that is not known: NULL after any find."""
