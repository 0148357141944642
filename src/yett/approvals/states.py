"""Where a ticket can stand, and what moves it: the state machine, without a store.

                 yes      yes that     no        break     time     withdraw   consume
                          completes              glass     is up
    open         open     approved     denied    approved  expired  withdrawn  ·
    approved     ·        ·            denied    ·         expired  withdrawn  used
    denied, expired, withdrawn, used: nothing moves them any more.

A dot is a refusal (`ended`) or, for consume, False. So each way to `used` leads through `approved`, and there is one
step out of `approved` into it: a yes can be used once. Whoever wants to move a ticket reads it and writes it back in
one transaction of the store, so that of two who race the second sees what the first did.

A no counts at once, whatever others said, also while an approval waits to be used; a reviewer may turn a yes into a
no and never a no into a yes. A ticket needs `quorum` yeses in each of its flows. Time is up at `expires_at` itself,
whether or not anybody has marked it yet. An approval that was given has its own end: as long as the question had,
counted from the yes. A window (`window_until`) stands by itself until a reviewer ends it: what became of the ticket
that opened it does not matter. A request for access is used by its approval itself: the grant is made in the same
transaction.
"""

import hmac
from collections.abc import Sequence
from dataclasses import replace

from yett.approvals.refusals import not_allowed
from yett.approvals.settings import FlowSettings
from yett.approvals.terms import Flows
from yett.core.approvals import Ticket, TicketState, Vote

LIVE = frozenset({TicketState.OPEN, TicketState.APPROVED})
"""The states that can still change."""


def is_live(ticket: Ticket, now: float) -> bool:
    """Say whether a ticket can still change."""
    return ticket.state in LIVE and now < ticket.expires_at


def voted(flows: Flows, ticket: Ticket, vote: Vote, wait_seconds: float) -> Ticket:
    """Return the ticket after one reviewer's answer. Raises NotAllowed: `ended`, `voted`."""
    if not is_live(ticket, vote.at) or (vote.yes and ticket.state is not TicketState.OPEN):
        raise not_allowed("ended")
    before = next((one for one in ticket.votes if one.reviewer == vote.reviewer), None)
    if before is not None and (vote.yes or not before.yes):
        raise not_allowed("voted")
    votes = (*(one for one in ticket.votes if one is not before), vote)
    if not vote.yes:
        # Nothing may pass any more, the window of an approval that is taken back included.
        ended = replace(ticket, votes=votes, window_until=0.0)
        return _ended(ended, TicketState.DENIED, vote.at, vote.reason)
    if not _is_complete(flows, ticket.asked.flows, votes):
        return replace(ticket, votes=votes)
    window = min((one.for_shape_seconds for one in votes if one.yes), default=0.0)
    until = vote.at + window if window > 0 else 0.0
    approved = replace(ticket, votes=votes, window_until=until)
    return replace(approved, state=TicketState.APPROVED, expires_at=vote.at + wait_seconds)


def glass_broken(ticket: Ticket, vote: Vote, wait_seconds: float) -> Ticket:
    """Return the ticket approved by somebody who goes on without a reviewer. Raises NotAllowed: `ended`."""
    if not is_live(ticket, vote.at) or ticket.state is not TicketState.OPEN:
        raise not_allowed("ended")
    votes = (*ticket.votes, vote)
    return replace(ticket, votes=votes, state=TicketState.APPROVED, expires_at=vote.at + wait_seconds)


def expired(ticket: Ticket, now: float) -> Ticket:
    """Return the ticket as it is at that time: one whose time is up has expired, others are as they were."""
    if ticket.state not in LIVE or now < ticket.expires_at:
        return ticket
    silence = "nobody answered in time" if ticket.state is TicketState.OPEN else "the approval was not used in time"
    return _ended(ticket, TicketState.EXPIRED, now, silence)


def withdrawn(ticket: Ticket, now: float, reason: str) -> Ticket:
    """Return the ticket after its asker gave up; one that has ended stays as it is."""
    if not is_live(ticket, now):
        return expired(ticket, now)
    return _ended(ticket, TicketState.WITHDRAWN, now, reason)


def consumed(ticket: Ticket, digest: bytes, now: float) -> Ticket | None:
    """Return the ticket used for the act of that digest, or None where its approval is not for that, or not any more.

    What differs from what was approved leaves the approval as it is: the thing itself may still come.
    """
    if ticket.state is not TicketState.APPROVED or not is_live(ticket, now):
        return None
    if not digest or not hmac.compare_digest(ticket.asked.digest, digest):
        return None
    return replace(ticket, state=TicketState.USED, ended_at=now)


def window_closed(ticket: Ticket) -> Ticket:
    """Return the ticket without a window: the next of its shape is asked anew."""
    return replace(ticket, window_until=0.0)


def escalates_at(flows: Flows, ticket: Ticket) -> float | None:
    """Return when an open ticket is put to further people, or None when it never is, or was already."""
    if ticket.state is not TicketState.OPEN or ticket.escalated_at:
        return None
    settings = (flows.get(name) for name in ticket.asked.flows)
    delays = [one.escalate_after for one in settings if one is not None and one.escalate_after > 0]
    return ticket.created_at + min(delays) if delays else None


def _is_complete(flows: Flows, names: Sequence[str], votes: Sequence[Vote]) -> bool:
    return bool(names) and all(_has_quorum(flows.get(name), name, votes) for name in names)


def _has_quorum(flow: FlowSettings | None, name: str, votes: Sequence[Vote]) -> bool:
    if flow is None:
        return False
    return len({one.reviewer for one in votes if one.yes and name in one.flows}) >= flow.quorum


def _ended(ticket: Ticket, state: TicketState, at: float, reason: str) -> Ticket:
    return replace(ticket, state=state, ended_at=at, reason=reason)
