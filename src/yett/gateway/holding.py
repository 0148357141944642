"""Pauses one operation while people are asked, and goes on with it once they have answered.

    asking ──→ waiting ──approved──→ using up ──→ released, judged again with the approvals
                  │                     └─ used by another, or not the same any more ─→ asking
                  └─ denied, expired, cancelled ─→ refused in its place

The question stays open in the relay meanwhile, so nothing behind it is looked at; notifications and notices flow. What
blocks for the store runs in a thread; whatever fails there refuses the operation.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from yett.approvals.desk import ApprovalDesk
from yett.approvals.store import Changes
from yett.core.approvals import Asked, Ticket, TicketState
from yett.core.decisions import Allow, Decision, Deny
from yett.core.errors import RecordingFailed, YettError
from yett.core.operations import Refusal
from yett.core.permits import Permit
from yett.gateway.asked import asked_of
from yett.gateway.patience import insist
from yett.gateway.paused import Paused
from yett.gateway.settling import Settling
from yett.interceptors.chain import Chain
from yett.protocols._wire.questions import Gather, Held, Inspect, Pin, Preview

_PLAN_SECONDS = 1.0
_COUNT_SECONDS = 5.0
_UNHEARD_SECONDS_MIN = 10.0
_LATE = Refusal("copy_late", "the data that people would be asked about did not come in time", "Send it in one go.")


class Holding:
    """What all pauses of a gate share: the desk that asks, and who waits for which ticket."""

    def __init__(self, desk: ApprovalDesk, chain: Chain, address: str) -> None:
        self.desk = desk
        self.chain = chain
        self.address = address
        self.settling = Settling(desk)
        self._waiting: dict[str, Pause] = {}
        desk.watch.on_changes(self._changed)

    def pause(self, session: Paused, question: Inspect, decision: Decision) -> "Pause":
        """Return the pause of an operation that policy holds, not yet begun."""
        return Pause(self, session, question, decision)

    def wait(self, ticket: str, pause: "Pause") -> None:
        """Note who waits for a ticket."""
        self._waiting[ticket] = pause

    def ended(self, session: Paused, sequence: int, outcome: str) -> None:
        """Note what became of an act that may have run by approval."""
        self.chain.ended(session.seat, sequence, outcome)
        if ticket := session.used.pop(sequence, ""):
            self.settling.settle(ticket, outcome)

    def leave(self, ticket: str) -> None:
        """Forget who waits for a ticket; its repeat may join it."""
        if self._waiting.pop(ticket, None) is not None:
            self.desk.let_go(ticket)

    def _changed(self, changes: Changes) -> None:
        for ticket in changes.tickets:
            pause = self._waiting.get(ticket.id)
            if pause is not None:
                pause.changed(ticket)


class Pause:
    """One operation that waits. `ticket` is set once it was asked."""

    def __init__(self, holding: Holding, session: Paused, question: Inspect, decision: Decision) -> None:
        self._holding = holding
        self._session = session
        self._question = question
        self._decision = decision
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._busy = False
        self._taken_back = ""
        self.ticket: Ticket | None = None

    def start(self) -> None:
        """Ask, once it is looked up what it means by now: what was known of that may be some seconds old."""
        self._pin(self._begin)

    def _begin(self) -> None:
        """Ask, unless exactly this shape may pass for a while, or nobody could be shown what it is."""
        held = self._session.relay.held()
        if held.refusal is not None:
            self._gathered(held.refusal)
            return
        asked = self._asked(held)
        window = self._holding.desk.standing(asked)
        if window is not None:
            self._note("hold_passed", {"ticket": window.id, "operation": self._question.sequence})
            self._release(asked.flows)
            return
        if held.unsent:
            self._gather(asked)
            return
        self._in_thread(partial(self._holding.desk.ask, asked), self._was_asked)

    def take_back(self, reason: str) -> None:
        """The client takes its statement back, or it can run no more: nobody is asked about it any longer."""
        self._taken_back = reason
        ticket = self._leave()
        if ticket is not None:
            self._withdraw(ticket)
        self._refuse("cancelled", "canceling statement due to user request", "")

    def abandon(self) -> None:
        """The session ends: its repeat may join the ticket."""
        self._leave()
        self._over = True

    def changed(self, ticket: Ticket) -> None:
        """Somebody has answered, or time has."""
        if not self._over and not self._busy:
            self._guarded(partial(self._heard, ticket))

    def _heard(self, ticket: Ticket) -> None:
        self.ticket = ticket
        match ticket.state:
            case TicketState.APPROVED:
                self._approved(ticket)
            case TicketState.DENIED:
                self._ended("approval_denied", ticket.reason or "a reviewer said no", "Ask the reviewer why.")
            case TicketState.EXPIRED:
                self._ended("approval_expired", "nobody answered in time", "Try again when a reviewer is there.")
            case TicketState.WITHDRAWN | TicketState.USED:
                self._ended("approval_withdrawn", ticket.reason or f"the ticket is {ticket.state.value}", "Try again.")
            case TicketState.OPEN:
                pass

    # Asking.

    def _pin(self, then: Callable[[], None]) -> None:
        """Have looked up what the operation means by now, and go on with `then` by what was found."""

        def found(question: Inspect | Refusal) -> None:
            self._loop.call_soon(self._guarded, partial(self._pinned, question, then))

        self._session.relay.pin(Pin(found))

    def _pinned(self, question: Inspect | Refusal, then: Callable[[], None]) -> None:
        if self._over:
            return
        if isinstance(question, Refusal):
            self._leave()
            self._refuse(question.code, question.reason, question.hint)
            return
        before, self._question = self._question, question
        if self.ticket is None and question.operation.accesses != before.operation.accesses:
            # It touches something else than was judged.
            self._release(frozenset())
            return
        then()
        self._session.flush()

    def _gather(self, asked: Asked) -> None:
        """Have the client send what belongs to its statement, for as long as it might then wait for an answer."""
        try:
            seconds = self._holding.desk.terms(asked).wait_seconds
        except YettError as fault:
            self._failed(fault)
            return
        self._timer = self._loop.call_later(seconds, self._guarded, partial(self._gathered, _LATE))
        self._session.relay.gather(Gather(self._gathered))

    def _gathered(self, refusal: Refusal | None) -> None:
        """Ask about it with its data, or refuse what nobody can be asked about."""
        if self._over:
            return
        self._stop_timer()
        if refusal is not None:
            self._refuse(refusal.code, refusal.reason, refusal.hint)
            return
        asked = self._asked(self._session.relay.held())
        self._in_thread(partial(self._holding.desk.ask, asked), self._was_asked)

    def _was_asked(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self._holding.wait(ticket.id, self)
        flows = ", ".join(ticket.asked.flows)
        digest = ticket.asked.digest.hex()
        self._note(
            "held", {"ticket": ticket.id, "operation": self._question.sequence, "flows": flows, "digest": digest}
        )
        if ticket.state is TicketState.APPROVED:
            self._approved(ticket)
            return
        if self._holding.desk.watch.state_of(ticket.id) not in (None, ticket.state):
            # Somebody has answered between the asking and the listening.
            self._in_thread(partial(self._holding.desk.get, ticket.id), self.changed)
        self._look_ahead(ticket)
        self._tell()

    def _look_ahead(self, ticket: Ticket) -> None:
        """Have the target asked what it would do, now that the ticket stands: whatever comes of that, it is asked."""
        counts = self._holding.desk.terms(ticket.asked).count_affected
        admit, found = partial(self._admitted, ticket.asked.flows), partial(self._foreseen, ticket.id)
        self._session.relay.preview(Preview(counts, _PLAN_SECONDS, _COUNT_SECONDS, admit, found))

    def _admitted(self, flows: tuple[str, ...], question: Inspect) -> Permit | None:
        """Judge and record a look ahead, as what those may have whom this is for: people with that approval."""
        asked = replace(question, approvals=frozenset(flows))
        return self._holding.chain.admit(self._session.seat, asked)[1]

    def _foreseen(self, ticket: str, told: Mapping[str, str]) -> None:
        self._note("foreseen", {"ticket": ticket, "operation": self._question.sequence, **told})
        self._loop.run_in_executor(None, _quietly, partial(self._holding.desk.add, ticket, told))

    def _tell(self) -> None:
        """Tell the client that it waits, for whom and where, and again after a while."""
        ticket = self.ticket
        if self._over or ticket is None:
            return
        flows = ", ".join(ticket.asked.flows)
        by = ", ".join(ticket.asked.policies)
        self._session.relay.tell(
            f"this statement waits for approval by {flows} (ticket {ticket.id})",
            detail=f"{ticket.asked.reason} (policy {by})",
            hint=f"A reviewer decides with: yett approvals show {ticket.id} ({self._holding.address})",
        )
        pace = self._holding.desk.terms(ticket.asked).remind_seconds
        # Who takes in neither of two reminders is not waiting any more.
        insist(self._session.fileno(), max(2 * pace, _UNHEARD_SECONDS_MIN))
        self._session.flush()
        self._timer = self._loop.call_later(pace, self._tell)

    # Going on.

    def _approved(self, ticket: Ticket) -> None:
        """Go on with it, once it is looked up what it means by now: a person's answer takes its time."""
        self._busy = True
        self._pin(partial(self._judge_again, ticket))
        self._session.flush()

    def _judge_again(self, ticket: Ticket) -> None:
        """Judge again, by the policy and identity of now, and use the approval up if it is for exactly this."""
        flows = ticket.asked.flows
        question = replace(self._question, approvals=frozenset(flows))
        decision = self._holding.chain.decide(self._session.seat, question)
        asked = self._asked(self._session.relay.held(), decision)
        if not isinstance(decision.verdict, Allow) or asked.digest != ticket.asked.digest:
            self._leave()
            self._note("hold_changed", {"ticket": ticket.id, "operation": self._question.sequence})
            self._release(frozenset())
            return
        self._in_thread(
            partial(self._holding.desk.consume, ticket.id, asked.digest), partial(self._was_used, ticket, flows)
        )

    def _was_used(self, ticket: Ticket, flows: tuple[str, ...], used: bool) -> None:  # noqa: FBT001 - what the desk says
        self._busy = False
        self._leave()
        if not used:
            self._release(frozenset())
            return
        said = ", ".join(vote.reviewer for vote in ticket.votes if vote.yes)
        loud = any(vote.break_glass for vote in ticket.votes)
        runs_as = self._session.relay.next_sequence
        facts: dict[str, str | int | bool] = {
            "ticket": ticket.id,
            "operation": self._question.sequence,
            "runs_as": runs_as,
            "by": said,
            "break_glass": loud,
        }
        try:
            self._note("approved", facts)
        except RecordingFailed:
            self._holding.settling.settle(ticket.id, "denied")
            raise
        self._session.used[runs_as] = ticket.id
        self._release(flows)

    def _release(self, flows: tuple[str, ...] | frozenset[str]) -> None:
        """Have the question judged anew, with these approvals: a hold without them is asked about again."""
        self._over = True
        self._session.relay.ask_again(frozenset(flows))
        self._session.go_on()

    def _ended(self, code: str, reason: str, hint: str) -> None:
        ticket = self._leave()
        self._note("hold_ended", {"ticket": ticket.id if ticket else "", "code": code})
        self._refuse(code, reason, hint)

    def _refuse(self, code: str, reason: str, hint: str) -> None:
        self._over = True
        policies = self._decision.policies
        self._session.refuse(Decision(Deny(code, reason, hint), policies, self._decision.policy_version, "approvals"))

    def _leave(self) -> Ticket | None:
        self._stop_timer()
        ticket = self.ticket
        if ticket is not None:
            insist(self._session.fileno(), 0)
            self._holding.leave(ticket.id)
        return ticket

    def _too_late(self, found: object) -> None:
        """What was being done when the pause ended is done now: it was asked, or the approval was used for nothing."""
        desk = self._holding.desk
        if isinstance(found, Ticket):
            desk.let_go(found.id)
            if self._taken_back:
                self._withdraw(found)
        elif found is True and self.ticket is not None:
            self._holding.settling.settle(self.ticket.id, "cancelled")

    def _withdraw(self, ticket: Ticket) -> None:
        self._loop.run_in_executor(None, _quietly, partial(self._holding.desk.withdraw, ticket.id, self._taken_back))

    # Threads, records.

    def _asked(self, held: Held, decision: Decision | None = None) -> Asked:
        version = str((decision or self._decision).policy_version)
        return asked_of(self._session.seat.session, self._question, self._decision, held, self._session.recent, version)

    def _in_thread(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self._loop.run_in_executor(None, work).add_done_callback(partial(self._done, then))

    def _done(self, then: Callable[[Any], None], future: "asyncio.Future[Any]") -> None:
        if future.cancelled():
            return
        fault = future.exception()
        if self._over:
            if fault is None:
                self._too_late(future.result())
            return
        if fault is None:
            self._guarded(partial(then, future.result()))
            return
        self._leave()
        self._failed(fault)

    def _failed(self, fault: BaseException) -> None:
        code = fault.code if isinstance(fault, YettError) else "approval_failed"
        reason = fault.message if isinstance(fault, YettError) else "the gate could not ask anybody"
        self._refuse(code, reason, fault.hint if isinstance(fault, YettError) else "Try again.")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do what nobody above would catch: what cannot be done, or not be recorded, ends this session and no other."""
        try:
            act()
        except Exception as fault:  # noqa: BLE001 - fail closed, as the driver does
            self._session.broken(fault)

    def _note(self, kind: str, data: Mapping[str, str | int | bool]) -> None:
        self._session.seat.recorder.event(kind, data)


def _quietly(work: Callable[[], Any]) -> None:
    try:
        work()
    except YettError:
        return
