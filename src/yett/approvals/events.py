"""What happened to a ticket, told from how it was before and how it is now: for records, signals and notices."""

from collections.abc import Iterator
from dataclasses import dataclass

from yett.core.approvals import Ticket, TicketState, Vote


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a ticket.

    `kind` is `asked`, `voted`, `break_glass`, `escalated`, `window_opened`, `window_ended`, or the state that was
    reached: `approved`, `denied`, `expired`, `withdrawn`, `used`. `by` is who did it, where it was a person.
    """

    kind: str
    ticket: Ticket
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """As much of a ticket as tells what is new when it is seen again."""

    state: TicketState
    votes: tuple[tuple[str, bool], ...]
    escalated: bool
    window: bool


def mark_of(ticket: Ticket) -> Mark:
    """Return the mark of a ticket."""
    votes = tuple((one.reviewer, one.yes) for one in ticket.votes)
    return Mark(ticket.state, votes, bool(ticket.escalated_at), bool(ticket.window_until))


def events(before: Mark | None, ticket: Ticket) -> Iterator[Event]:
    """Yield what happened since `before`, in order; without one, the ticket itself is new."""
    if before is None:
        yield Event("asked", ticket, ticket.asked.principal, ticket.asked.reason)
        before = Mark(TicketState.OPEN, (), escalated=False, window=False)
    for vote in ticket.votes:
        if (vote.reviewer, vote.yes) not in before.votes:
            yield Event("break_glass" if vote.break_glass else "voted", ticket, vote.reviewer, vote.reason)
    if ticket.escalated_at and not before.escalated:
        yield Event("escalated", ticket)
    if bool(ticket.window_until) != before.window:
        yield Event("window_opened" if ticket.window_until else "window_ended", ticket, _by(ticket))
    if ticket.state is not before.state:
        yield from _reached(before.state, ticket)


def _reached(before: TicketState, ticket: Ticket) -> Iterator[Event]:
    if ticket.state is TicketState.USED and before is TicketState.OPEN:
        # Whoever looks seldom missed the moment between: it is told all the same.
        yield Event("approved", ticket, _by(ticket))
    yield Event(str(ticket.state), ticket, _by(ticket) if _is_decided(ticket) else "", ticket.reason)


def _is_decided(ticket: Ticket) -> bool:
    return ticket.state in {TicketState.APPROVED, TicketState.DENIED}


def _by(ticket: Ticket) -> str:
    last: Vote | None = ticket.votes[-1] if ticket.votes else None
    return last.reviewer if last is not None else ""
