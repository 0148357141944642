"""What a target announces of its rows: for each column its type, its wire format and where the server has it from."""

import struct

import msgspec
from msgspec import structs

from yett.core.errors import ProtocolError
from yett.protocols.postgres.codec import read_cstring
from yett.protocols.postgres.masking.types import TEXT

_COLUMN = struct.Struct("!IhIhih")
_UNKNOWN_LENGTH = -1


class Column(msgspec.Struct, frozen=True, gc=False):
    """One column as the wire has it. `table` and `number` are 0 where the server does not say where it is from."""

    type: int
    format: int = 0
    typmod: int = _UNKNOWN_LENGTH
    table: int = 0
    number: int = 0


class CoverMismatch(ProtocolError):
    """The target announced other columns than the ones that were judged: nothing of the answer may pass."""


def read_columns(description: bytes) -> tuple[Column, ...]:
    """Read one whole RowDescription message (PostgreSQL protocol: RowDescription)."""
    try:
        length, count = struct.unpack_from("!IH", description, 1)
        columns = []
        at = 7
        for _ in range(count):
            _, at = read_cstring(description, at)
            table, number, oid, _, typmod, wire = _COLUMN.unpack_from(description, at)
            if wire not in (0, 1):
                raise ProtocolError("the target announced a column in an unknown format")
            columns.append(Column(oid, wire, typmod, table, number))
            at += _COLUMN.size
    except struct.error:
        raise ProtocolError("a row description is too short") from None
    if description[:1] != b"T" or at != len(description) or length + 1 != at:
        raise ProtocolError("a row description has the wrong length")
    return tuple(columns)


def read_copy_out(response: bytes) -> tuple[int, ...]:
    """Read one whole CopyOutResponse message: the format of each column (PostgreSQL protocol: CopyOutResponse)."""
    try:
        length, overall, count = struct.unpack_from("!IBH", response, 1)
        formats = struct.unpack_from(f"!{count}H", response, 8)
    except struct.error:
        raise ProtocolError("a COPY answer is too short") from None
    if response[:1] != b"H" or length + 1 != len(response) or len(response) != 8 + 2 * count:
        raise ProtocolError("a COPY answer has the wrong length")
    if overall not in (0, 1) or any(one != overall for one in formats):
        raise ProtocolError("the target announced COPY data in an unknown format")
    return tuple(formats)


def with_formats(columns: tuple[Column, ...], formats: tuple[int, ...]) -> tuple[Column, ...]:
    """Return the columns in the result formats of a Bind: none for text, one for all, or one for each.

    A prepared statement's own description says 0 for every column, whatever Bind asks for later.
    """
    if len(formats) > 1 and len(formats) != len(columns):
        raise CoverMismatch("the formats asked for do not fit the columns of the answer")
    wires = formats if len(formats) > 1 else (formats or (0,)) * len(columns)
    if any(wire not in (0, 1) for wire in wires):
        raise ProtocolError("a result was asked for in an unknown format")
    return tuple(structs.replace(one, format=wire) for one, wire in zip(columns, wires, strict=True))


def as_text(columns: tuple[Column, ...], text_types: frozenset[int]) -> tuple[Column, ...]:
    """Return the columns with types that are text in all but name (citext) as text."""
    if text_types.isdisjoint(column.type for column in columns):
        return columns
    return tuple(structs.replace(column, type=TEXT) if column.type in text_types else column for column in columns)
