"""A row plan: what becomes of each column of one result, made once and then applied to runs of rows."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from yett.core.errors import ProtocolError
from yett.core.masks import Cover, Masks, MaskSpec, Scanner, Style
from yett.protocols.postgres.masking import rows_hot
from yett.protocols.postgres.masking.description import Column, CoverMismatch, as_text, read_columns, with_formats
from yett.protocols.postgres.masking.forms import Form, form_of
from yett.protocols.postgres.masking.scans import Scan, scans_of
from yett.protocols.postgres.masking.types import BPCHAR

Whole = Callable[[bytes], bytes | None]
LabelledOrigin = Callable[[int, int], str]

_FAST = {
    "last4": rows_hot.LAST_FOUR,
    "ending": rows_hot.ENDING,
    "email": rows_hot.EMAIL,
    "first": rows_hot.FIRST,
}
_SAME_LENGTH = frozenset({rows_hot.LAST_FOUR, rows_hot.ENDING})


@dataclass(frozen=True, slots=True)
class Covering:
    """What is done to one column: an action of `rows_hot`, the constant it may use, and what it asks otherwise."""

    action: int = rows_hot.PASS
    constant: bytes = b""
    whole: Whole = field(default=lambda _value: None)


_PASS = Covering()
_NULL = Covering(rows_hot.TO_NULL)


@dataclass(frozen=True, slots=True, eq=False)
class RowPlan:
    """What is done to each row of one result. `covered` is False where rows pass untouched."""

    covered: bool
    actions: bytes = b""
    constants: list[bytes] = field(default_factory=list)
    wholes: list[Whole] = field(default_factory=list)
    scans: tuple[Scan, ...] = ()

    def rows(self, buf: bytes, pos: int, end: int) -> bytes:
        """Return what the client gets for `buf[pos:end]`, which is a run of whole DataRow messages.

        ProtocolError: a row's lengths do not add up, or it has another number of fields than was announced.
        """
        if self.covered and pos < end:
            try:
                if any(self.actions):
                    buf = rows_hot.cover_rows(buf, pos, end, self.actions, self.constants, self.wholes)
                    pos, end = 0, len(buf)
                for scan in self.scans:
                    changed = scan.rows(buf, pos, end)
                    if changed is not None:
                        buf, pos, end = changed, 0, len(changed)
            except (ValueError, IndexError, OverflowError, struct.error):
                # Neither the row nor what was wrong with it is told: both may hold values.
                raise ProtocolError("the target sent a row that cannot be read, so it cannot be covered") from None
        return buf if pos == 0 and end == len(buf) else buf[pos:end]

    def searched_raw(self) -> Scanner | None:
        """Return the one search that is all this plan does, where values are searched as they are written."""
        if any(self.actions) or len(self.scans) != 1 or rows_hot.VIEWED in self.scans[0].looks:
            return None
        return self.scans[0].scanner


def row_plan(  # noqa: PLR0913, PLR0917 - what meets here, given once
    description: bytes,
    covers: tuple[Cover, ...],
    masks: Masks,
    labelled_origin: LabelledOrigin,
    formats: tuple[int, ...] | None = None,
    text_types: frozenset[int] = frozenset(),
) -> RowPlan:
    """Return what becomes of the rows that one whole RowDescription message announces.

    `labelled_origin(table oid, column number)` is the server's own opinion of where a column is from: its label, or "".
    `formats` are the result formats of a Bind, where the description is a prepared statement's and not a portal's.
    `text_types` are types of this database that are text in all but name, such as citext.
    CoverMismatch: there are not as many columns as `covers`.
    """
    columns = read_columns(description)
    if formats is not None:
        columns = with_formats(columns, formats)
    if len(columns) != len(covers):
        raise CoverMismatch("the target announced another number of columns than was judged")
    return plan_of(as_text(columns, text_types), tuple(map(_with_origin(labelled_origin), columns, covers)), masks)


def plan_of(columns: tuple[Column, ...], covers: tuple[Cover, ...], masks: Masks) -> RowPlan:
    """Return what becomes of rows of these columns."""
    coverings = [covering_of(column, cover, masks) for column, cover in zip(columns, covers, strict=True)]
    scans = scans_of(columns, covers, masks)
    actions = bytes(one.action for one in coverings)
    if not any(actions) and not scans:
        return RowPlan(covered=False)
    return RowPlan(True, actions, [one.constant for one in coverings], [one.whole for one in coverings], scans)


def covering_of(column: Column, cover: Cover, masks: Masks) -> Covering:
    """Return what is done to the values of one column."""
    if not cover.label and not cover.derived:
        return _PASS
    form, spec = form_of(column), masks.spec(cover.label)
    if form is None or spec.op == "null" or spec.style is Style.NULL:
        return _NULL
    if cover.derived:
        return _constant(form, spec, rows_hot.ALWAYS)
    told = cover.planted and spec.style in (Style.TOKEN, Style.HASH)
    if told or spec.op == "constant" or (spec.style is Style.PARTIAL and not form.plain):
        return _constant(form, spec, rows_hot.CONSTANT)
    action = _FAST.get(spec.op, rows_hot.CALL)
    if column.type == BPCHAR and action not in _SAME_LENGTH:
        # What is shorter than the value lacks blanks, and only a form writes them.
        action = rows_hot.CALL
    return Covering(action, b"", _whole(form, spec))


def _constant(form: Form, spec: MaskSpec, action: int) -> Covering:
    constant = form.write(spec.constant)
    return _NULL if constant is None else Covering(action, constant)


def _whole(form: Form, spec: MaskSpec) -> Whole:
    read, write, whole = form.read, form.write, spec.whole
    if form.plain and read is write:
        return whole  # neither changes anything

    def masked(value: bytes) -> bytes | None:
        mask = whole(read(value))
        return None if mask is None else write(mask)

    return masked


def _with_origin(labelled_origin: LabelledOrigin) -> Callable[[Column, Cover], Cover]:
    def second_opinion(column: Column, cover: Cover) -> Cover:
        if cover.label or cover.derived or cover.unmasked or not column.table:
            return cover
        label = labelled_origin(column.table, column.number)
        return Cover(label=label) if label else cover

    return second_opinion
