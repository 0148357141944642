"""Who may look at which ticket, and what they see of others like it."""

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from yett.approvals.refusals import NotAllowed, not_allowed
from yett.approvals.reviewers import answers_for, is_asker, may_break_glass
from yett.approvals.settings import FlowSettings
from yett.approvals.store import ApprovalStore
from yett.approvals.terms import Terms, terms_of
from yett.core.approvals import Asked, Ticket
from yett.core.clock import Clock
from yett.core.principals import Principal

_PAST_MAX = 1_000
_PAST_PAGE = 50

HoldsUnmask = Callable[[Principal, Asked], bool]


def nobody_holds_unmask(_reviewer: Principal, _asked: Asked) -> bool:
    """Say no: where nobody told the desk how policy answers, a flow that needs `unmask` has no reviewers."""
    return False


class Viewing:
    """The tickets, as each person may see them. What reads the store may block."""

    def __init__(
        self, store: ApprovalStore, flows: Mapping[str, FlowSettings], clock: Clock, holds_unmask: HoldsUnmask
    ) -> None:
        self._store = store
        self._clock = clock
        self._holds_unmask = holds_unmask
        self.flows = flows

    def terms(self, asked: Asked) -> Terms:
        """Return how long a question may wait, who is asked, and so on: quick. Raises NotAllowed (`flow_unknown`)."""
        return terms_of(self.flows, asked.flows, in_transaction=asked.in_transaction)

    def get(self, ticket_id: str) -> Ticket:
        """Return a ticket as it is now, to whoever. Raises NotAllowed (`ticket_unknown`)."""
        found = self._store.ticket(ticket_id)
        if found is None:
            raise not_allowed("ticket_unknown")
        return found

    def visible_to(self, person: Principal) -> tuple[Ticket, ...]:
        """Return the open and approved tickets that somebody may see, the oldest first."""
        now = self._clock.now()
        return tuple(one for one in self._store.live() if now < one.expires_at and self.may_see(person, one))

    def past(self, person: Principal, limit: int = 100) -> tuple[Ticket, ...]:
        """Return the newest tickets in any state that somebody may see, the newest first, of the last 1,000."""
        found = (one for one in self._newest() if self.may_see(person, one))
        return tuple(islice(found, limit))

    def earlier(self, ticket: Ticket, limit: int = 10) -> tuple[Ticket, ...]:
        """Return earlier tickets of the same shape, the newest first; a reviewer of this one may see them too."""
        if not ticket.asked.shape:
            return ()
        found = self._store.latest(limit + 1, ticket.asked.shape)
        return tuple(one for one in found if one.id != ticket.id)[:limit]

    def may_see(self, person: Principal, ticket: Ticket) -> bool:
        """Say whether somebody may look at a ticket: who asked it, who may answer it, who may break the glass."""
        if is_asker(ticket.asked, person):
            return True
        return not self.why_not(person, ticket) or self.may_break_glass(person, ticket)

    def why_not(self, person: Principal, ticket: Ticket) -> str:
        """Return the code of why somebody may not answer a ticket, whatever its state; "" where they may."""
        try:
            self._answers_for(ticket, person, self._clock.now())
        except NotAllowed as refusal:
            return refusal.code
        return ""

    def may_break_glass(self, person: Principal, ticket: Ticket) -> bool:
        """Say whether somebody has the right to go on with a ticket without a reviewer."""
        try:
            may_break_glass(self.flows, ticket, person)
        except NotAllowed:
            return False
        return True

    def _newest(self) -> Iterator[Ticket]:
        before = math.inf
        for _ in range(_PAST_MAX // _PAST_PAGE):
            page = self._store.latest(_PAST_PAGE, before=before)
            yield from page
            if len(page) < _PAST_PAGE:
                return
            before = page[-1].created_at

    def _answers_for(self, ticket: Ticket, reviewer: Principal, now: float) -> tuple[str, ...]:
        flows = answers_for(self.flows, ticket, reviewer, now)
        if self.terms(ticket.asked).unmask_needed and not self._holds_unmask(reviewer, ticket.asked):
            raise not_allowed("unmask_needed")
        return flows
