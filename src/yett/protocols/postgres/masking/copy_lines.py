"""COPY data as text or CSV: lines into fields and values, and values back into fields.

PostgreSQL documentation, COPY: File Formats. What a server writes is stricter than what it reads: a line ends in a
newline, and a field is quoted where it has to be.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from yett.core.errors import ProtocolError

Line = list[bytes]
"""The fields of one line, as they are written."""

_TEXT_CODES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_CERTAIN_NULL = rb"\N"
"""What no value is written as. Of any other word for NULL it can't be told whether it is a value, which would show
whether a value is the word that the client chose: it is covered like a value."""
_TEXT_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_TEXT_WRITTEN = {raw: b"\\" + letter for letter, raw in _TEXT_CODES.items()}


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How a COPY TO writes its lines, as its statement says; for `csv` the defaults of None are CSV's own."""

    csv: bool = False
    delimiter: bytes | None = None
    null: bytes | None = None
    quote: bytes = b'"'
    escape: bytes | None = None
    header: bool = False


TEXT = CopyOptions()
"""The format of a COPY that says nothing of it."""


@dataclass(frozen=True, slots=True)
class Lines:
    """How lines are cut, read and written.

    `cut` returns the whole lines and what is left of the last one; `read` a field's value, None for NULL.
    Where there is no `mark`, every field is its value as it is written.
    """

    cut: Callable[[bytes], tuple[list[Line], bytes]]
    read: Callable[[bytes], bytes | None]
    write: Callable[[bytes | None], bytes]
    delimiter: bytes
    mark: bytes


def lines_of(options: CopyOptions) -> Lines:
    """Return how lines are handled that a COPY with these options writes."""
    return _csv_lines(options) if options.csv else _text_lines(options)


def _text_lines(options: CopyOptions) -> Lines:
    delimiter = options.delimiter or b"\t"
    null = _CERTAIN_NULL if options.null is None else options.null
    written = re.compile(rb"[\\\b\f\n\r\t\v%s]" % re.escape(delimiter))

    def cut(data: bytes) -> tuple[list[Line], bytes]:
        *lines, rest = data.split(b"\n")
        if b"\\" + delimiter not in data:
            return [line.split(delimiter) for line in lines], rest
        # A delimiter within a value has a backslash before it, which has none itself.
        fields = re.compile(rb"(?:\\.|[^\\%s])*" % re.escape(delimiter), re.DOTALL)
        return [_fields(fields, line, delimiter) for line in lines], rest

    def read(field: bytes) -> bytes | None:
        if field == null == _CERTAIN_NULL:
            return None
        return _TEXT_ESCAPE.sub(_unescaped, field) if b"\\" in field else field

    def write(value: bytes | None) -> bytes:
        return null if value is None else written.sub(_escaped, value)

    return Lines(cut, read, write, delimiter, b"\\")


def _fields(pattern: re.Pattern[bytes], line: bytes, delimiter: bytes) -> Line:
    fields, at = [], 0
    while True:
        match = pattern.match(line, at)
        if match is None or line[match.end() : match.end() + 1] not in {b"", delimiter}:
            raise ProtocolError("the target sent a line of COPY data that cannot be read")
        fields.append(match[0])
        at = match.end() + 1
        if match.end() >= len(line):
            return fields


def _unescaped(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    if code[:1] == b"x" and len(code) > 1:
        return bytes([int(code[1:], 16)])
    if code.isdigit() and code[0] < 0x38:
        return bytes([int(code, 8) & 0xFF])
    return _TEXT_CODES.get(code, code)


def _escaped(found: re.Match[bytes]) -> bytes:
    return _TEXT_WRITTEN.get(found[0], b"\\" + found[0])


def _csv_lines(options: CopyOptions) -> Lines:
    delimiter = options.delimiter or b","
    null, quote = options.null or b"", options.quote
    escape = options.escape or quote
    d, q, e = (re.escape(one) for one in (delimiter, quote, escape))
    field_and_end = re.compile(rb"(%s(?:[^%s%s]|%s[%s%s])*%s|[^%s%s\r\n]*)(%s|\r?\n)" % (q, q, e, e, q, e, q, d, q, d))
    quoted_escape = re.compile(rb"%s([%s%s])" % (e, q, e))
    special = re.compile(rb"[%s%s\r\n]" % (q, e))

    def cut(data: bytes) -> tuple[list[Line], bytes]:
        if quote not in data:
            *lines, rest = data.split(b"\n")
            return [line.split(delimiter) for line in lines], rest
        return _csv_cut(field_and_end, data, delimiter)

    def read(field: bytes) -> bytes | None:
        if field == null:
            return None
        return quoted_escape.sub(rb"\1", field[1:-1]) if field[:1] == quote else field

    def write(value: bytes | None) -> bytes:
        if value is None:
            return null
        if value in {null, rb"\."} or delimiter in value or special.search(value):
            return quote + re.sub(rb"([%s%s])" % (q, e), lambda one: escape + one[1], value) + quote
        return value

    return Lines(cut, read, write, delimiter, quote)


def _csv_cut(field_and_end: re.Pattern[bytes], data: bytes, delimiter: bytes) -> tuple[list[Line], bytes]:
    """Cut lines whose fields may hold newlines; what does not look like a whole line yet is left."""
    lines: list[Line] = []
    fields: Line = []
    at = whole = 0
    while match := field_and_end.match(data, at):
        fields.append(match[1])
        at = match.end()
        if match[2] != delimiter:
            lines.append(fields)
            fields, whole = [], at
    return lines, data[whole:]
