"""COPY data to a client: the same covers as for rows, in text, CSV and binary.

PostgreSQL protocol: COPY Operations. A server sends one row in one CopyData message, and so does the gate; a row that
is split is kept, up to a limit, until it is whole.
"""

import struct

from yett.core.errors import LimitExceeded, ProtocolError
from yett.core.masks import Cover, Masks
from yett.protocols.postgres.codec import message
from yett.protocols.postgres.frames_hot import frame_end
from yett.protocols.postgres.masking import lines_hot, rows_hot
from yett.protocols.postgres.masking.copy_lines import TEXT, CopyOptions, Line, Lines, lines_of
from yett.protocols.postgres.masking.description import Column, CoverMismatch, as_text, read_copy_out
from yett.protocols.postgres.masking.plans import RowPlan, plan_of

ROW_BYTES_MAX = 64 << 20
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER_BYTES = 19
_TRAILER = b"\xff\xff"


class CopyPlan:
    """What is done to the data of one running COPY; made anew for each, for it remembers what is split.

    `covered` is False where the data passes untouched.
    """

    __slots__ = ("_begun", "_rest", "_rows_bytes_max", "covered")

    def __init__(self, *, covered: bool, row_bytes_max: int) -> None:
        self.covered = covered
        self._rows_bytes_max = row_bytes_max
        self._rest = b""
        self._begun = False

    def frames(self, buf: bytes, pos: int, end: int) -> bytes:
        """Return what the client gets for `buf[pos:end]`, which is a run of whole CopyData messages.

        ProtocolError: the data is not what its format allows. LimitExceeded: a row is split, and too long to keep.
        """
        if not self.covered:
            return buf if pos == 0 and end == len(buf) else buf[pos:end]
        try:
            data = lines_hot.copy_data(buf, pos, end)
            if self._clean(data):
                return buf if pos == 0 and end == len(buf) else buf[pos:end]
            frames = self._covered(self._rest + data if self._rest else data)
        except (ValueError, IndexError, OverflowError, struct.error):
            raise ProtocolError("the target sent COPY data that cannot be read, so it cannot be covered") from None
        if len(self._rest) > self._rows_bytes_max:
            raise LimitExceeded("a row of COPY data is longer than the gate keeps")
        return frames

    def data(self, payload: bytes) -> bytes:
        """Return what the client gets for one CopyData message's payload: rows as bytes, perhaps none yet."""
        frames = self.frames(message(b"d", payload), 0, len(payload) + 5)
        return lines_hot.copy_data(frames, 0, len(frames))

    def finish(self) -> None:
        """Make sure at CopyDone that nothing was kept back: half a row is no row."""
        if self._rest:
            raise ProtocolError("the target ended its COPY data within a row")

    def _clean(self, data: bytes) -> bool:
        """Tell at a glance that nothing is found in these rows, which are whole."""
        return False

    def _covered(self, data: bytes) -> bytes:
        """Return the CopyData messages that leave for this data, one for each row; keep what is no whole row."""
        raise NotImplementedError


class _LinesPlan(CopyPlan):
    """COPY as text or CSV: the covered fields of each line become rows, and covered rows become fields again."""

    __slots__ = ("_at", "_count", "_lines", "_plan")

    def __init__(self, lines: Lines, count: int, at: list[int], plan: RowPlan, options: CopyOptions) -> None:
        super().__init__(covered=plan.covered, row_bytes_max=ROW_BYTES_MAX)
        self._lines, self._count, self._at, self._plan = lines, count, at, plan
        self._begun = not options.header

    def _covered(self, data: bytes) -> bytes:
        lines, self._rest = self._lines.cut(data)
        head = [] if self._begun else lines[:1]
        self._begun = self._begun or bool(lines)
        body = lines[len(head) :]
        self._cover(body)
        return b"".join(message(b"d", self._lines.delimiter.join(line) + b"\n") for line in head + body)

    def _clean(self, data: bytes) -> bool:
        searched = self._plan.searched_raw()
        if searched is None or self._rest or not self._begun:
            return False
        lines, delimiter = data.count(b"\n"), self._lines.delimiter
        if not data.endswith(b"\n") or self._lines.mark in data or data.count(delimiter) != lines * (self._count - 1):
            return False
        return not searched.find(data.replace(delimiter, b"\0").replace(b"\n", b"\0"))

    def _cover(self, lines: list[Line]) -> None:
        """Cover the fields of these lines in place."""
        read, write, at = self._lines.read, self._lines.write, self._at
        if any(len(line) != self._count for line in lines):
            raise CoverMismatch("the target sent COPY data with another number of columns than was judged")
        values = [read(line[column]) for line in lines for column in at]
        rows = lines_hot.rows_of_values(values, len(at))
        left = self._plan.rows(rows, 0, len(rows))
        if left is rows:
            return
        for number, value in enumerate(rows_hot.values_of_rows(left, 0, len(left), len(at))):
            if value != values[number]:
                line, column = divmod(number, len(at))
                lines[line][at[column]] = write(value)


class _TextPlan(_LinesPlan):
    """COPY as text behind its header line: the same by compiled code, a buffer of lines at a time."""

    __slots__ = ("_null", "_wanted")

    def __init__(self, lines: Lines, count: int, at: list[int], plan: RowPlan, options: CopyOptions) -> None:
        super().__init__(lines, count, at, plan, options)
        self._null = lines.write(None)
        self._wanted = bytes(column in at for column in range(count))

    def _covered(self, data: bytes) -> bytes:
        if not self._begun:
            return super()._covered(data)
        whole = data.rfind(b"\n") + 1
        lines, self._rest = data[:whole], data[whole:]
        delimiter = ord(self._lines.delimiter)
        rows = lines_hot.rows_of_lines(lines, delimiter, self._wanted)
        left = self._plan.rows(rows, 0, len(rows))
        return lines_hot.lines_of_rows(lines, delimiter, self._wanted, left, self._null)


class _TuplesPlan(CopyPlan):
    """COPY in binary: a header, tuples that are built like rows, and a trailer."""

    __slots__ = ("_count", "_ended", "_plan")

    def __init__(self, plan: RowPlan, count: int) -> None:
        super().__init__(covered=plan.covered, row_bytes_max=ROW_BYTES_MAX)
        self._plan, self._count = plan, count
        self._ended = False

    def _covered(self, data: bytes) -> bytes:
        head = self._header(data)
        if not self._begun:
            self._rest = data
            return b""
        tuples, at = [], len(head)
        while at < len(data):
            behind = lines_hot.tuple_end(data, at, len(data), self._count)
            if behind < 0:
                break
            tuples.append(message(b"d", data[at:behind]))
            at = behind
        self._rest = data[at:]
        if tuples and self._ended:
            raise ProtocolError("the target sent COPY data behind its end")
        rows = b"".join(tuples)
        left = self._plan.rows(rows, 0, len(rows))
        if self._rest == _TRAILER and not self._ended:
            self._ended, self._rest = True, b""
            left += message(b"d", _TRAILER)
        return _headed(head, left) if head else left

    def _header(self, data: bytes) -> bytes:
        """Return the header if it comes now and is whole."""
        if self._begun or len(data) < _HEADER_BYTES:
            return b""
        flags, extension = struct.unpack_from("!II", data, len(_SIGNATURE))
        if not data.startswith(_SIGNATURE) or flags or extension:
            raise ProtocolError("the target sent binary COPY data with an unknown header")
        self._begun = True
        return data[:_HEADER_BYTES]


def copy_plan(  # noqa: PLR0913 - what meets here, given once
    copy_out_response: bytes,
    types: tuple[int, ...],
    covers: tuple[Cover, ...],
    masks: Masks,
    *,
    options: CopyOptions = TEXT,
    text_types: frozenset[int] = frozenset(),
) -> CopyPlan:
    """Return what becomes of the data that one whole CopyOutResponse message announces.

    `types` are the types of its columns and `options` are the statement's; binary is known from the message.
    `text_types` as in `row_plan`.
    CoverMismatch: there are not as many columns as `covers` or `types`.
    """
    formats = read_copy_out(copy_out_response)
    if not len(formats) == len(covers) == len(types):
        raise CoverMismatch("the target announced another number of columns than was judged")
    columns = as_text(tuple(Column(oid, wire) for oid, wire in zip(types, formats, strict=True)), text_types)
    if copy_out_response[5]:
        return _TuplesPlan(plan_of(columns, covers, masks), len(columns))
    at = [number for number, cover in enumerate(covers) if cover.label or cover.derived or cover.scan]
    plan = plan_of(tuple(columns[one] for one in at), tuple(covers[one] for one in at), masks)
    certain = not options.csv and (options.null is None or b"\\" not in options.null)
    return (_TextPlan if certain else _LinesPlan)(lines_of(options), len(columns), at, plan, options)


def _headed(head: bytes, frames: bytes) -> bytes:
    """Return the messages with the header in the first of them, as a server sends it."""
    behind = frame_end(frames, 0, len(frames)) if frames else 0
    return message(b"d", head + frames[5:behind]) + frames[behind:]
