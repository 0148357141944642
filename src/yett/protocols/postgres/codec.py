"""PostgreSQL messages as bytes: builders and strict readers for the ones the gate makes or looks into.

PostgreSQL protocol: Message Formats. A message is a type byte, a big-endian 32-bit length that counts itself, and
a body; readers take the body only.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yett.core.errors import ProtocolError
from yett.protocols._wire.questions import Parameter
from yett.protocols.postgres.frames_hot import bound_values

_HEADER: Final = struct.Struct("!cI")
_U16: Final = struct.Struct("!H")
_I16: Final = struct.Struct("!h")
_I32: Final = struct.Struct("!i")

SYNC: Final[bytes] = b"S\x00\x00\x00\x04"
FLUSH: Final[bytes] = b"H\x00\x00\x00\x04"
TERMINATE: Final[bytes] = b"X\x00\x00\x00\x04"
PARSE_COMPLETE: Final[bytes] = b"1\x00\x00\x00\x04"
BIND_COMPLETE: Final[bytes] = b"2\x00\x00\x00\x04"
EMPTY_QUERY: Final[bytes] = b"I\x00\x00\x00\x04"
NO_DATA: Final[bytes] = b"n\x00\x00\x00\x04"
COPY_DONE: Final[bytes] = b"c\x00\x00\x00\x04"


class Malformed(ProtocolError):
    """The body of a client's message is not what its kind has; its frame is sound, so what comes next can be read."""


def message(kind: bytes, body: bytes) -> bytes:
    """Return one whole message."""
    return _HEADER.pack(kind, len(body) + 4) + body


def copy_in_response(columns: int, *, binary: bool) -> bytes:
    """CopyInResponse: a server awaits COPY data of so many columns."""
    form = int(binary)
    return message(b"G", bytes((form,)) + _U16.pack(columns) + _U16.pack(form) * columns)


def cstring(text: str) -> bytes:
    """Return `text` as UTF-8 with its terminating zero."""
    return text.encode() + b"\0"


def query(text: str) -> bytes:
    """Query: run `text` by the simple protocol."""
    return message(b"Q", cstring(text))


def parse(name: bytes, text: bytes, types: Sequence[int] = ()) -> bytes:
    """Parse: prepare `text` under `name`."""
    oids = b"".join(struct.pack("!I", oid) for oid in types)
    return message(b"P", name + b"\0" + text + b"\0" + _U16.pack(len(types)) + oids)


def bind_text(portal: bytes, statement: bytes, values: Sequence[str | None]) -> bytes:
    """Bind: text parameters, text results."""
    parts = [portal, b"\0", statement, b"\0\0\0", _U16.pack(len(values))]
    for value in values:
        if value is None:
            parts.append(_I32.pack(-1))
        else:
            raw = value.encode()
            parts.append(_I32.pack(len(raw)) + raw)
    parts.append(b"\0\0")
    return message(b"B", b"".join(parts))


def describe_portal(name: bytes) -> bytes:
    """Describe: ask for a portal's row description."""
    return message(b"D", b"P" + name + b"\0")


def execute(portal: bytes, rows_max: int = 0) -> bytes:
    """Execute: run a portal, zero for all rows."""
    return message(b"E", portal + b"\0" + _I32.pack(rows_max))


def close_statement(name: bytes) -> bytes:
    """Close: drop a prepared statement."""
    return message(b"C", b"S" + name + b"\0")


def ready(status: bytes) -> bytes:
    """ReadyForQuery: `I` idle, `T` in a transaction, `E` in a failed one."""
    return message(b"Z", status)


def parameter_status(name: str, value: str) -> bytes:
    """ParameterStatus: a reported setting and its value."""
    return message(b"S", cstring(name) + cstring(value))


def backend_key_data(process_id: int, key: bytes) -> bytes:
    """BackendKeyData: what a CancelRequest must show."""
    return message(b"K", struct.pack("!I", process_id) + key)


def fields_message(kind: bytes, fields: Mapping[str, str]) -> bytes:
    """ErrorResponse or NoticeResponse from its one-letter fields (PostgreSQL protocol: Error and Notice Fields)."""
    body = b"".join(letter.encode() + cstring(value.replace("\0", "")) for letter, value in fields.items() if value)
    return message(kind, body + b"\0")


def error(sqlstate: str, text: str, *, severity: str = "ERROR", detail: str = "", hint: str = "", **more: str) -> bytes:
    """ErrorResponse with the fields a client reads; `more` takes one-letter field names."""
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": text, "D": detail, "H": hint, **more}
    return fields_message(b"E", fields)


def notice(sqlstate: str, text: str, *, severity: str = "NOTICE", detail: str = "", hint: str = "") -> bytes:
    """NoticeResponse."""
    return fields_message(b"N", {"S": severity, "V": severity, "C": sqlstate, "M": text, "D": detail, "H": hint})


def close_portal(name: bytes) -> bytes:
    """Close: drop a portal, which otherwise lives as long as its transaction."""
    return message(b"C", b"P" + name + b"\0")


def read_fields(body: bytes) -> dict[str, str]:
    """Read the fields of an ErrorResponse or NoticeResponse."""
    fields: dict[str, str] = {}
    for part in body.rstrip(b"\0").split(b"\0"):
        if part:
            fields[chr(part[0])] = part[1:].decode("utf-8", "replace")
    return fields


def read_cstring(body: bytes, start: int) -> tuple[bytes, int]:
    """Return the bytes up to the next zero and the offset behind it."""
    end = body.find(b"\0", start)
    if end < 0:
        raise Malformed("a text in a message has no end")
    return body[start:end], end + 1


@dataclass(frozen=True, slots=True)
class ParseBody:
    """What a Parse message carries."""

    name: bytes
    text: bytes
    types: tuple[int, ...]


def read_parse(body: bytes) -> ParseBody:
    """Read a Parse message's body strictly: nothing may be missing or left over."""
    name, at = read_cstring(body, 0)
    text, at = read_cstring(body, at)
    if len(body) < at + 2:
        raise Malformed("a Parse message is too short")
    (count,) = _U16.unpack_from(body, at)
    if len(body) != at + 2 + 4 * count:
        raise Malformed("a Parse message's length does not fit its parameter types")
    return ParseBody(name, text, struct.unpack_from(f"!{count}I", body, at + 2))


@dataclass(frozen=True, slots=True)
class BindBody:
    """What a Bind message carries: its parameters exactly, as (format, type, bytes or None for NULL)."""

    portal: bytes
    statement: bytes
    parameters: tuple[Parameter, ...]


def read_bind(body: bytes) -> BindBody:
    """Read a Bind message's body strictly, walking every length in it; the types of its parameters are 0, unknown."""
    portal, at = read_cstring(body, 0)
    statement, at = read_cstring(body, at)
    values = bound_values(body, at, len(body), ())
    if values is None:
        raise Malformed("a Bind message's lengths do not fit its parameters")
    return BindBody(portal, statement, tuple(values))


def typed(parameters: tuple[Parameter, ...], types: tuple[int, ...]) -> tuple[Parameter, ...]:
    """Return parameters with the types that their Parse declared, 0 where it declared none."""
    if not types:
        return parameters
    declared = (*types, *(0 for _ in range(len(parameters) - len(types))))
    return tuple((code, kind, value) for (code, _, value), kind in zip(parameters, declared, strict=False))


def read_named(body: bytes) -> tuple[bytes, bytes]:
    """Read a Describe or Close body: `S` or `P`, and a name."""
    if not body or body[:1] not in (b"S", b"P"):
        raise Malformed("a Describe or Close message names neither a statement nor a portal")
    name, at = read_cstring(body, 1)
    if at != len(body):
        raise Malformed("a Describe or Close message has bytes left over")
    return body[:1], name


def read_execute(body: bytes) -> tuple[bytes, int]:
    """Read an Execute body: the portal's name and the row limit."""
    name, at = read_cstring(body, 0)
    if len(body) != at + 4:
        raise Malformed("an Execute message has the wrong length")
    return name, int(_I32.unpack_from(body, at)[0])


def read_row(body: bytes) -> tuple[str | None, ...]:
    """Read a DataRow of text values (the gate's own look-ups only)."""
    values: list[str | None] = []
    try:
        (count,) = _U16.unpack_from(body, 0)
        at = 2
        for _ in range(count):
            (size,) = _I32.unpack_from(body, at)
            at += 4
            values.append(None if size < 0 else body[at : at + size].decode())
            at += max(size, 0)
    except (struct.error, UnicodeDecodeError):
        raise ProtocolError("a row of the gate's own look-up is malformed") from None
    if at != len(body):
        raise ProtocolError("a row of the gate's own look-up has the wrong length")
    return tuple(values)
