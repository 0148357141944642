"""COPY data that waits with its statement, and in words for a reviewer: how much it is, its digest, binary rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_ROWS_MAX = 200
_FIELD_MAX = 200


@dataclass(frozen=True, slots=True)
class Spool:
    """All the data of one COPY FROM STDIN, in the order in which its client sent it."""

    data: bytes = field(repr=False)
    binary: bool

    @property
    def rows(self) -> int:
        """Return how many lines it has, a last one without its end included; of binary data, how many rows."""
        if self.binary:
            return sum(1 for _ in _rows(self.data))
        return self.data.count(b"\n") + (bool(self.data) and not self.data.endswith(b"\n"))

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the data, however it was cut into messages."""
        return sha256(self.data).hexdigest()

    def words(self, number: int) -> dict[str, str]:
        """Return what is said beside the data itself, which is parameter `number` of the question, by title."""
        what, rows = "row" if self.binary else "line", self.rows
        amount = f"{rows:,} {what}{'' if rows == 1 else 's'}, {len(self.data):,} bytes"
        told = {"COPY data": f"${number} is the data: {amount}, SHA-256 {self.digest}"}
        if self.binary:
            told["COPY rows"] = "\n".join(_shown(self.data))
        return told


def _shown(data: bytes) -> Iterator[str]:
    """Yield binary rows: NULL, text where the bytes are printable text, else the bytes in hexadecimal."""
    for number, row in enumerate(_rows(data)):
        if number == _ROWS_MAX:
            yield "… and more"
            return
        yield " | ".join(map(_field, row))


def _rows(data: bytes) -> Iterator[list[bytes | None]]:
    """Yield the fields of each whole row (PostgreSQL, COPY: Binary Format); what is not such data ends it."""
    if not data.startswith(_SIGNATURE):
        return
    at = len(_SIGNATURE) + 8 + _number(data, len(_SIGNATURE) + 4, 4)
    while (fields := _number(data, at, 2)) >= 0:
        at += 2
        row: list[bytes | None] = []
        for _ in range(fields):
            size = _number(data, at, 4)
            at += 4
            row.append(None if size < 0 else data[at : at + size])
            at += max(size, 0)
        if at > len(data):
            return
        yield row


def _number(data: bytes, at: int, size: int) -> int:
    """Return a signed number, -1 where the data ends before it."""
    return int.from_bytes(data[at : at + size], "big", signed=True) if at + size <= len(data) else -1


def _field(value: bytes | None) -> str:
    if value is None:
        return "NULL"
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""
    shown = text if text and text.isprintable() else "\\x" + value.hex()
    return shown if len(shown) <= _FIELD_MAX else f"{shown[:_FIELD_MAX]}…"
