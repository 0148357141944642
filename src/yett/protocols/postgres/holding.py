"""What is shown and bound when a statement waits for a person: its whole text, and all that its meaning hangs on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from yett.core.errors import ProtocolError
from yett.core.operations import Refusal
from yett.protocols._wire.questions import Gather, Held, Inspect, Pin, Preview
from yett.protocols.postgres.codec import FLUSH
from yett.protocols.postgres.copied import Spool
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.pinning import Pinning
from yett.protocols.postgres.previewing import Previewing
from yett.protocols.postgres.spooling import Spooling
from yett.protocols.postgres.sql.copied import copy_in_of
from yett.protocols.postgres.sql.facts import StatementFacts, TransactionAct
from yett.protocols.postgres.sql.written import shape_of
from yett.protocols.postgres.talk import Talk
from yett.protocols.postgres.texts import Text

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking

_COPY_APART: Final = Refusal(
    "hold_impossible",
    "COPY data comes only once its statement runs, so among others nobody could be shown what a yes stands for",
    "Send the COPY by itself.",
)
_COPY_NEVER: Final = Refusal(
    "hold_impossible",
    "this gate keeps no COPY data for people to see (limits.held_copy), so nobody could be asked",
    "Write the rows as INSERT statements.",
)


def held(asking: "Asking") -> Held:
    """Say what the open question's operation is, for people to decide on, and have what came before it answered."""
    talk, pending, question = asking.talk, asking.pending, asking.talk.question
    if pending is None or question is None:
        raise ProtocolError("nothing is open that could be held")
    _have_answered(talk)
    found = _held(talk, pending.known, asking.resolved, question)
    if any(facts.copy == "in" for facts in pending.known.statements):
        _add_data(found, talk, pending.known, asking.spool, len(question.parameters))
    return found


def _have_answered(talk: Talk) -> None:
    if talk.segment_open and not talk.flushed:
        talk.flushed = True
        talk.to_target.append((talk.pass_, FLUSH))


def _add_data(found: Held, talk: Talk, known: Text, spool: Spool | None, parameters: int) -> None:
    """Add the data of a COPY, which is nothing but values that it writes."""
    found.written |= {parameters + 1}
    if len(known.statements) > 1:
        found.refusal = _COPY_APART
    elif not talk.limits.held_copy_bytes_max:
        found.refusal = _COPY_NEVER
    elif spool is None:
        found.unsent = True
    else:
        found.more = ((int(spool.binary), 0, spool.data),)
        found.shown = spool.words(parameters + 1)


def pin(asking: "Asking", wanted: Pin) -> None:
    """Find out what the open question's operation means by now, before people are asked and before it runs."""
    question = asking.talk.question
    if question is None:
        return
    _have_answered(asking.talk)
    asking.beside = Pinning(asking, wanted, question)
    asking.pump()


def preview(asking: "Asking", wanted: Preview) -> None:
    """Find out what the open question's operation would touch; what it would run is known by `held`."""
    question = asking.talk.question
    if question is not None:
        asking.beside = Previewing(asking, wanted, question, held(asking).statement)
        asking.pump()


def gather(asking: "Asking", wanted: Gather) -> None:
    """Take from the client the data that belongs to the open question's operation."""
    question = asking.talk.question
    if question is None:
        return
    copy = copy_in_of(held(asking).statement.decode("utf-8", "replace"))
    if copy is None:
        wanted.then(_COPY_APART)
        return
    asking.beside = Spooling(asking, wanted, question, copy)
    asking.pump()


def _held(talk: Talk, known: Text, meant: Meant | None, question: Inspect) -> Held:
    statement = question.text or _prepared_text(talk, question.refers_to)
    runs = tuple(_runs(talk, known))
    whole = b"\n".join((statement, *runs)) if runs else statement
    shape, written = shape_of(statement.decode("utf-8", "replace")) if not runs else (whole, frozenset[int]())
    return Held(
        whole,
        b"\0".join(_basis(talk, meant)),
        shape,
        written,
        in_transaction=talk.status != b"I" or _has_run(talk) or _begins(talk),
    )


def _has_run(talk: Talk) -> bool:
    """Say whether something ran already in the pipeline segment that is open."""
    return talk.segment_open and talk.ran_in == talk.segment


def _begins(talk: Talk) -> bool:
    """Say whether a transaction may begin with what the target still owes an answer to."""
    owed = (due.act.known for due in talk.line if due.act is not None)
    return any(one.changes.transaction is TransactionAct.BEGIN for known in owed if known for one in known.statements)


def _prepared_text(talk: Talk, sequence: int) -> bytes:
    """Return the text of the statement that was prepared as this operation."""
    found = (one.text for one in talk.names.statements.values() if one.sequence == sequence)
    return next(found, b"")


def _runs(talk: Talk, known: Text) -> Iterator[bytes]:
    """Yield the texts of what an EXECUTE or FETCH runs."""
    facts: StatementFacts
    for facts in known.statements:
        name = facts.changes.executes
        prepared = talk.names.statements.get(name.encode()) if name else None
        if prepared is not None:
            yield prepared.text or _source(prepared.known)
        cursor = talk.names.portal(facts.changes.fetches.encode()) if facts.changes.fetches else None
        if cursor is not None:
            yield _source(cursor.prepared.known)


def _source(known: Text) -> bytes:
    return b"; ".join(facts.source.encode() for facts in known.statements)


def _basis(talk: Talk, meant: Meant | None) -> Iterator[bytes]:
    """Yield what differs whenever role, path, relations or definitions differ: what the proof will assert."""
    yield repr(talk.view).encode()
    for proof in (*meant.proofs, *meant.apart) if meant is not None else ():
        yield proof.assertion.statement.encode()
        yield from (value.encode() for value in proof.assertion.params)
