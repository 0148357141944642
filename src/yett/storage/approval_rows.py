"""How tickets and grants stand in the tables: sealed, with each column in the clear bound to what is sealed."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row

from yett.approvals.store import Grant
from yett.core.approvals import Asked, Ticket, TicketState, Vote
from yett.storage.sealing import Sealing, Unreadable

T = TypeVar("T")


class _Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a ticket changes, beside its columns."""

    votes: tuple[Vote, ...]
    reason: str
    outcome: str
    found: dict[str, str] = {}


_encode = msgspec.msgpack.Encoder().encode
_ASKED = msgspec.msgpack.Decoder(Asked)
_ANSWERS = msgspec.msgpack.Decoder(_Answers)
_GRANT = msgspec.msgpack.Decoder(Grant)


class ApprovalRows:
    """Makes rows of tickets and grants, and tickets and grants of rows, under one key.

    A row in which anything was changed outside of this class cannot be read any more: it counts for nothing. Only
    that a whole row was put back to an earlier one is not seen here.
    """

    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def mark(self, purpose: str, value: bytes) -> bytes:
        """Return what a value is found by."""
        return self._sealing.mark(purpose, value)

    def fixed(self, ticket: Ticket) -> dict[str, Any]:
        """Return the columns that never change."""
        asked = ticket.asked
        marks = (
            self.mark("principal", asked.principal.encode()),
            self.mark("digest", asked.digest),
            self.mark("shape", asked.shape),
        )
        sealed = self._sealing.seal(_encode(asked), "asked", ticket.id, ticket.created_at, *marks)
        principal, digest, shape = marks
        return {
            "id": ticket.id,
            "created_at": ticket.created_at,
            "principal": principal,
            "digest": digest,
            "shape": shape,
            "asked": sealed,
        }

    def changing(self, ticket: Ticket) -> dict[str, Any]:
        """Return the columns that change with each answer."""
        answers = _Answers(ticket.votes, ticket.reason, ticket.outcome, dict(ticket.found))
        columns = {
            "state": ticket.state.value,
            "expires_at": ticket.expires_at,
            "ended_at": ticket.ended_at,
            "window_until": ticket.window_until,
            "escalated_at": ticket.escalated_at,
        }
        return {**columns, "answers": self._sealing.seal(_encode(answers), "answers", ticket.id, *columns.values())}

    def ticket(self, row: Row[Any]) -> Ticket:
        """Return the ticket of a row. Raises Unreadable."""
        marks = (bytes(row.principal), bytes(row.digest), bytes(row.shape))
        columns = (row.state, row.expires_at, row.ended_at, row.window_until, row.escalated_at)
        asked = self._open(row.asked, _ASKED, "asked", row.id, row.created_at, *marks)
        answers = self._open(row.answers, _ANSWERS, "answers", row.id, *columns)
        return Ticket(
            id=row.id,
            state=TicketState(row.state),
            asked=asked,
            created_at=row.created_at,
            expires_at=row.expires_at,
            votes=answers.votes,
            ended_at=row.ended_at,
            reason=answers.reason,
            window_until=row.window_until,
            escalated_at=row.escalated_at,
            outcome=answers.outcome,
            found=answers.found,
        )

    def grant_row(self, grant: Grant) -> dict[str, Any]:
        """Return the columns of a grant, without its id."""
        content = self._sealing.seal(_encode(grant), "grant", grant.id, grant.until, grant.ended_at)
        return {"until": grant.until, "ended_at": grant.ended_at, "content": content}

    def grant(self, row: Row[Any]) -> Grant:
        """Return the grant of a row. Raises Unreadable."""
        return self._open(row.content, _GRANT, "grant", row.id, row.until, row.ended_at)

    def _open(self, sealed: bytes, decoder: "msgspec.msgpack.Decoder[T]", *belongs_to: object) -> T:
        content = self._sealing.open(bytes(sealed), *belongs_to)
        try:
            return decoder.decode(content)
        except msgspec.DecodeError:
            # Written by another version of Yett: what it does not understand, this one does not act on.
            raise Unreadable from None


def readable(rows: Iterable[Row[Any]], read: Callable[[Row[Any]], T], damaged: list[str] | None = None) -> Iterator[T]:
    """Yield what can be read of the rows; the ids of the others are added to `damaged`."""
    for row in rows:
        try:
            yield read(row)
        except Unreadable:
            if damaged is not None:
                damaged.append(row.id)
