"""Walks a buffer of PostgreSQL messages: whole runs of rows at once, without an object per row.

Compiled by mypyc; runs plain as well. A message is a type byte, then a big-endian length that counts itself but
not the type. Nothing here trusts a length: one below 4 ends the walk with BAD, and the caller caps the rest.
"""

from typing import Final

from mypy_extensions import i64

NEED_MORE: Final = -1
BAD: Final = -2

_DATA_ROW: Final = 68
_COPY_DATA: Final = 100
_COUNT_SHIFT: Final = 40
FIRST_SHIFT: Final = 21
OFFSET: Final = (1 << 21) - 1
"""How `whole_answer` packs what it found."""


def frame_end(buf: bytes, pos: i64, end: i64) -> i64:
    """Return the offset behind the message at `pos`, even beyond `end`; NEED_MORE without a whole header; BAD."""
    if end - pos < 5:
        return NEED_MORE
    length: i64 = (buf[pos + 1] << 24) | (buf[pos + 2] << 16) | (buf[pos + 3] << 8) | buf[pos + 4]
    if length < 4:
        return BAD
    return pos + 1 + length


def rows_run(buf: bytes, pos: i64, end: i64) -> i64:
    """Walk consecutive whole DataRow or CopyData messages of the type at `pos`.

    Returns `count << 40 | offset behind the last whole one`; a malformed length simply ends the run, and is met again,
    and refused, by `frame_end`.
    """
    count: i64 = 0
    at: i64 = pos
    if at >= end:
        return at
    kind: i64 = buf[at]
    if kind != _DATA_ROW and kind != _COPY_DATA:
        return at
    while end - at >= 5 and buf[at] == kind:
        length: i64 = (buf[at + 1] << 24) | (buf[at + 2] << 16) | (buf[at + 3] << 8) | buf[at + 4]
        if length < 4 or at + 1 + length > end:
            break
        at += 1 + length
        count += 1
    return (count << _COUNT_SHIFT) | at


def whole_answer(buf: bytes, start: i64, end: i64) -> i64:
    """Recognise an answer that is all there: perhaps a RowDescription, rows, one CommandComplete, ReadyForQuery.

    Returns `rows << 42 | offset of the rows << 21 | offset of the CommandComplete`, or -1 for anything else, longer
    than 2 MiB included: then each message is looked at by itself.
    """
    if end - start < 12 or end >= 0x200000:
        return -1
    at: i64 = start
    rows: i64 = 0
    length: i64 = 0
    if buf[at] == 84:
        length = (buf[at + 1] << 24) | (buf[at + 2] << 16) | (buf[at + 3] << 8) | buf[at + 4]
        if length < 4 or length > end - at - 12:
            return -1
        at += 1 + length
    first: i64 = at
    while buf[at] == _DATA_ROW:
        length = (buf[at + 1] << 24) | (buf[at + 2] << 16) | (buf[at + 3] << 8) | buf[at + 4]
        if length < 4 or length > end - at - 12:
            return -1
        at += 1 + length
        rows += 1
    if buf[at] != 67:
        return -1
    length = (buf[at + 1] << 24) | (buf[at + 2] << 16) | (buf[at + 3] << 8) | buf[at + 4]
    if length < 5 or at + 1 + length != end - 6 or buf[at + length] != 0:
        return -1
    if buf[end - 6] != 90 or buf[end - 5] | buf[end - 4] | buf[end - 3] or buf[end - 2] != 5:
        return -1
    return (rows << 42) | (first << 21) | at


def bound_packet(buf: bytes) -> i64:
    """Recognise what most drivers send to run a prepared statement: Bind, perhaps Describe, Execute and Sync, no more.

    All of the unnamed portal, for all of its rows. Returns `offset behind Bind << 1 | whether Describe is there`, or
    -1 for anything else: then each message is looked at by itself. What Bind carries is not looked at.
    """
    end: i64 = len(buf)
    if end < 26 or buf[0] != 66 or buf[5] != 0:
        return -1
    length: i64 = (buf[1] << 24) | (buf[2] << 16) | (buf[3] << 8) | buf[4]
    bound: i64 = 1 + length
    at: i64 = bound
    described: i64 = 0
    if end - at == 22:
        if buf[at] != 68 or buf[at + 1] | buf[at + 2] | buf[at + 3] or buf[at + 4] != 6:
            return -1
        if buf[at + 5] != 80 or buf[at + 6] != 0:
            return -1
        described = 1
        at += 7
    if end - at != 15 or buf[at] != 69 or buf[at + 1] | buf[at + 2] | buf[at + 3] or buf[at + 4] != 9:
        return -1
    if buf[at + 5] | buf[at + 6] | buf[at + 7] | buf[at + 8] | buf[at + 9]:
        return -1
    if buf[at + 10] != 83 or buf[at + 11] | buf[at + 12] | buf[at + 13] or buf[at + 14] != 4:
        return -1
    return (bound << 1) | described


def bound_values(buf: bytes, at: i64, end: i64, types: tuple[int, ...]) -> list[tuple[int, int, bytes | None]] | None:
    """Read what a Bind carries behind its names, `buf[at:end]`: its parameters as (format, type, bytes or None).

    Strict: None where a length is negative or does not fit, or something is left over. Types that Parse did not
    declare are 0. PostgreSQL protocol: Bind.
    """
    if end > len(buf) or at < 0 or end - at < 6:
        return None
    formats: i64 = (buf[at] << 8) | buf[at + 1]
    formats_at: i64 = at + 2
    at = formats_at + 2 * formats
    if end - at < 4:
        return None
    count: i64 = (buf[at] << 8) | buf[at + 1]
    if formats > 1 and formats != count:
        return None
    at += 2
    declared: i64 = len(types)
    found: list[tuple[int, int, bytes | None]] = []
    format_at: i64 = formats_at
    for number in range(count):
        if end - at < 4:
            return None
        size: i64 = (buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]
        at += 4
        code: i64 = 0
        if formats:
            code = (buf[format_at] << 8) | buf[format_at + 1]
            if formats > 1:
                format_at += 2
        kind: int = types[number] if number < declared else 0
        if size == 0xFFFFFFFF:
            found.append((code, kind, None))
            continue
        if size > end - at:
            return None
        found.append((code, kind, buf[at : at + size]))
        at += size
    if end - at < 2:
        return None
    results: i64 = (buf[at] << 8) | buf[at + 1]
    if at + 2 + 2 * results != end:
        return None
    return found
