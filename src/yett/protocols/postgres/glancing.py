"""Takes whole answers in one step, which is how most come; all others are taken message by message.

The theory: where one packet asked, and all that it is owed has come in one piece and in the form that success has,
nothing has to be looked at twice. Whatever is missing, more, or different is left to `answering`.
"""

from typing import TYPE_CHECKING, Final

from yett.protocols.postgres.codec import NO_DATA
from yett.protocols.postgres.completing import completed
from yett.protocols.postgres.frames_hot import whole_answer
from yett.protocols.postgres.line import (
    ASSERT_BIND,
    ASSERT_CLOSE,
    ASSERT_EXECUTE,
    QUIET_BIND,
    QUIET_PARSE,
    Bundle,
    Due,
    Kind,
)
from yett.protocols.postgres.names import Portal

if TYPE_CHECKING:
    from yett.protocols.postgres.answering import Answering
    from yett.protocols.postgres.talk import Talk

_ROWS_DESCRIBED: Final = b"T"


def at_a_glance(answering: "Answering", data: bytes) -> bool:
    """Take the whole answer to the one thing that is owed; False, with nothing done, where this is not that."""
    talk = answering.talk
    line = talk.line
    if len(line) != 1:
        return False
    due = line[0]
    if due.kind is Kind.QUERY:
        return not due.swap and not due.role and _query_answered(answering, due, data)
    return isinstance(due, Bundle) and _bundle_answered(answering, due, data)


def _query_answered(answering: "Answering", due: Due, data: bytes) -> bool:
    act = due.act
    summary = whole_answer(data, 0, len(data))
    if summary < 0 or act is None:
        return False
    if act.screen is not None:
        data, summary = act.screen.answer(act, data, 0, summary)
        if summary < 0:
            return False
    talk = answering.talk
    talk.line.clear()
    talk.status = data[-1:]
    talk.to_client.append(data)
    if act.known is not None and act.known.changes:
        completed(answering, act, talk.status)
    if talk.status == b"I":
        answering.transaction_over(due.segment)
    # The counting can wait until the client has its answer.
    talk.uncounted.append((act, data, 0, summary))
    return True


def _bundle_answered(answering: "Answering", due: Bundle, data: bytes) -> bool:
    first = _rows_from(due, data)
    if first < 0:
        return False
    summary = whole_answer(data, first, len(data))
    if summary < 0:
        return False
    talk, act = answering.talk, due.running
    if act.screen is not None:
        data, summary = act.screen.answer(act, data, first, summary)
        if summary < 0:
            return False
    talk.line.clear()
    talk.status = data[-1:]
    act.running = False
    if due.portal is None:
        talk.to_client.append(data[first:])
    else:
        talk.to_client.append(data if due.shown is due.opening else due.shown + data[len(due.opening) :])
        _opened(due, due.portal, talk)
    if act.known is not None and act.known.changes:
        completed(answering, act, talk.status)
    if talk.status == b"I":
        answering.transaction_over(due.segment)
    talk.uncounted.append((act, data, first, summary))
    return True


def _rows_from(due: Bundle, data: bytes) -> int:
    """Return where the description of rows begins, or the end where there are none; -1 where all is not as hoped."""
    if not data.startswith(due.opening):
        return -1
    at = len(due.opening)
    if data.startswith(_ROWS_DESCRIBED, at):
        return at if due.described else -1
    if not due.described:
        return at
    return at + len(NO_DATA) if data.startswith(NO_DATA, at) else -1


def _opened(due: Bundle, portal: Portal, talk: "Talk") -> None:
    portal.confirmed = True
    if due.replaced is not None:
        talk.portal_ended(due.replaced)
    if talk.status == b"I":
        del talk.names.portals[b""]  # it ends with its transaction, and its outcome follows


def write_out(talk: "Talk") -> None:
    """Put the single answers that a bundle stands for in its place; it can only be at the head of the line."""
    if talk.line and isinstance(due := talk.line[0], Bundle):
        talk.line.popleft()
        talk.line.extendleft(reversed(_bound(due, talk, due.portal) if due.portal is not None else _query(due)))


def _query(due: Bundle) -> list[Due]:
    act = due.running
    return [
        QUIET_PARSE,
        QUIET_BIND,
        *_proof(due),
        Due(Kind.DESCRIBE_PORTAL, act, role="quiet"),
        Due(Kind.EXECUTE, act),
        Due(Kind.SYNC, act, segment=due.segment),
    ]


def _bound(due: Bundle, talk: "Talk", portal: Portal) -> list[Due]:
    act, replaced = due.running, due.replaced

    def done() -> None:
        portal.confirmed = True
        talk.portal_ended(replaced)

    return [
        Due(Kind.BIND, act, done=done, undo=lambda: talk.names.not_opened(portal, replaced)),
        *_proof(due),
        *([Due(Kind.DESCRIBE_PORTAL, act)] if due.described else []),
        Due(Kind.EXECUTE, act),
        Due(Kind.SYNC, segment=due.segment),
    ]


def _proof(due: Bundle) -> list[Due]:
    return [ASSERT_BIND, ASSERT_EXECUTE, ASSERT_CLOSE] if due.running.proofs else []
