"""What is shown and bound when a statement waits for a person: its whole text, and all that its meaning hangs on."""

from collections.abc import Iterator

from yett.protocols._wire.questions import Held, Inspect
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.sql.facts import StatementFacts
from yett.protocols.postgres.sql.written import shape_of
from yett.protocols.postgres.talk import Talk
from yett.protocols.postgres.texts import Text

_COPY_IN = "COPY data comes only once the statement runs, so nobody could be shown what a yes would stand for"


def held(talk: Talk, known: Text, meant: Meant | None, question: Inspect) -> Held:
    """Return what the open question's operation is, for people to decide on."""
    statement = question.text or _prepared_text(talk, question.refers_to)
    runs = tuple(_runs(talk, known))
    whole = b"\n".join((statement, *runs)) if runs else statement
    shape, written = shape_of(statement.decode("utf-8", "replace")) if not runs else (whole, frozenset[int]())
    return Held(
        whole,
        b"\0".join(_basis(talk, meant)),
        shape,
        written,
        in_transaction=talk.status != b"I" or _has_run(talk),
        refusal=_COPY_IN if any(facts.copy == "in" for facts in known.statements) else "",
    )


def _has_run(talk: Talk) -> bool:
    """Say whether something ran already in the pipeline segment that is open."""
    return talk.segment_open and talk.ran_in == talk.segment


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
    for proof in meant.proofs if meant is not None else ():
        yield proof.assertion.statement.encode()
        yield from (value.encode() for value in proof.assertion.params)
