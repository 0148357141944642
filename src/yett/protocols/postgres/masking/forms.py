"""How a mask is written so that it is a valid value of its column's type and wire format; where none is, NULL."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from yett.protocols.postgres.masking.description import Column
from yett.protocols.postgres.masking.types import BPCHAR, BYTEA, CHAR, JSON, JSONB, NAME, TEXTS, VARCHAR, XML

_TYPMOD_HEADER = 4
_NAME_BYTES = 63


@dataclass(frozen=True, slots=True)
class Form:
    """One type in one format.

    `read` returns a value's own text, `write` what stands for a text on the wire, None where it can't. `plain` says
    that both are the bytes as they are.
    """

    read: Callable[[bytes], bytes]
    write: Callable[[bytes], bytes | None]
    plain: bool = False


def form_of(column: Column) -> Form | None:
    """Return how masks are written in a column; None where no mask can be a value of its type."""
    if column.type in TEXTS:
        return _text_form(column)
    if column.type == JSON or (column.type == JSONB and column.format == 0):
        return Form(_same, json_string)
    if column.type == JSONB:
        return Form(_behind_version, lambda mask: b"\x01" + json_string(mask))
    if column.type == XML:
        return Form(_same, xml_text)
    if column.type == BYTEA:
        return Form(_same, _same) if column.format else Form(bytea_bytes, bytea_text)
    return None


def length_limit(column: Column) -> int:
    """Return how many characters a value of this column may have, 0 for any number."""
    if column.type in (VARCHAR, BPCHAR) and column.typmod > _TYPMOD_HEADER:
        return column.typmod - _TYPMOD_HEADER
    return {CHAR: 1, NAME: _NAME_BYTES}.get(column.type, 0)


def json_string(text: bytes) -> bytes:
    """Return a text as a JSON string."""
    return json.dumps(text.decode("utf-8", "replace"), ensure_ascii=False).encode()


def xml_text(text: bytes) -> bytes:
    """Return a text as XML content."""
    return escape(text.decode("utf-8", "replace")).encode()


def bytea_text(raw: bytes) -> bytes:
    r"""Return bytes as bytea's text form (`\x` and hex digits)."""
    return b"\\x" + raw.hex().encode()


def bytea_bytes(text: bytes) -> bytes:
    r"""Return the bytes that a bytea in text form stands for: `\x…`, or the older escape format."""
    if text.startswith(b"\\x"):
        return bytes.fromhex(text[2:].decode("ascii"))
    return _unescaped(text) if b"\\" in text else text


def fitted(mask: bytes, limit: int) -> bytes:
    """Return the mask, or as many `*` as the column has room for."""
    if not limit or len(mask) <= limit or len(mask.decode("utf-8", "replace")) <= limit:
        return mask
    return b"*" * limit


def _text_form(column: Column) -> Form:
    limit = length_limit(column)
    if not limit:
        return Form(_same, _same, plain=True)
    if column.type == BPCHAR:
        return Form(lambda value: value.rstrip(b" "), lambda mask: _padded(fitted(mask, limit), limit), plain=True)
    return Form(_same, lambda mask: fitted(mask, limit), plain=True)


def _padded(mask: bytes, limit: int) -> bytes:
    # char(n) comes with its blanks, and clients count on it.
    return mask + b" " * (limit - len(mask.decode("utf-8", "replace")))


def _behind_version(value: bytes) -> bytes:
    return value[1:]


def _same(value: bytes) -> bytes:
    return value


def _unescaped(text: bytes) -> bytes:
    raw, at = bytearray(), 0
    while at < len(text):
        if text[at] != 0x5C:
            raw.append(text[at])
            at += 1
        elif text[at + 1 : at + 2] == b"\\":
            raw.append(0x5C)
            at += 2
        else:
            raw.append(int(text[at + 1 : at + 4], 8) & 0xFF)
            at += 4
    return bytes(raw)
