"""Where questions to people are asked, answered and used up: the one door of this room."""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from yett.approvals.access import ACCESS, grant_made_by
from yett.approvals.refusals import not_allowed, too_large, too_many_open
from yett.approvals.reviewers import may_break_glass
from yett.approvals.settings import FlowSettings
from yett.approvals.showing import bounded, bounded_texts, printable
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
from yett.approvals.store import ApprovalStore, Changes, Page
from yett.approvals.terms import Terms
from yett.approvals.viewing import HoldsUnmask, Viewing, nobody_holds_unmask
from yett.approvals.watch import Watch
from yett.core.approvals import Asked, Ticket, TicketState, Vote
from yett.core.clock import Clock
from yett.core.principals import Principal

REASON_MAX = 500
ASKED_BYTES_MAX = 1 << 20
_ENDED_KEPT = 100
_SAME = ("principal", "on_behalf_of", "run", "resource", "operation", "statement", "parameters", "in_transaction")
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


class ApprovalDesk(Viewing):
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
        super().__init__(store, flows, clock, holds_unmask)
        self._asking = threading.Lock()
        self._waiting: set[str] = set()
        self.watch = Watch(store, clock)
        self.watch.on_changes(self._let_go_of_ended)

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
        with self._asking:
            with self._store.writing() as page:
                ticket = self._joined_or_new(page, bounded(asked), terms, joinable or self._is_free)
            self._waiting.add(ticket.id)
        return ticket

    def add(self, ticket_id: str, found: Mapping[str, str]) -> Ticket:
        """Add what the target told of a question after it was asked; a ticket that has ended stays as it is.

        Raises NotAllowed (`ticket_unknown`).
        """
        told = bounded_texts(found)

        def added(ticket: Ticket, now: float) -> Ticket:
            return replace(ticket, found=told) if is_live(ticket, now) else ticket

        return self._step(ticket_id, added)

    def let_go(self, ticket_id: str) -> None:
        """Say that no connection waits on a ticket any more: its repeat may join it. Quick."""
        # Without the lock: `ask` holds it while it writes, and nobody waits here for a disk.
        self._waiting.discard(ticket_id)

    def withdraw(self, ticket_id: str, reason: str) -> Ticket:
        """End a ticket for its asker, who cancelled or left; one that has ended stays as it is.

        Raises NotAllowed (`ticket_unknown`).
        """
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
        reason = _checked(reason)

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
        reason = _checked(reason)
        if not reason:
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

    def settle_unknown(self) -> tuple[Ticket, ...]:
        """Settle what was used and never settled as `outcome_unknown`, and return it: once, when the gate starts."""
        lost = [one.id for one in self._newest() if one.state is TicketState.USED and not one.outcome]
        for name in lost:
            self.settle(name, "outcome_unknown")
        return tuple(self.get(name) for name in lost)

    # Time

    def expire(self, now: float) -> tuple[Ticket, ...]:
        """End every ticket whose time is up, and return those. Until then nobody can answer or use them either."""
        if not self._store.has_due(now):
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
        delays = [one.escalate_after for one in self.flows.values() if one.escalate_after > 0]
        if not delays:
            return ()
        found = []
        for one in self._store.unescalated(now - min(delays)):
            at = escalates_at(self.flows, one)
            if at is None or now < at or now >= one.expires_at:
                continue
            with self._store.writing() as page:
                ticket = page.ticket(one.id)
                if ticket is not None and escalates_at(self.flows, ticket) is not None:
                    found.append(replace(ticket, escalated_at=now))
                    page.put(found[-1])
        return tuple(found)

    # Following

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

    def _joined_or_new(self, page: Page, asked: Asked, terms: Terms, joinable: Callable[[Ticket], bool]) -> Ticket:
        now = self._clock.now()
        for known in sorted(page.alike(asked.digest), key=lambda one: one.state is not TicketState.APPROVED):
            if is_live(known, now) and _is_same(known.asked, asked) and joinable(known):
                return known
        if page.open_count(asked.principal, now) >= terms.open_max:
            raise too_many_open(terms.open_max)
        ticket = Ticket(_new_id(page), TicketState.OPEN, asked, now, now + terms.wait_seconds)
        page.trim(asked.principal, _ENDED_KEPT, now)
        page.put(ticket)
        return ticket

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
                after = replace(after, state=TicketState.USED, ended_at=now, outcome="granted")
                page.put_grant(grant)
            if after != before:
                page.put(after)
        if after.state not in LIVE:
            self.let_go(ticket_id)
        return after

    def _let_go_of_ended(self, changes: Changes) -> None:
        for one in changes.tickets:
            if one.state not in LIVE:
                self._waiting.discard(one.id)

    def _is_free(self, ticket: Ticket) -> bool:
        return ticket.id not in self._waiting


def _is_same(known: Asked, asked: Asked) -> bool:
    """Compare beside the digest what it must stand for; and a wait that keeps locks is another wait."""
    return all(getattr(known, name) == getattr(asked, name) for name in _SAME) and set(known.flows) == set(asked.flows)


def _check_window(ticket: Ticket, seconds: float, terms: Terms, *, yes: bool) -> None:
    if not yes or seconds == 0:
        return
    offered = ticket.asked.shape and ticket.asked.operation != ACCESS
    if not (offered and 0 < seconds <= terms.window_seconds_max):
        raise not_allowed("window_not_offered")


def _checked(reason: str) -> str:
    """Return what a person wrote as one line that drives no terminal. Raises NotAllowed (`reason_too_long`)."""
    if len(reason) > REASON_MAX:
        raise not_allowed("reason_too_long")
    return printable(" ".join(reason.split()))


def _bounded(text: str) -> str:
    return printable(text if len(text) <= REASON_MAX else text[: REASON_MAX - 1] + "…")


def _bytes_of(asked: Asked) -> int:
    values = sum(len(value) for _, _, value in asked.parameters if value is not None)
    return len(asked.statement) + values


def _new_id(page: Page) -> str:
    while True:
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
        found = f"{letters[:5]}-{letters[5:]}"
        if page.ticket(found) is None:
            return found
