"""Questions of the gate's own beside a statement that waits: in one transaction that only reads and is rolled back.

They run in the client's session, so that they see what the statement would see: its own uncommitted rows, temporary
tables, role, path and settings. All of them are sent in one piece, each with a Sync of its own, so that nothing which
is sent later can come between; whatever fails, the last of them ends the transaction, or the savepoint in the client's
own one, and with it the locks that were taken (ACCESS SHARE and no other) and the settings. A cancel of the client's
may hit any one of them, so what begins and what ends it is asked twice where that does no harm.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from yett.core.errors import ProtocolError
from yett.protocols._wire.questions import Parameter
from yett.protocols.postgres.catalog.queries import Rows
from yett.protocols.postgres.codec import SYNC, close_portal, close_statement, execute, message, parse
from yett.protocols.postgres.line import Act, Due, Kind
from yett.protocols.postgres.talk import Talk

_NAME = b"yett_aside"
_CANCELED = "57014"
_KINDS = (Kind.CLOSE, Kind.CLOSE, Kind.PARSE, Kind.BIND, Kind.EXECUTE, Kind.CLOSE)
_U16, _I32 = struct.Struct("!H"), struct.Struct("!i")
_LIMITS = "SELECT " + ", ".join(
    f"pg_catalog.set_config('{name}', ${at}::pg_catalog.text, true)"
    for at, name in enumerate(("transaction_read_only", "lock_timeout", "statement_timeout"), 1)
)


@dataclass(frozen=True, slots=True)
class Step:
    """One question; its answer is found under `title`, which is empty where nobody asks for it."""

    sql: str
    parameters: tuple[Parameter, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The first of the questions that failed, and with which SQLSTATE."""

    title: str
    sqlstate: str


Answers = Mapping[str, Rows | Failed]


def limits(seconds: float, lock_seconds: float) -> Step:
    """Return the step that bounds those behind it, and lets them write nothing."""
    values = ("on", f"{round(lock_seconds * 1000)}ms", f"{round(seconds * 1000)}ms")
    return Step(_LIMITS, tuple((0, 25, value.encode()) for value in values))


class Aside:
    """One such transaction. It stands where the look-ups of a session stand (`Answering.internal`)."""

    __slots__ = ("_act", "_answers", "_cancelled", "_failed", "_rows", "_status", "_steps", "_talk", "_then", "_view")

    def __init__(self, talk: Talk, act: Act, steps: Sequence[Step], then: Callable[[Answers], None]) -> None:
        self._talk = talk
        self._act = act
        self._then = then
        self._status = talk.status
        self._view = talk.view
        self._steps = [*_opening(talk.status), *steps, *_closing(talk.status)]
        self._rows: Rows = []
        self._failed = ""
        self._cancelled = False
        self._answers: dict[str, Rows | Failed] = {}

    def start(self) -> None:
        """Send all of it. Nothing may be owed by the target, and no pipeline segment be open there."""
        talk = self._talk
        for step in self._steps:
            talk.to_target.append((self._act.permit, _messages(step)))
            for kind in _KINDS:
                talk.owe(Due(kind, hidden=True, role="internal"))
            talk.owe(Due(Kind.SYNC, hidden=True, role="internal-last"))

    def row(self, values: tuple[str | None, ...]) -> None:
        """Take one row of an answer."""
        self._rows.append(values)

    def fail(self, sqlstate: str, _words: str, /) -> None:
        """Note that a question failed; what it meant for the session is rolled back."""
        self._failed = sqlstate or "XX000"
        self._cancelled = self._cancelled or sqlstate == _CANCELED
        self._talk.view = self._view

    def answered(self) -> bool:
        """Take the end of one answer; return False once all is over."""
        step = self._steps.pop(0)
        rows, self._rows = self._rows, []
        failed, self._failed = self._failed, ""
        if failed and not self._act.error:
            self._act.error = failed
        if step.title:
            self._answers[step.title] = Failed(step.title, failed) if failed else rows
        reached, self._talk.status = self._talk.status, self._status
        self._view = self._talk.view
        if self._steps:
            return True
        if (reached != self._status or failed) and not self._ended_by_cancel(reached):
            raise ProtocolError("the gate's own transaction did not end as it should")
        self._talk.status = reached
        self._talk.finish(self._act, "failed" if self._act.error else "done")
        self._then(self._answers)
        return False

    def _ended_by_cancel(self, reached: bytes) -> bool:
        """Say whether a cancel hit the end of it: the client's own transaction fails with what it has cancelled."""
        return self._cancelled and (reached == self._status or (self._status, reached) == (b"T", b"E"))


def _opening(status: bytes) -> tuple[Step, ...]:
    if status == b"I":
        return (Step("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"), Step("BEGIN"))
    return (Step("SAVEPOINT yett_aside"),)


def _closing(status: bytes) -> tuple[Step, ...]:
    if status == b"I":
        return (Step("ROLLBACK"), Step("ROLLBACK"))
    back = Step("ROLLBACK TO SAVEPOINT yett_aside")
    return (back, back, Step("RELEASE SAVEPOINT yett_aside"))


def _messages(step: Step) -> bytes:
    types = [kind for _, kind, _ in step.parameters]
    bound = message(b"B", b"".join((_NAME, b"\0", _NAME, b"\0", _values(step.parameters), b"\0\0")))
    # Closed first: the portal of a question that failed is still there.
    prepared = close_portal(_NAME) + close_statement(_NAME) + parse(_NAME, step.sql.encode(), types)
    return b"".join((prepared, bound, execute(_NAME), close_portal(_NAME), SYNC))


def _values(parameters: Sequence[Parameter]) -> bytes:
    count = _U16.pack(len(parameters))
    formats = b"".join(_U16.pack(code) for code, _, _ in parameters)
    values = (b"" if value is None else value for _, _, value in parameters)
    sizes = (_I32.pack(-1 if value is None else len(value)) for _, _, value in parameters)
    return count + formats + count + b"".join(part for pair in zip(sizes, values, strict=True) for part in pair)
