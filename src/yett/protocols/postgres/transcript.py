"""Shows recorded PostgreSQL statements and answers as psql would print them."""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

_CELL_CHARS_MAX = 120
_COLUMNS_MAX = 1_700
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_JSONB_VERSION_BYTES = 1


class PostgresTranscript:
    """Renders what `SessionRecorder` was given by this protocol: SQL text, parameters, and whole backend messages.

    Never raises for what it is given: what cannot be rendered is shown as hexadecimal.
    """

    def asked(self, kind: str, text: bytes, parameters: Sequence[Sequence[object]]) -> Iterator[str]:
        """Return the statement's lines, then its parameters."""
        yield from (text.decode("utf-8", "backslashreplace") or kind).splitlines()
        for number, parameter in enumerate(parameters, 1):
            yield f"  ${number} = {_parameter(*parameter)}"

    def answered(self, frames: bytes) -> Iterator[str]:
        """Return a table for each result set, and a line for each notice, error and command tag."""
        columns: list[Column] = []
        rows: list[list[str]] = []
        for type_, body in messages(frames):
            if type_ == b"T":
                yield from table(columns, rows)
                columns, rows = read_columns(body), []
            elif type_ == b"D":
                rows.append(read_row(body, columns))
            elif type_ in _LINES:
                yield from table(columns, rows)
                columns, rows = [], []
                yield from _LINES[type_](body)
        yield from table(columns, rows)


@dataclass(frozen=True, slots=True)
class Column:
    """A result column as RowDescription names it."""

    name: str
    oid: int
    format: int


def messages(frames: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (type, body) of each whole message; what is cut off at the end is left out."""
    at = 0
    while at + 5 <= len(frames):
        length = int.from_bytes(frames[at + 1 : at + 5], "big")
        end = at + 1 + length
        if length < 4 or end > len(frames):
            return
        yield frames[at : at + 1], frames[at + 5 : end]
        at = end


def read_columns(body: bytes) -> list[Column]:
    """Return the columns of a RowDescription body, as many as are whole."""
    columns: list[Column] = []
    at = 2
    while at < len(body) and len(columns) < _COLUMNS_MAX:
        end = body.find(b"\0", at)
        if end < 0 or end + 19 > len(body):
            break
        oid, format_ = struct.unpack_from(">6xI6xH", body, end + 1)
        columns.append(Column(body[at:end].decode("utf-8", "backslashreplace"), oid, format_))
        at = end + 19
    return columns


def read_row(body: bytes, columns: Sequence[Column]) -> list[str]:
    """Return the cells of a DataRow body as text; NULL is empty, as psql shows it."""
    cells: list[str] = []
    at = 2
    while at + 4 <= len(body) and len(cells) < _COLUMNS_MAX:
        (length,) = struct.unpack_from(">i", body, at)
        at += 4
        if length < 0:
            cells.append("")
            continue
        column = columns[len(cells)] if len(cells) < len(columns) else None
        cells.append(cell(body[at : at + length], column.oid if column else 0, column.format if column else -1))
        at += length
    return cells


def cell(value: bytes, oid: int, format_: int) -> str:
    """Return a value as psql prints it. Format -1 is unknown: text if it reads as text, else hexadecimal."""
    if format_ == 1:
        return _shortened(_binary(value, oid))
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return _shortened("\\x" + value.hex())
    if format_ == -1 and not text.isprintable():
        return _shortened("\\x" + value.hex())
    return _shortened(text)


def whole_value(format_: int, oid: int, value: bytes) -> str:
    """Return a parameter's value uncut, as text: what its bytes stand for, or the bytes in hexadecimal."""
    if format_ == 1:
        return _binary(value, oid)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "\\x" + value.hex()


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as an aligned table with a count, as psql prints it."""
    if not columns and not rows:
        return
    width = max(len(columns), *(len(row) for row in rows)) if rows else len(columns)
    names = [columns[i].name if i < len(columns) else f"column{i + 1}" for i in range(width)]
    shown = [[_one_line(row[i]) if i < len(row) else "" for i in range(width)] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in shown)) if shown else len(name) for i, name in enumerate(names)]
    yield " " + " | ".join(name.center(size) for name, size in zip(names, widths, strict=True)).rstrip()
    yield "-" + "-+-".join("-" * size for size in widths) + "-"
    right = [i < len(columns) and columns[i].oid in _NUMBERS for i in range(width)]
    for row in shown:
        cells = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True))
        yield (" " + " | ".join(cells)).rstrip()
    yield f"({len(rows)} row{'' if len(rows) == 1 else 's'})"


def fields(body: bytes) -> dict[str, str]:
    """Return the fields of an ErrorResponse or NoticeResponse body by their letter."""
    found = {}
    for part in body.split(b"\0"):
        if part:
            found[chr(part[0])] = part[1:].decode("utf-8", "backslashreplace")
    return found


def _problem(body: bytes) -> Iterable[str]:
    found = fields(body)
    yield f"{found.get('S', 'ERROR')}:  {found.get('C', '')}: {found.get('M', '')}"
    for letter, name in (("D", "DETAIL"), ("H", "HINT"), ("W", "CONTEXT")):
        if letter in found:
            yield f"{name}:  {found[letter]}"


def _tag(body: bytes) -> Iterable[str]:
    yield body.rstrip(b"\0").decode("utf-8", "backslashreplace")


def _notification(body: bytes) -> Iterable[str]:
    channel, _, payload = body[4:].partition(b"\0")
    name = channel.decode("utf-8", "backslashreplace")
    yield f"Asynchronous notification {name}: {payload.rstrip(bytes(1)).decode('utf-8', 'backslashreplace')}"


def _copied(body: bytes) -> Iterable[str]:
    yield _shortened(body.decode("utf-8", "backslashreplace").rstrip("\n"))


def _silent(_body: bytes) -> Iterable[str]:
    return ()


_LINES: dict[bytes, Callable[[bytes], Iterable[str]]] = {
    b"C": _tag,
    b"E": _problem,
    b"N": _problem,
    b"A": _notification,
    b"d": _copied,
    b"s": lambda _body: ("(more rows not fetched)",),
    b"I": _silent,
}


def _parameter(format_: object, oid: object, value: object) -> str:
    if not isinstance(value, bytes) or not isinstance(oid, int):
        return "NULL"
    text = cell(value, oid, 1 if format_ == 1 else 0)
    return text if oid in _NUMBERS else f"'{text}'"


def _binary(value: bytes, oid: int) -> str:
    read = _BINARY.get(oid)
    if read is None:
        return "\\x" + value.hex()
    try:
        return read(value)
    except (struct.error, ValueError, OverflowError, KeyError):
        return "\\x" + value.hex()


def _unpacked(form: str) -> Callable[[bytes], str]:
    shape = struct.Struct(form)
    return lambda value: str(shape.unpack(value)[0])


def _float(form: str) -> Callable[[bytes], str]:
    shape = struct.Struct(form)
    return lambda value: f"{shape.unpack(value)[0]:.9g}" if form == ">f" else repr(shape.unpack(value)[0])


def _moment(value: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=struct.unpack(">q", value)[0])


def _interval(value: bytes) -> str:
    micros, days, months = struct.unpack(">qii", value)
    return f"{months} mons {days} days {timedelta(microseconds=micros)}"


def _numeric(value: bytes) -> str:
    """Return a binary numeric: base-10000 digits, the weight of the first, sign, and decimals shown."""
    count, weight, sign, scale = struct.unpack_from(">HhHH", value)
    if sign not in {0x0000, 0x4000}:
        return {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}[sign]
    digits = struct.unpack_from(f">{count}H", value, 8)
    places = {weight - i: digit for i, digit in enumerate(digits)}
    whole = "".join(f"{places.get(i, 0):04d}" for i in range(max(weight, 0), -1, -1)).lstrip("0") or "0"
    shown = "".join(f"{places.get(-1 - i, 0):04d}" for i in range((scale + 3) // 4))[:scale]
    return ("-" if sign else "") + whole + ("." + shown if shown else "")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


_BINARY: dict[int, Callable[[bytes], str]] = {
    16: lambda value: "t" if value == b"\1" else "f",
    17: lambda value: "\\x" + value.hex(),
    18: _text,
    19: _text,
    20: _unpacked(">q"),
    21: _unpacked(">h"),
    23: _unpacked(">i"),
    25: _text,
    26: _unpacked(">I"),
    114: _text,
    700: _float(">f"),
    701: _float(">d"),
    1042: _text,
    1043: _text,
    1082: lambda value: (date(2000, 1, 1) + timedelta(days=struct.unpack(">i", value)[0])).isoformat(),
    1083: lambda value: str((_EPOCH + timedelta(microseconds=struct.unpack(">q", value)[0])).time()),
    1114: lambda value: str(_moment(value).replace(tzinfo=None)),
    1184: lambda value: str(_moment(value)),
    1186: _interval,
    1700: _numeric,
    2950: lambda value: str(UUID(bytes=value)),
    3802: lambda value: _text(value[_JSONB_VERSION_BYTES:]),
}
_NUMBERS = frozenset({20, 21, 23, 26, 700, 701, 790, 1700})


def _shortened(text: str) -> str:
    return text if len(text) <= _CELL_CHARS_MAX else text[: _CELL_CHARS_MAX - 1] + "…"


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
