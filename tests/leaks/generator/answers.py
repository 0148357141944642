"""Everything that a client sees of statements it sends: rows as they are on the wire, tags, errors, notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from psycopg import pq

Cells = tuple[bytes | None, ...]

_DETAILS = (
    pq.DiagnosticField.SEVERITY,
    pq.DiagnosticField.SQLSTATE,
    pq.DiagnosticField.MESSAGE_PRIMARY,
    pq.DiagnosticField.MESSAGE_DETAIL,
    pq.DiagnosticField.MESSAGE_HINT,
    pq.DiagnosticField.STATEMENT_POSITION,
    pq.DiagnosticField.INTERNAL_POSITION,
    pq.DiagnosticField.INTERNAL_QUERY,
    pq.DiagnosticField.CONTEXT,
    pq.DiagnosticField.SCHEMA_NAME,
    pq.DiagnosticField.TABLE_NAME,
    pq.DiagnosticField.COLUMN_NAME,
    pq.DiagnosticField.DATATYPE_NAME,
    pq.DiagnosticField.CONSTRAINT_NAME,
)
_ROWS = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.SINGLE_TUPLE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one statement.

    `types` has each column's type, modifier and size, `origins` the table that it is said to come from and its number
    there. `error` has the fields of an error in a fixed order, the SQLSTATE second.
    """

    names: tuple[str, ...] = ()
    types: tuple[tuple[int, ...], ...] = ()
    rows: tuple[Cells, ...] = ()
    tag: str = ""
    error: tuple[str, ...] = ()
    notices: tuple[tuple[str, ...], ...] = ()
    origins: tuple[tuple[int, int], ...] = ()

    @property
    def sqlstate(self) -> str:
        """Return the error's code, empty where there was none."""
        return self.error[1] if self.error else ""

    @property
    def message(self) -> str:
        """Return the error in words: what was wrong, details, the hint."""
        return "; ".join(part for part in self.error[2:5] if part)

    @property
    def width(self) -> int:
        """Return how many columns there are."""
        return len(self.names)

    def column(self, number: int) -> tuple[bytes | None, ...]:
        """Return one output column's values, top to bottom."""
        return tuple(row[number] for row in self.rows)


_ENDED = Answer(error=("FATAL", "08006", "the connection was ended", *[""] * 11))


class Client:
    """One connection of libpq, with nothing around it that could change what is sent or what is seen."""

    def __init__(self, dsn: str) -> None:
        self._notices: list[tuple[str, ...]] = []
        self._prepared = 0
        self._connection = pq.PGconn.connect(dsn.encode())
        if self._connection.status != pq.ConnStatus.OK:
            raise ConnectionError(self._connection.get_error_message())
        self._connection.notice_handler = lambda result: self._notices.append(_fields(result))

    @property
    def broken(self) -> bool:
        """Tell whether the connection was ended by the other side."""
        return self._connection.status != pq.ConnStatus.OK

    def simple(self, text: str) -> list[Answer]:
        """Send a text as one simple Query and return an answer for each of its statements."""
        if self.broken:
            return [_ENDED]
        self._connection.send_query(text.encode())
        return self._results()

    def extended(
        self, text: str, given: Sequence[bytes | None] = (), *, binary: bool = False, types: Sequence[int] = ()
    ) -> Answer:
        """Run one statement by the extended protocol, unnamed."""
        if self.broken:
            return _ENDED
        self._connection.send_query_params(text.encode(), list(given) or None, list(types) or None, None, int(binary))
        return self._results()[-1]

    def prepared(
        self, text: str, given: Sequence[bytes | None] = (), *, times: int = 2, types: Sequence[int] = ()
    ) -> list[Answer]:
        """Prepare a statement by name, run it so many times, and return what each run answered."""
        if self.broken:
            return [_ENDED]
        self._prepared += 1
        name = b"prepared_%d" % self._prepared
        self._connection.send_prepare(name, text.encode(), list(types) or None)
        first = self._results()
        if first[-1].error:
            return first
        found = []
        for turn in range(times):
            self._connection.send_query_prepared(name, list(given) or None, None, turn % 2)
            found += self._results()
            if found[-1].error:
                return found
        self._connection.send_query_params(b"DEALLOCATE " + name, None)
        self._results()
        return found

    def close(self) -> None:
        """End the connection."""
        self._connection.finish()

    def _results(self) -> list[Answer]:
        found = []
        while (result := self._connection.get_result()) is not None:
            notices, self._notices[:] = tuple(self._notices), []
            copied: list[bytes] = []
            if result.status == pq.ExecStatus.COPY_OUT:
                copied = self._copied()
            elif result.status == pq.ExecStatus.COPY_IN:
                self._connection.put_copy_end(b"nothing to copy")
                continue
            found.append(_answer(result, notices, copied))
            if self.broken:
                break
        return found or [_ENDED]

    def _copied(self) -> list[bytes]:
        rows: list[bytes] = []
        while True:
            size, data = self._connection.get_copy_data(0)
            if size < 0:
                return rows
            rows.append(bytes(data))


def difference(one: Sequence[Answer], other: Sequence[Answer], *, ordered: bool = True) -> str:
    """Say what a client could tell two runs apart by; empty when nothing."""
    for left, right in zip_longest(one, other):
        if left is None or right is None:
            return "one has more answers than the other"
        if (left.error, left.tag) != (right.error, right.tag):
            return f"errors or tags: {left.tag} {left.message!r} / {right.tag} {right.message!r}"
        if left.notices != right.notices:
            return f"notices: {left.notices} / {right.notices}"
        if (left.names, left.types) != (right.names, right.types):
            return f"columns: {left.names} {left.types} / {right.names} {right.types}"
        if left.rows != right.rows and (ordered or _sorted(left.rows) != _sorted(right.rows)):
            return _of_rows(left, right)
    return ""


def _of_rows(left: Answer, right: Answer) -> str:
    if len(left.rows) != len(right.rows):
        return f"{len(left.rows)} rows / {len(right.rows)} rows"
    places = [n for n in range(left.width) if left.column(n) != right.column(n)]
    if not places:
        return "rows"
    shown = ", ".join(f"{left.names[n]}: {left.column(n)[:3]} / {right.column(n)[:3]}" for n in places)
    return f"column {shown}"


def _sorted(rows: Sequence[Cells]) -> list[Cells]:
    return sorted(rows, key=lambda row: [(cell is not None, cell or b"") for cell in row])


def _answer(result: pq.abc.PGresult, notices: tuple[tuple[str, ...], ...], copied: list[bytes]) -> Answer:
    if result.status in {pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE}:
        return Answer(error=_fields(result), notices=notices)
    if copied or result.status == pq.ExecStatus.COPY_OUT:
        return Answer(("copied",), ((0,),), tuple((line,) for line in copied), "COPY", notices=notices)
    if result.status not in _ROWS:
        return Answer(tag=(result.command_status or b"").decode(), notices=notices)
    width = range(result.nfields)
    return Answer(
        tuple((result.fname(n) or b"").decode() for n in width),
        tuple((result.ftype(n), result.fmod(n), result.fsize(n)) for n in width),
        tuple(tuple(result.get_value(row, n) for n in width) for row in range(result.ntuples)),
        (result.command_status or b"").decode(),
        notices=notices,
        origins=tuple((result.ftable(n), result.ftablecol(n)) for n in width),
    )


def _fields(result: pq.abc.PGresult) -> tuple[str, ...]:
    return tuple((result.error_field(one) or b"").decode(errors="replace") for one in _DETAILS)
