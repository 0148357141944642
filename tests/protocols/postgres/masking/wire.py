"""Rows, descriptions and masks for tests, as bytes: what a server would send, and masks that are easy to recognise."""

import re
import struct
from collections.abc import Sequence

from yett.core.masks import Cover, Find, MaskSpec, Style
from yett.protocols.postgres.codec import message
from yett.protocols.postgres.masking.plans import RowPlan, row_plan

MARKER = "planted@secret.example"
CARD = "4111111111111111"
TEXT, VARCHAR, BPCHAR, NAME, CHAR = 25, 1043, 1042, 19, 18
JSON, JSONB, XML, BYTEA, INT4, INT8, NUMERIC = 114, 3802, 142, 17, 23, 20, 1700


def description(*columns: tuple[int, int] | tuple[int, int, int], origin: tuple[int, int] = (0, 0)) -> bytes:
    """Return a RowDescription of columns given as (type, format) or (type, format, typmod)."""
    body = struct.pack("!H", len(columns))
    for number, (oid, wire, *typmod) in enumerate(columns):
        body += b"c%d\0" % number + struct.pack("!IhIhih", *origin, oid, -1, *(typmod or [-1]), wire)
    return message(b"T", body)


def row(*values: bytes | str | None, kind: bytes = b"D") -> bytes:
    """Return a DataRow."""
    body = struct.pack("!H", len(values))
    for value in values:
        raw = value.encode() if isinstance(value, str) else value
        body += struct.pack("!i", -1) if raw is None else struct.pack("!i", len(raw)) + raw
    return message(kind, body)


def read_rows(data: bytes) -> list[tuple[bytes | None, ...]]:
    """Read a run of DataRows strictly."""
    rows, at = [], 0
    while at < len(data):
        assert data[at : at + 1] in (b"D", b"d")
        end = at + 1 + struct.unpack_from("!I", data, at + 1)[0]
        (count,) = struct.unpack_from("!H", data, at + 5)
        values, at = [], at + 7
        for _ in range(count):
            (size,) = struct.unpack_from("!i", data, at)
            values.append(None if size < 0 else data[at + 4 : at + 4 + size])
            at += 4 + max(size, 0)
        assert at == end <= len(data)
        rows.append(tuple(values))
    return rows


def array(oid: int, *elements: bytes | None) -> bytes:
    """Return a one-dimensional array in binary."""
    head = struct.pack("!iiIii", 1, int(None in elements), oid, len(elements), 1)
    return head + b"".join(_sized(one) for one in elements)


def record(*fields: tuple[int, bytes | None]) -> bytes:
    """Return a record in binary."""
    return struct.pack("!i", len(fields)) + b"".join(struct.pack("!I", oid) + _sized(value) for oid, value in fields)


def _sized(value: bytes | None) -> bytes:
    return struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value


class Words:
    """Detectors of e-mail addresses and 16-digit cards, which do not begin within a word."""

    pattern = re.compile(rb"(?<![\w.+-])(?:(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|(?P<card>4\d{15}))(?![\w@])")

    def __init__(self, seen: frozenset[str] = frozenset()) -> None:
        self.seen = seen

    def find(self, joined: bytes) -> Sequence[Find]:
        """Return finds in order."""
        found = [(*match.span(), match.lastgroup) for match in self.pattern.finditer(joined)]
        return [one for one in found if one[2] not in self.seen]


def _starred(value: bytes) -> bytes:
    text = value.decode()
    words = [at for at, letter in enumerate(text) if letter.isalnum()]
    hidden = words[:-4] if len(words) >= 12 else words
    return "".join("*" if at in hidden else letter for at, letter in enumerate(text)).encode()


def _address(value: bytes) -> bytes:
    name, sign, domain = value.decode().partition("@")
    return f"{name[:1]}***@{domain}".encode() if sign and len(name) >= 4 else b"***"


class SomeMasks:
    """Masks of some labels: one for each way in which a value can be covered."""

    def spec(self, label: str) -> MaskSpec:
        """Return what replaces values of a label."""
        specs = {
            "card": MaskSpec("card", Style.PARTIAL, b"[card]", "last4", _starred),
            "email": MaskSpec("email", Style.PARTIAL, b"[email]", "email", _address),
            "token": MaskSpec(
                "token", Style.TOKEN, b"[token]", "call", lambda value: b"tok_" + value[::-1].hex().encode()
            ),
            "gone": MaskSpec("gone", Style.NULL, b"[gone]", "null", lambda _value: None),
        }
        return specs.get(label, MaskSpec(label, Style.REDACT, b"[redacted]", "constant", lambda _value: b"[redacted]"))

    def scanner(self, seen: frozenset[str]) -> Words:
        """Return the detectors."""
        return Words(seen)

    def holds_token(self, data: bytes) -> bool:
        """Recognise a token."""
        return b"tok_" in data


def no_origin(_table: int, _number: int) -> str:
    """Know of no labels."""
    return ""


def planned(columns: Sequence[tuple[int, ...]], *covers: Cover) -> RowPlan:
    """Return the plan of a result with these columns."""
    return row_plan(description(*columns), covers, SomeMasks(), no_origin)


def through(columns: Sequence[tuple[int, ...]], covers: Sequence[Cover], *values: bytes | str | None) -> tuple:
    """Return one row of these values as a client gets it."""
    data = row(*values)
    (found,) = read_rows(planned(columns, *covers).rows(data, 0, len(data)))
    return found
