"""Who may answer a question: people of the flow's groups, never who asked, nor the one that was asked for."""

from collections.abc import Iterator

from yett.approvals.refusals import NotAllowed, not_allowed
from yett.approvals.settings import FlowSettings
from yett.approvals.terms import Flows
from yett.core.approvals import Asked, Ticket
from yett.core.principals import Principal, PrincipalKind

_APART = "\n"


def acted_for(principal: Principal) -> str:
    """Return the keys of all whom a principal acts for, the nearest first, one on each line: `Asked.on_behalf_of`."""
    return _APART.join(one.key for one in _chain(principal))


def answers_for(flows: Flows, ticket: Ticket, reviewer: Principal, now: float) -> tuple[str, ...]:
    """Return those of the ticket's flows that somebody may answer for.

    Raises NotAllowed: `machine`, `own`, `acted_for`, `not_reviewer`.
    """
    _check_person(reviewer)
    refusal = _involved(ticket.asked, reviewer)
    if refusal is not None:
        raise refusal
    found = tuple(name for name in ticket.asked.flows if _is_asked(flows.get(name), ticket, reviewer, now))
    if not found:
        raise not_allowed("not_reviewer")
    return found


def may_break_glass(flows: Flows, ticket: Ticket, person: Principal) -> None:
    """Raise NotAllowed unless a person may go on without a reviewer, in every flow of the ticket.

    It may be who asked, or whom the asker acts for: that is what the right is.
    """
    _check_person(person)
    settings = [flows.get(name) for name in ticket.asked.flows]
    if not settings or any(one is None or person.groups.isdisjoint(one.break_glass) for one in settings):
        raise not_allowed("not_reviewer")


def is_asker(asked: Asked, person: Principal) -> bool:
    """Say whether a question is a person's own, or was asked on their behalf."""
    return _involved(asked, person) is not None


def _chain(principal: Principal) -> Iterator[Principal]:
    one = principal.on_behalf_of
    while one is not None:
        yield one
        one = one.on_behalf_of


def _check_person(person: Principal) -> None:
    # A person who speaks through a machine, or for somebody else, is not there to look at what they say yes to.
    if person.kind is not PrincipalKind.USER or person.on_behalf_of is not None:
        raise not_allowed("machine")


def _involved(asked: Asked, person: Principal) -> NotAllowed | None:
    if person.key == asked.principal:
        return not_allowed("own")
    if person.key in {asked.on_behalf_of, *asked.on_behalf_of.split(_APART)}:
        return not_allowed("acted_for")
    return None


def _is_asked(flow: FlowSettings | None, ticket: Ticket, person: Principal, now: float) -> bool:
    if flow is None:
        return False
    if not person.groups.isdisjoint(flow.reviewers):
        return True
    escalated = flow.escalate_after > 0 and now - ticket.created_at >= flow.escalate_after
    return escalated and not person.groups.isdisjoint(flow.escalate_to)
