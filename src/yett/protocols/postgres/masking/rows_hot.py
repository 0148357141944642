"""Covers the values of whole runs of rows in one walk over their bytes, without an object for what stays as it is.

PostgreSQL protocol: DataRow. Compiled by mypyc; runs plain as well. A row is a type byte, a length that counts itself,
a count of fields, and for each field a length (-1 for NULL) and its bytes; a CopyData message that carries one binary
tuple has the same shape. Whatever does not add up raises ValueError: a row that cannot be walked cannot be covered.
"""

from collections.abc import Callable, Sequence
from typing import Final

from librt.strings import BytesWriter, read_i16_be, read_i32_be, write_i32_be
from mypy_extensions import i32, i64, u8

PASS: Final = 0
TO_NULL: Final = 1
CONSTANT: Final = 2  # NULL stays NULL
ALWAYS: Final = 3  # NULL becomes the constant too
LAST_FOUR: Final = 4
EMAIL: Final = 5
CALL: Final = 6
ENDING: Final = 7
FIRST: Final = 8

UNSEEN: Final = 0  # not looked at
RAW: Final = 1  # looked at as it is on the wire
UNLESS_ESCAPED: Final = 2  # as it is, unless there is a backslash in it: then as `views` has it
VIEWED: Final = 3  # as `views` has it

_LONG: Final = 64
_SHOWN: Final = 4
_PART: Final = 3  # one letter or digit of so many may be shown
_LAST_FOUR_MIN: Final = 12  # so many letters and digits must there be before four are shown
_ENDING_MIN: Final = 9  # before three are


def cover_rows(  # noqa: PLR0913, PLR0917 - an object to carry them would cost a look-up for each field
    buf: bytes,
    pos: i64,
    end: i64,
    actions: bytes,
    constants: list[bytes],
    wholes: list[Callable[[bytes], bytes | None]],
) -> bytes:
    """Return the rows in `buf[pos:end]` with each column covered as `actions` says, one action for each column.

    `wholes` is asked for what compiled code leaves to it: values that are short, or not plain ASCII.
    """
    out = BytesWriter()
    columns: i64 = len(actions)
    kept: i64 = pos
    at: i64 = pos
    while at < end:
        stop: i64 = _row_end(buf, at, end, columns)
        # Where the row's length will be in `out`, once what precedes the first covered field is written.
        length_at: i64 = len(out) + at - kept + 1
        size_before: i64 = len(out) - kept
        field: i64 = at + 7
        column: i64 = 0
        while column < columns:
            start: i64 = field + 4
            size: i64 = _field_size(buf, field, stop)
            behind: i64 = start + size if size > 0 else start
            action: i64 = i64(actions[column])
            if action != PASS:
                _copy(out, buf, kept, field)
                kept = behind
                if action >= LAST_FOUR and size >= _SHOWN and _partly(out, buf, start, behind, action):
                    pass
                elif action == TO_NULL or (size < 0 and action != ALWAYS):
                    write_i32_be(out, -1)
                elif action >= LAST_FOUR:
                    _value(out, wholes[column](buf[start:behind]))
                else:
                    _value(out, constants[column])
            field = behind
            column += 1
        if field != stop:
            raise ValueError("a row is longer than its fields")
        grown: i64 = len(out) - kept - size_before
        if grown != 0:
            _set_length(out, length_at, stop - at - 1 + grown)
        at = stop
    _copy(out, buf, kept, end)
    return out.getvalue()


def view_rows(  # noqa: PLR0913, PLR0917 - as cover_rows
    buf: bytes,
    pos: i64,
    end: i64,
    looks: bytes,
    views: list[Callable[[bytes], bytes]],
    apart: list[tuple[int, int]],
) -> bytes:
    """Return what detectors look at in the rows of `buf[pos:end]`: values between NULs, at their own offsets.

    What is not looked at is NUL. Values that are not text on the wire stand behind all rows, as `views` has them;
    `apart` takes for each of those its offset there and the offset of its field from `pos`.
    """
    out = BytesWriter()
    out.write(buf if pos == 0 and end == len(buf) else buf[pos:end])
    behind_rows = BytesWriter()
    columns: i64 = len(looks)
    at: i64 = pos
    while at < end:
        stop: i64 = _row_end(buf, at, end, columns)
        _blank(out, at - pos, at - pos + 7)
        field: i64 = at + 7
        column: i64 = 0
        while column < columns:
            start: i64 = field + 4
            size: i64 = _field_size(buf, field, stop)
            behind: i64 = start + size if size > 0 else start
            look: i64 = i64(looks[column])
            if look == RAW or (look == UNLESS_ESCAPED and not _has_backslash(buf, start, behind)):
                _blank(out, field - pos, start - pos)
            else:
                _blank(out, field - pos, behind - pos)
                if look != UNSEEN and size > 0:
                    behind_rows.append(0)
                    apart.append((end - pos + len(behind_rows), field - pos))
                    behind_rows.write(views[column](buf[start:behind]))
            field = behind
            column += 1
        if field != stop:
            raise ValueError("a row is longer than its fields")
        at = stop
    if len(behind_rows):
        out.write(behind_rows.getvalue())
    return out.getvalue()


def find_fields(buf: bytes, pos: i64, end: i64, columns: i64, offsets: Sequence[int]) -> list[tuple[int, int]]:
    """Return for each offset (ascending, from `pos`) the column and the offset from `pos` of the field it lies in."""
    found: list[tuple[int, int]] = []
    number: i64 = 0
    many: i64 = len(offsets)
    at: i64 = pos
    while at < end and number < many:
        stop: i64 = _row_end(buf, at, end, columns)
        wanted: i64 = i64(offsets[number]) + pos
        if wanted < at:
            raise ValueError("a find lies in no field")
        if wanted >= stop:
            at = stop
            continue
        field: i64 = at + 7
        column: i64 = 0
        while column < columns and number < many:
            size: i64 = _field_size(buf, field, stop)
            behind: i64 = field + 4 + size if size > 0 else field + 4
            while wanted >= field and wanted < behind:
                found.append((column, field - pos))
                number += 1
                if number == many:
                    break
                wanted = i64(offsets[number]) + pos
            field = behind
            column += 1
        if number < many and wanted < stop:
            raise ValueError("a find lies in no field")
        at = stop
    if number < many:
        raise ValueError("a find lies in no field")
    return found


def put_values(  # noqa: PLR0913, PLR0917 - as cover_rows
    buf: bytes, pos: i64, end: i64, columns: i64, fields: Sequence[int], values: Sequence[bytes | None]
) -> bytes:
    """Return the rows in `buf[pos:end]` with other values in some fields (offsets from `pos`, ascending)."""
    out = BytesWriter()
    kept: i64 = pos
    number: i64 = 0
    many: i64 = len(fields)
    at: i64 = pos
    while at < end and number < many:
        stop: i64 = _row_end(buf, at, end, columns)
        length_at: i64 = len(out) + at - kept + 1
        size_before: i64 = len(out) - kept
        while number < many and i64(fields[number]) + pos < stop:
            field: i64 = i64(fields[number]) + pos
            if field < at + 7 or field < kept:
                raise ValueError("a field to change is not where it should be")
            size: i64 = _field_size(buf, field, stop)
            _copy(out, buf, kept, field)
            _value(out, values[number])
            kept = field + 4 + size if size > 0 else field + 4
            number += 1
        grown: i64 = len(out) - kept - size_before
        if grown != 0:
            _set_length(out, length_at, stop - at - 1 + grown)
        at = stop
    if number < many:
        raise ValueError("a field to change is in no row")
    _copy(out, buf, kept, end)
    return out.getvalue()


def values_of_rows(buf: bytes, pos: i64, end: i64, columns: i64) -> list[bytes | None]:
    """Return the values of all rows in `buf[pos:end]`, one after the other."""
    values: list[bytes | None] = []
    at: i64 = pos
    while at < end:
        stop: i64 = _row_end(buf, at, end, columns)
        field: i64 = at + 7
        column: i64 = 0
        while column < columns:
            size: i64 = _field_size(buf, field, stop)
            values.append(None if size < 0 else buf[field + 4 : field + 4 + size])
            field += 4 + size if size > 0 else 4
            column += 1
        at = stop
    return values


def _row_end(buf: bytes, at: i64, end: i64, columns: i64) -> i64:
    """Return where the row at `at` ends, if it is whole and has so many fields."""
    if end - at < 7:
        raise ValueError("a row is shorter than its header")
    stop: i64 = at + 1 + i64(read_i32_be(buf, at + 1))
    if stop < at + 7 or stop > end:
        raise ValueError("a row's length is impossible")
    if (i64(read_i16_be(buf, at + 5)) & 0xFFFF) != columns:
        raise ValueError("a row has another number of fields than was announced")
    return stop


def _field_size(buf: bytes, field: i64, stop: i64) -> i64:
    """Return the size of the field whose length is at `field`, -1 for NULL, once it is certain that it is all there."""
    if field + 4 > stop:
        raise ValueError("a row ends within a field's length")
    size: i64 = i64(read_i32_be(buf, field))
    if size < -1 or size > stop - field - 4:
        raise ValueError("a field reaches beyond its row")
    return size


def _copy(out: BytesWriter, buf: bytes, start: i64, end: i64) -> None:
    if end - start > _LONG:
        out.write(buf[start:end])
        return
    at: i64 = start
    while at < end:
        out.append(buf[at])
        at += 1


def _blank(out: BytesWriter, start: i64, end: i64) -> None:
    at: i64 = start
    while at < end:
        out[at] = 0
        at += 1


def _value(out: BytesWriter, value: bytes | None) -> None:
    if value is None:
        write_i32_be(out, -1)
        return
    write_i32_be(out, i32(len(value)))
    out.write(value)


def _set_length(out: BytesWriter, at: i64, length: i64) -> None:
    if length > 0x7FFFFFFF:
        raise ValueError("a covered row is longer than a message can be")
    out[at] = u8((length >> 24) & 0xFF)
    out[at + 1] = u8((length >> 16) & 0xFF)
    out[at + 2] = u8((length >> 8) & 0xFF)
    out[at + 3] = u8(length & 0xFF)


def _has_backslash(buf: bytes, start: i64, end: i64) -> bool:
    at: i64 = start
    while at < end:
        if buf[at] == 92:
            return True
        at += 1
    return False


def _is_word(byte: i64) -> bool:
    """Tell an ASCII letter or digit."""
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122


def _hidden(byte: i64) -> i64:
    """Return what is left of a byte that is not shown: blanks and ` -./+()`, or `*`."""
    return byte if byte == 32 or byte == 40 or byte == 41 or byte == 43 or 45 <= byte <= 47 else 42


def _partly(out: BytesWriter, buf: bytes, start: i64, end: i64, action: i64) -> bool:
    """Write what the action leaves of a value; False for what it leaves to `wholes`."""
    if action == LAST_FOUR:
        return _ending(out, buf, start, end, _LAST_FOUR_MIN)
    if action == ENDING:
        return _ending(out, buf, start, end, _ENDING_MIN)
    if action == EMAIL:
        return _email(out, buf, start, end)
    return action == FIRST and _first(out, buf, start, end)


def _ending(out: BytesWriter, buf: bytes, start: i64, end: i64, fewest: i64) -> bool:
    """Write the value with `*` for all but the last third of its letters and digits, four at most.

    False where there are fewer of them than `fewest`.
    """
    words: i64 = _words(buf, start, end)
    if words < fewest:
        return False
    shown: i64 = words // _PART
    hidden: i64 = words - min(shown, _SHOWN)
    write_i32_be(out, i32(end - start))
    at: i64 = start
    while at < end:
        byte: i64 = i64(buf[at])
        word: bool = _is_word(byte)
        out.append(u8(byte if word and hidden <= 0 else _hidden(byte)))
        if word:
            hidden -= 1
        at += 1
    return True


def _first(out: BytesWriter, buf: bytes, start: i64, end: i64) -> bool:
    """Write the first letter and `***`; False where that would show too much, or the mask be longer than the value."""
    if end - start < _SHOWN or _words(buf, start, end) < _PART or not _is_word(i64(buf[start])):
        return False
    write_i32_be(out, _SHOWN)
    _initial(out, buf, start)
    return True


def _words(buf: bytes, start: i64, end: i64) -> i64:
    """Return how many letters and digits there are; -1 where not all is plain ASCII."""
    words: i64 = 0
    at: i64 = start
    while at < end:
        byte: i64 = i64(buf[at])
        if byte >= 0x80:
            return -1
        if _is_word(byte):
            words += 1
        at += 1
    return words


def _email(out: BytesWriter, buf: bytes, start: i64, end: i64) -> bool:
    """Write the address's first letter, `***`, and its `@` and domain; False for what is no plain address."""
    if not _is_word(i64(buf[start])):
        return False
    sign: i64 = -1
    dots: i64 = 0
    label: i64 = 0  # so many letters since the last dot
    at: i64 = start
    while at < end:
        byte: i64 = i64(buf[at])
        if byte >= 0x80 or (byte == 64 and sign >= 0):
            return False
        if byte == 64:
            sign = at
            label = 0
        elif sign >= 0 and byte == 46:
            if label == 0:
                return False
            dots += 1
            label = 0
        elif sign >= 0 and byte != 45 and not _is_word(byte):
            return False
        else:
            label += 1
        at += 1
    # With fewer letters than `***` stands for, the mask would be longer than the value: its column may not hold it.
    if sign - start < _SHOWN or dots == 0 or label == 0:
        return False
    write_i32_be(out, i32(4 + end - sign))
    _initial(out, buf, start)
    _copy(out, buf, sign, end)
    return True


def _initial(out: BytesWriter, buf: bytes, start: i64) -> None:
    out.append(buf[start])
    out.append(42)
    out.append(42)
    out.append(42)
