"""Turns COPY lines in text format into rows of the fields that matter, and covered rows back into lines.

PostgreSQL documentation, COPY: Text Format, as a server writes it; and what the other two formats need: rows of values,
and where a binary tuple ends. Compiled by mypyc; runs plain as well. Whatever a server would not write raises
ValueError.
"""

from collections.abc import Sequence
from typing import Final

from librt.strings import BytesWriter, read_i16_be, read_i32_be, write_i32_be
from mypy_extensions import i32, i64, u8

_NEWLINE: Final = 10
_BACKSLASH: Final = 92


def copy_data(buf: bytes, pos: i64, end: i64) -> bytes:
    """Return what the CopyData messages in `buf[pos:end]` carry, joined."""
    out = BytesWriter()
    at: i64 = pos
    while at < end:
        if end - at < 5 or buf[at] != 100:
            raise ValueError("COPY data is not in whole CopyData messages")
        behind: i64 = at + 1 + i64(read_i32_be(buf, at + 1))
        if behind < at + 5 or behind > end:
            raise ValueError("COPY data is not in whole CopyData messages")
        out.write(buf[at + 5 : behind])
        at = behind
    return out.getvalue()


def rows_of_lines(data: bytes, delimiter: i64, wanted: bytes) -> bytes:
    r"""Return DataRow messages of the fields marked in `wanted` of whole lines; `\N` is NULL."""
    out = BytesWriter()
    columns: i64 = len(wanted)
    many: i64 = i64(wanted.count(1))
    end: i64 = len(data)
    at: i64 = 0
    while at < end:
        row: i64 = len(out)
        out.append(68)
        write_i32_be(out, 0)
        out.append(u8((many >> 8) & 0xFF))
        out.append(u8(many & 0xFF))
        column: i64 = 0
        while column < columns:
            behind: i64 = _field_end(data, at, end, delimiter, column == columns - 1)
            if wanted[column]:
                _read(out, data, at, behind)
            at = behind + 1
            column += 1
        _set_length(out, row + 1, len(out) - row - 1)
    return out.getvalue()


def lines_of_rows(data: bytes, delimiter: i64, wanted: bytes, rows: bytes, null: bytes) -> bytes:
    """Return a CopyData message for each line, with the fields marked in `wanted` as `rows` have them."""
    out = BytesWriter()
    columns: i64 = len(wanted)
    end: i64 = len(data)
    at: i64 = 0
    field: i64 = 0
    while at < end:
        frame: i64 = len(out)
        out.append(100)
        write_i32_be(out, 0)
        field += 7
        column: i64 = 0
        while column < columns:
            behind: i64 = _field_end(data, at, end, delimiter, column == columns - 1)
            if wanted[column]:
                size: i64 = i64(read_i32_be(rows, field))
                field += 4
                if size < 0:
                    out.write(null)
                else:
                    _write(out, rows, field, field + size, delimiter)
                    field += size
            else:
                _copy(out, data, at, behind)
            out.append(data[behind])
            at = behind + 1
            column += 1
        _set_length(out, frame + 1, len(out) - frame - 1)
    if field != len(rows):
        raise ValueError("there are other rows than lines")
    return out.getvalue()


def tuple_end(buf: bytes, at: i64, end: i64, columns: i64) -> i64:
    """Return where the binary COPY tuple at `at` ends; -1 where it is not all there, or is the two bytes of the end."""
    if end - at < 2 or (buf[at] == 0xFF and buf[at + 1] == 0xFF):
        return -1
    if (i64(read_i16_be(buf, at)) & 0xFFFF) != columns:
        raise ValueError("a tuple has another number of fields than was announced")
    field: i64 = at + 2
    column: i64 = 0
    while column < columns:
        if end - field < 4:
            return -1
        size: i64 = i64(read_i32_be(buf, field))
        if size < -1:
            raise ValueError("a field has an impossible length")
        field += 4 + size if size > 0 else 4
        if field > end:
            return -1
        column += 1
    return field


def rows_of_values(values: Sequence[bytes | None], columns: i64) -> bytes:
    """Return DataRow messages of these values, so many to a row."""
    out = BytesWriter()
    many: i64 = len(values)
    number: i64 = 0
    while number < many:
        at: i64 = len(out)
        out.append(68)
        write_i32_be(out, 0)
        out.append(u8((columns >> 8) & 0xFF))
        out.append(u8(columns & 0xFF))
        column: i64 = 0
        while column < columns:
            value: bytes | None = values[number]
            write_i32_be(out, -1 if value is None else i32(len(value)))
            if value is not None:
                out.write(value)
            number += 1
            column += 1
        _set_length(out, at + 1, len(out) - at - 1)
    return out.getvalue()


def _field_end(data: bytes, start: i64, end: i64, delimiter: i64, last: bool) -> i64:  # noqa: FBT001 - native code
    """Return where a field ends: at a delimiter, or at the newline if it is the line's last."""
    at: i64 = start
    while at < end:
        byte: i64 = i64(data[at])
        if byte == _BACKSLASH:
            if at + 1 < end and data[at + 1] == _NEWLINE:
                raise ValueError("a field has an escape that no server writes")
            at += 2
            continue
        if byte == delimiter or byte == _NEWLINE:  # noqa: SIM109 - native comparisons
            if (byte == _NEWLINE) != last:
                raise ValueError("a line has another number of fields than was announced")
            return at
        at += 1
    raise ValueError("a line has no end")


def _read(out: BytesWriter, data: bytes, start: i64, end: i64) -> None:
    """Write a field's value, with its length before it."""
    if end - start == 2 and data[start] == _BACKSLASH and data[start + 1] == 78:
        write_i32_be(out, -1)
        return
    size_at: i64 = len(out)
    write_i32_be(out, 0)
    at: i64 = start
    while at < end:
        byte: i64 = i64(data[at])
        if byte == _BACKSLASH:
            at += 1
            byte = _unescaped(i64(data[at]))
        out.append(u8(byte))
        at += 1
    _set_length(out, size_at, len(out) - size_at - 4)


def _unescaped(letter: i64) -> i64:
    """Return what a letter or sign behind a backslash stands for."""
    if letter == 98:
        return 8
    if letter == 102:
        return 12
    if letter == 110:
        return 10
    if letter == 114:
        return 13
    if letter == 116:
        return 9
    if letter == 118:
        return 11
    if letter == 120 or 48 <= letter <= 57 or letter == 78:
        raise ValueError("a field has an escape that no server writes")
    return letter


def _write(out: BytesWriter, value: bytes, start: i64, end: i64, delimiter: i64) -> None:
    """Write a value as a field."""
    at: i64 = start
    while at < end:
        byte: i64 = i64(value[at])
        if 8 <= byte <= 13:
            out.append(_BACKSLASH)
            byte = _escape(byte)
        elif byte == _BACKSLASH or byte == delimiter:  # noqa: SIM109 - native comparisons
            out.append(_BACKSLASH)
        out.append(u8(byte))
        at += 1


def _escape(byte: i64) -> i64:
    """Return the letter that stands for a control character behind a backslash."""
    if byte == 8:
        return 98
    if byte == 9:
        return 116
    if byte == 10:
        return 110
    if byte == 11:
        return 118
    if byte == 12:
        return 102
    return 114


def _copy(out: BytesWriter, data: bytes, start: i64, end: i64) -> None:
    at: i64 = start
    while at < end:
        out.append(data[at])
        at += 1


def _set_length(out: BytesWriter, at: i64, length: i64) -> None:
    if length > 0x7FFFFFFF:
        raise ValueError("a line is longer than a message can be")
    out[at] = u8((length >> 24) & 0xFF)
    out[at + 1] = u8((length >> 16) & 0xFF)
    out[at + 2] = u8((length >> 8) & 0xFF)
    out[at + 3] = u8(length & 0xFF)
