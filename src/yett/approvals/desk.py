"""Where questions to people are asked, answered and used up: the one door of this room."""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice

from yett.approvals.access import ACCESS, grant_made_by
from yett.approvals.refusals import NotAllowed, not_allowed, too_large, too_many_open
from yett.approvals.reviewers import answers_for, is_asker, may_break_glass
from yett.approvals.settings import FlowSettings
from yett.approvals.showing import bounded
from yett.approvals.states import (
    LIVE,
    consumed,
    escalates_at,
    expired,
    glass_broken,
    is_live,
    voted,
    window_closed,
    withdrawn,
)
from yett.approvals.store import ApprovalStore, Page
from yett.approvals.terms import Terms, terms_of
from yett.approvals.watch import Watch
from yett.core.approvals import Asked, Ticket, TicketState, Vote
from yett.core.clock import Clock
from yett.core.principals import Principal

REASON_MAX = 500
ASKED_BYTES_MAX = 1 << 20
_PAST_MAX = 1_000
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"

HoldsUnmask = Callable[[Principal, Asked], bool]


def nobody_holds_unmask(_reviewer: Principal, _asked: Asked) -> bool:
    """Say no: where nobody told the desk how policy answers, a flow that needs `unmask` has no reviewers."""
    return False


class ApprovalDesk:
    """Asks, decides and consumes. Methods that are not said to be quick may block for the store: call them in a thread.

    Safe to use from several threads, and beside desks of other processes on the same store. Raises NotAllowed and
    LimitExceeded as said below, and what the store raises when it fails: then nothing has changed, nothing may pass.
    """

    def __init__(
        self,
        store: ApprovalStore,
        flows: Mapping[str, FlowSettings],
        clock: Clock,
        holds_unmask: HoldsUnmask = nobody_holds_unmask,
    ) -> None:
        self._store = store
        self._clock = clock
        self._holds_unmask = holds_unmask
        self._asking = threading.Lock()
        self._waiting: set[str] = set()
        self.flows = flows
        self.watch = Watch(store, clock)

    def terms(self, asked: Asked) -> Terms:
        """Return how long a question may wait, who is asked, and so on: quick. Raises NotAllowed (`flow_unknown`)."""
        return terms_of(self.flows, asked.flows, in_transaction=asked.in_transaction)

    # Asking

    def ask(self, asked: Asked, joinable: Callable[[Ticket], bool] | None = None) -> Ticket:
        """Return the ticket of a question, durable: the one that stands already for exactly this, or a new one.

        A ticket is joined when it is open or approved and has the same digest, flows and kind of wait. One that a
        live connection still waits on is not: two calls in flight at once are two tickets. This desk knows those that
        were asked here and not let go of (`let_go`); `joinable` says it instead, where the caller knows better.

        Raises LimitExceeded (`too_many_tickets`, `approval_too_large`), NotAllowed (`flow_unknown`, `digest_missing`).
        """
        terms = self.terms(asked)
        if not asked.digest:
            raise not_allowed("digest_missing")
        if _bytes_of(asked) > ASKED_BYTES_MAX:
            raise too_large(ASKED_BYTES_MAX)
        may_join = joinable or self._is_free
        asked = bounded(asked)
        with self._asking, self._store.writing() as page:
            now = self._clock.now()
            for known in page.alike(asked.digest):
                if is_live(known, now) and _is_same(known.asked, asked) and may_join(known):
                    self._waiting.add(known.id)
                    return known
            if page.open_count(asked.principal, now) >= terms.open_max:
                raise too_many_open(terms.open_max)
            ticket = Ticket(_new_id(page), TicketState.OPEN, asked, now, now + terms.wait_seconds)
            page.put(ticket)
            self._waiting.add(ticket.id)
        return ticket

    def let_go(self, ticket_id: str) -> None:
        """Say that no connection waits on a ticket any more: its repeat may join it. Quick."""
        # Without the lock: `ask` holds it while it writes, and nobody waits here for a disk.
        self._waiting.discard(ticket_id)

    def withdraw(self, ticket_id: str, reason: str) -> Ticket:
        """End a ticket for its asker, who cancelled or left; one that has ended stays as it is.

        Raises NotAllowed (`ticket_unknown`).
        """
        self.let_go(ticket_id)
        return self._step(ticket_id, lambda ticket, now: withdrawn(ticket, now, _bounded(reason)))

    # Deciding

    def decide(
        self,
        ticket_id: str,
        reviewer: Principal,
        yes: bool,  # noqa: FBT001  an answer is yes or no
        reason: str = "",
        for_shape_seconds: float = 0.0,
    ) -> Ticket:
        """Count a reviewer's answer and return the ticket after it.

        `for_shape_seconds` lets exactly this shape pass for that long once it is approved. A no ends the ticket at
        once. An approved request for access becomes a grant in the same transaction.

        Raises NotAllowed: `own`, `acted_for`, `machine`, `not_reviewer`, `voted`, `ended`, `ticket_unknown`,
        `window_not_offered`, `reason_too_long`.
        """
        _check_reason(reason)

        def answered(ticket: Ticket, now: float) -> Ticket:
            flows = self._answers_for(ticket, reviewer, now)
            terms = self.terms(ticket.asked)
            if not is_live(ticket, now):
                raise not_allowed("ended")
            _check_window(ticket, for_shape_seconds, terms, yes=yes)
            vote = Vote(reviewer.key, yes, now, reason, for_shape_seconds if yes else 0.0, flows)
            return voted(self.flows, ticket, vote, terms.wait_seconds)

        return self._step(ticket_id, answered)

    def break_glass(self, ticket_id: str, person: Principal, reason: str) -> Ticket:
        """Approve a ticket without a reviewer, for somebody with that right, who may be the asker; return it.

        Raises NotAllowed: `machine`, `not_reviewer`, `reason_needed`, `reason_too_long`, `ended`, `ticket_unknown`.
        """
        _check_reason(reason)
        if not reason.strip():
            raise not_allowed("reason_needed")

        def broken(ticket: Ticket, now: float) -> Ticket:
            may_break_glass(self.flows, ticket, person)
            vote = Vote(person.key, yes=True, at=now, reason=reason, break_glass=True)
            return glass_broken(ticket, vote, self.terms(ticket.asked).wait_seconds)

        return self._step(ticket_id, broken)

    def close_window(self, ticket_id: str, reviewer: Principal) -> Ticket:
        """End the time for which a shape may pass. Raises NotAllowed as `decide` does for who may not answer."""

        def closed(ticket: Ticket, now: float) -> Ticket:
            self._answers_for(ticket, reviewer, now)
            return window_closed(ticket)

        return self._step(ticket_id, closed)

    # Acting

    def consume(self, ticket_id: str, digest: bytes) -> bool:
        """Use an approval up for the act of that digest; True exactly once, and durable before it is returned.

        After True the act is done at most once: who crashes in between has used the approval, and asks anew.
        """
        with self._store.writing() as page:
            ticket = page.ticket(ticket_id)
            used = consumed(ticket, digest, self._clock.now()) if ticket is not None else None
            if used is None:
                return False
            page.put(used)
        self.let_go(ticket_id)
        return True

    def settle(self, ticket_id: str, outcome: str) -> None:
        """Note what became of the act that used a ticket (`done`, `failed`, `outcome_unknown` …), once."""
        with self._store.writing() as page:
            ticket = page.ticket(ticket_id)
            if ticket is not None and ticket.state is TicketState.USED and not ticket.outcome:
                page.put(replace(ticket, outcome=_bounded(outcome)))

    # Time

    def expire(self, now: float) -> tuple[Ticket, ...]:
        """End every ticket whose time is up, and return those. Until then nobody can answer or use them either."""
        if not any(one.state in LIVE and now >= one.expires_at for one in self._store.live()):
            return ()
        with self._store.writing() as page:
            ended = tuple(expired(one, now) for one in page.due(now))
            for one in ended:
                page.put(one)
        for one in ended:
            self.let_go(one.id)
        return ended

    def escalate(self, now: float) -> tuple[Ticket, ...]:
        """Mark every ticket that is put to further people from now on, and return those: each once."""
        found = []
        for one in self._store.live():
            at = escalates_at(self.flows, one)
            if at is None or now < at or now >= one.expires_at:
                continue
            with self._store.writing() as page:
                ticket = page.ticket(one.id)
                if ticket is not None and escalates_at(self.flows, ticket) is not None:
                    found.append(replace(ticket, escalated_at=now))
                    page.put(found[-1])
        return tuple(found)

    # Looking

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
        found = (one for one in self._store.latest(_PAST_MAX) if self.may_see(person, one))
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

    def standing(self, asked: Asked) -> Ticket | None:
        """Return the ticket whose reviewers let exactly this shape pass now, or None. Quick: from what was last read.

        The ticket comes without its statement. None where nothing was read for a while (`watch`).
        """
        flows_known = all(name in self.flows for name in asked.flows)
        if not (flows_known and asked.flows and self.terms(asked).window_seconds_max > 0):
            return None
        return self.watch.window_for(asked)

    def changed(self) -> tuple[Ticket, ...]:
        """Return the tickets that anybody wrote since the last call, and tell those who listen to `watch`."""
        return self.watch.changed()

    def prune(self, ended_before: float) -> int:
        """Forget tickets and grants that ended before that time, and return how many."""
        return self._store.prune(ended_before)

    def _answers_for(self, ticket: Ticket, reviewer: Principal, now: float) -> tuple[str, ...]:
        flows = answers_for(self.flows, ticket, reviewer, now)
        if self.terms(ticket.asked).unmask_needed and not self._holds_unmask(reviewer, ticket.asked):
            raise not_allowed("unmask_needed")
        return flows

    def _step(self, ticket_id: str, step: Callable[[Ticket, float], Ticket]) -> Ticket:
        """Move a ticket in one transaction; what an approval of it makes is made in the same one."""
        with self._store.writing() as page:
            # The time is taken here: waiting for others to write may have taken some.
            now, before = self._clock.now(), page.ticket(ticket_id)
            if before is None:
                raise not_allowed("ticket_unknown")
            after = step(before, now)
            grant = grant_made_by(after, now) if after.state is TicketState.APPROVED else None
            if grant is not None:
                after = replace(after, state=TicketState.USED, ended_at=now)
                page.put_grant(grant)
            if after != before:
                page.put(after)
        if after.state not in LIVE:
            self.let_go(ticket_id)
        return after

    def _is_free(self, ticket: Ticket) -> bool:
        return ticket.id not in self._waiting


def _is_same(known: Asked, asked: Asked) -> bool:
    """Compare beside the digest what a reader of the ticket was told of it: a wait that keeps locks is another wait."""
    return (
        (known.principal, known.on_behalf_of, known.run) == (asked.principal, asked.on_behalf_of, asked.run)
        and (known.operation, known.resource, known.in_transaction)
        == (asked.operation, asked.resource, asked.in_transaction)
        and set(known.flows) == set(asked.flows)
    )


def _check_window(ticket: Ticket, seconds: float, terms: Terms, *, yes: bool) -> None:
    if not yes or seconds == 0:
        return
    offered = ticket.asked.shape and ticket.asked.operation != ACCESS
    if not (offered and 0 < seconds <= terms.window_seconds_max):
        raise not_allowed("window_not_offered")


def _check_reason(reason: str) -> None:
    if len(reason) > REASON_MAX:
        raise not_allowed("reason_too_long")


def _bounded(text: str) -> str:
    return text if len(text) <= REASON_MAX else text[: REASON_MAX - 1] + "…"


def _bytes_of(asked: Asked) -> int:
    values = sum(len(value) for _, _, value in asked.parameters if value is not None)
    return len(asked.statement) + values


def _new_id(page: Page) -> str:
    while True:
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
        found = f"{letters[:5]}-{letters[5:]}"
        if page.ticket(found) is None:
            return found
