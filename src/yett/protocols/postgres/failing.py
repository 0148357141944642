"""Errors from the target: who is told what, what is skipped up to Sync, and what is judged again.

PostgreSQL protocol: Extended Query. After an error the target discards messages up to the next Sync; so is everything
here that they would have defined or answered.
"""

from typing import TYPE_CHECKING

from yett.protocols._wire.questions import Event
from yett.protocols.postgres.catalog.queries import QUERY_CANCELED
from yett.protocols.postgres.codec import SYNC, error
from yett.protocols.postgres.line import Act, Due, Kind
from yett.protocols.postgres.talk import Talk

if TYPE_CHECKING:
    from yett.protocols.postgres.answering import Answering

HIDE = b""
CHANGED = error(
    "40001",
    "what this statement names was changed while the gate judged it",
    hint="Run it again: it will be judged by the new definitions.",
)
_DISPROVED = frozenset({"22012", "26000"})
"""The proof's own division by zero, and a proof that the client has dropped with DEALLOCATE ALL."""
_ENDS_SESSION = ("FATAL", "PANIC")
_ABOUT_NEXT = frozenset({"own-statement", "asserted"})
"""Owed answers that are about the next act in the line."""


def take_error(answering: "Answering", buf: bytes, pos: int, at: int) -> bytes | None:
    """Take an ErrorResponse: show it, or what stands in its place, and skip what the target will skip."""
    instead = _taken(answering, buf, pos, at)
    answering.talk.told_end = _field(b"V", buf[pos:at] if instead is None else instead) in _ENDS_SESSION
    return instead


def _taken(answering: "Answering", buf: bytes, pos: int, at: int) -> bytes | None:
    talk = answering.talk
    screen = talk.screening()
    at_sync = bool(talk.line) and talk.line[0].kind is Kind.SYNC and talk.line[0].act is None
    words = None if screen is None else screen.words(buf[pos:at], None if at_sync else talk.running())
    if not talk.line:
        return words
    due = talk.line[0]
    sqlstate = _field(b"C", buf[pos:at])
    talk.view = None
    act = due.act
    if act is None and due.role in _ABOUT_NEXT:
        act = next((one.act for one in talk.line if one.act is not None), None)
    if act is not None and due.role != "asserted":
        act.error = sqlstate
    if due.kind is Kind.SYNC and act is None:
        # The statements before it were done, and their transaction was not: a deferred constraint, a lost race.
        talk.events.append(Event("commit_failed", {"sqlstate": sqlstate, "up_to": talk.sequence}))
    if due.kind is Kind.QUERY:
        talk.copy_in = None
        swap, due.swap = due.swap, b""
        return swap or (HIDE if due.hidden else words)
    _skip_to_sync(answering, act)
    if due.swap:
        return due.swap
    if not due.hidden or due.role == "own-statement":
        return words
    if act is not None:
        return _disproved(answering, act, sqlstate, words)
    return _look_up_failed(answering, sqlstate, _field(b"M", buf[pos:at]) if sqlstate == QUERY_CANCELED else "")


def _look_up_failed(answering: "Answering", sqlstate: str, cancelled: str) -> bytes | None:
    """The gate's own question failed; `cancelled` are the server's words where the client or a time limit ended it."""
    if answering.internal is None:
        return CHANGED
    answering.internal.fail(sqlstate, cancelled)
    if not answering.talk.skipping:
        return HIDE
    # Inside a segment the client's own transaction has failed with it, so the client is told.
    answering.internal = None
    answering.talk.waiting = False
    if cancelled:
        return error(sqlstate, cancelled)
    return error("XX000", "the gate could not look up what this statement names", hint="Run it again.")


def _disproved(answering: "Answering", act: Act, sqlstate: str, words: bytes | None) -> bytes | None:
    """A proof did not hold, or could not run: the target's own reason is shown unless it is that it does not hold.

    What was judged is not what is there any more: a simple query is judged again, a step of a pipeline fails.
    """
    answering.asking.disproved(act)
    if act.simple:
        _end_skipped_query(answering.talk)
    if sqlstate not in _DISPROVED:
        act.error = sqlstate
        return words
    if not act.simple:
        return CHANGED
    answering.stale = act
    return HIDE


def _end_skipped_query(talk: Talk) -> None:
    """The simple query behind a failed assertion is skipped by the target, which now waits for a Sync."""
    if talk.skipping:
        talk.skipping = False
        talk.to_target.append((talk.pass_, SYNC))
        talk.owe(Due(Kind.SYNC, segment=talk.segment - 1))


def _skip_to_sync(answering: "Answering", failed: Act | None) -> None:
    """Drop what the target will skip; take back, last first, what those messages would have defined."""
    talk = answering.talk
    skipped: list[Due] = []
    while talk.line and talk.line[0].kind is not Kind.SYNC:
        skipped.append(talk.line.popleft())
    for due in reversed(skipped):
        if due.undo is not None:
            due.undo()
        if due.act is not None:
            talk.finish(due.act, "failed" if due.act is failed else "skipped")
    talk.copy_in = None
    if not talk.line:
        talk.skipping = True
    if skipped and not _is_look_up(skipped[0]) and any(_is_look_up(due) for due in skipped):
        # It was about something that has been refused since: nobody waits for what it would have found.
        answering.internal = None
        talk.waiting = False


def _is_look_up(due: Due) -> bool:
    return due.role.startswith("internal")


def _field(name: bytes, packet: bytes) -> str:
    """Return one field of an ErrorResponse, empty where there is none (PostgreSQL protocol: Error Message Fields)."""
    for field in packet[5:].split(b"\0"):
        if field[:1] == name:
            return field[1:].decode("ascii", "replace")
    return ""
