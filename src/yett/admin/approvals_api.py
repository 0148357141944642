"""The reviewer's side of holds over HTTP: list what waits, see it whole, say yes or no, wait for what comes."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from yett.admin.bodies import Approve, BreakGlass, CloseWindow, Deny
from yett.admin.calls import Call, Calls
from yett.admin.happenings import Happenings
from yett.admin.problems import ApiProblem
from yett.admin.server import ENDING
from yett.admin.ticket_shown import SEEN_CHARS_MIN, ValueText, plain_value, ticket_line, ticket_whole
from yett.approvals.desk import ApprovalDesk
from yett.approvals.refusals import NotAllowed, not_allowed
from yett.core.approvals import Ticket, TicketState
from yett.core.clock import Clock
from yett.core.principals import Principal

_log = structlog.get_logger("yett.admin")

_LISTED_MAX = 200
_WATCH_SECONDS_MAX = 30.0
_LOOK_SECONDS = 1.0
_LIVE = frozenset({TicketState.OPEN, TicketState.APPROVED})


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What stands behind the API of approvals. `evaluation` says why this gate is only good for evaluation, or ""."""

    desk: ApprovalDesk
    clock: Clock
    evaluation: str = ""
    value_text: ValueText = plain_value


class ApprovalsApi:
    """The endpoints below /api/approvals and /api/break-glass. Who may see and answer what is the desk's to say."""

    def __init__(self, reviewing: Reviewing, calls: Calls) -> None:
        self._desk = reviewing.desk
        self._clock = reviewing.clock
        self._evaluation = reviewing.evaluation
        self._value_text = reviewing.value_text
        self._calls = calls
        self._happenings = Happenings()
        self._desk.watch.on_event(lambda event: self._happenings.note([event.ticket.id]))

    def routes(self) -> list[Route]:
        """Return the routes."""
        made = self._calls.endpoint
        get, post = ["GET"], ["POST"]
        return [
            Route("/api/approvals", made("approvals.list", self.listed), methods=get),
            Route("/api/approvals/watch", made("approvals.watch", self.watched), methods=get),
            Route("/api/approvals/{id}", made("approvals.show", self.shown), methods=get),
            Route("/api/approvals/{id}/approve", made("approvals.approve", self.approved), methods=post),
            Route("/api/approvals/{id}/deny", made("approvals.deny", self.denied), methods=post),
            Route("/api/approvals/{id}/close-window", made("approvals.close_window", self.closed), methods=post),
            Route("/api/break-glass/{id}", made("approvals.break_glass", self.broke_glass), methods=post),
        ]

    async def listed(self, call: Call) -> dict[str, object]:
        """Return the tickets that the caller may see in one state (`open` unless told otherwise, or `all`)."""
        wanted = call.request.query_params.get("state", "open")
        if wanted != "all" and wanted not in list(TicketState):
            states = ", ".join(["all", *TicketState])
            raise ApiProblem("body_invalid", "state is none that a ticket has", hint=f"one of {states}")
        cursor = self._happenings.cursor
        lines = await asyncio.to_thread(self._lines, call.caller.principal, wanted)
        call.noted["tickets"] = min(len(lines), _LISTED_MAX)
        more = len(lines) > _LISTED_MAX
        return {"tickets": lines[:_LISTED_MAX], "more": more, "cursor": cursor, "evaluation": self._evaluation}

    async def shown(self, call: Call) -> dict[str, object]:
        """Return one ticket whole. That it was shown to this person is recorded."""
        return await self._whole(call, await self._visible(call))

    async def approved(self, call: Call) -> dict[str, object]:
        """Take a yes: from somebody who signed in just now, to what they have seen."""
        body = await call.body(Approve)
        ticket = await self._looked_at(call, body.seen)
        seconds = body.for_shape_seconds
        if seconds:
            call.noted["for_shape_seconds"] = seconds
        who = call.caller.principal
        return await self._decided(
            call, ticket, body.reason, lambda: self._desk.decide(ticket.id, who, True, body.reason, seconds)
        )

    async def denied(self, call: Call) -> dict[str, object]:
        """Take a no; it needs no fresh sign-in, because it opens nothing."""
        body = await call.body(Deny)
        ticket, reason = await self._visible(call), _given(body.reason)
        who = call.caller.principal
        return await self._decided(call, ticket, reason, lambda: self._desk.decide(ticket.id, who, False, reason))

    async def closed(self, call: Call) -> dict[str, object]:
        """End the time for which a ticket's shape may pass; it needs no fresh sign-in, because it opens nothing."""
        body = await call.body(CloseWindow)
        ticket, who = await self._visible(call), call.caller.principal
        return await self._decided(call, ticket, body.reason, lambda: self._desk.close_window(ticket.id, who))

    async def broke_glass(self, call: Call) -> dict[str, object]:
        """Let somebody with that right go on without a reviewer: seen, signed in just now, with a reason."""
        body = await call.body(BreakGlass)
        ticket, reason = await self._looked_at(call, body.seen), _given(body.reason)
        who = call.caller.principal
        done = await self._decided(call, ticket, reason, lambda: self._desk.break_glass(ticket.id, who, reason))
        _log.warning("break glass", ticket=ticket.id, principal=who.key, resource=ticket.asked.resource)
        return done

    async def watched(self, call: Call) -> dict[str, object]:
        """Return what happened since a cursor, as soon as something has, or nothing after `wait` seconds (30 at most).

        Without a cursor, or with one that is not known any more, it returns at once all that is open (`anew`).
        """
        cursor = call.request.query_params.get("since", "")
        if self._happenings.since(cursor) is None:
            return {**await self.listed(call), "anew": True}
        with self._happenings.watching(call.caller.principal.key):
            lines, reached = await self._next(call, cursor, asyncio.get_running_loop().time() + _wait_seconds(call))
        await self._calls.still(call)
        call.noted["tickets"] = len(lines)
        return {"tickets": lines, "cursor": reached, "anew": False, "evaluation": self._evaluation}

    async def _next(self, call: Call, cursor: str, until: float) -> tuple[list[dict[str, Any]], str]:
        while True:
            ids, reached = self._happenings.since(cursor) or frozenset(), self._happenings.cursor
            lines = await asyncio.to_thread(self._lines_of, call.caller.principal, ids) if ids else []
            left = until - asyncio.get_running_loop().time()
            if lines or left <= 0 or _is_ending(call):
                return lines, reached
            cursor = reached
            await self._happenings.changes(cursor, min(left, _LOOK_SECONDS))
            if await call.request.is_disconnected():
                raise ClientDisconnect

    def _lines(self, person: Principal, wanted: str) -> list[dict[str, Any]]:
        if wanted in _LIVE:
            found: Iterable[Ticket] = [one for one in self._desk.visible_to(person) if one.state == wanted][::-1]
        else:
            past = self._desk.past(person, _LISTED_MAX * 5)
            found = [one for one in past if wanted in {"all", one.state}]
        return [self._line(person, one) for one in found]

    def _lines_of(self, person: Principal, ids: Iterable[str]) -> list[dict[str, Any]]:
        lines = []
        for ticket_id in sorted(ids):
            ticket = self._find(person, ticket_id)
            if ticket is not None:
                lines.append(self._line(person, ticket))
        return lines

    def _line(self, person: Principal, ticket: Ticket) -> dict[str, Any]:
        return {**ticket_line(ticket, self._clock.now()), "why_not": self._desk.why_not(person, ticket)}

    def _find(self, person: Principal, ticket_id: str) -> Ticket | None:
        with suppress(NotAllowed):
            ticket = self._desk.get(ticket_id)
            return ticket if self._desk.may_see(person, ticket) else None
        return None

    async def _visible(self, call: Call) -> Ticket:
        wanted = call.path("id")
        call.noted["ticket"] = wanted[:64]
        found = await asyncio.to_thread(self._find, call.caller.principal, wanted)
        if found is None:
            # The same words for what is not there and for what is another's: nobody learns which ids exist.
            raise not_allowed("ticket_unknown")
        return found

    async def _looked_at(self, call: Call, seen: str) -> Ticket:
        """Return the ticket, where the caller signed in just now and says what they saw."""
        ticket = await self._visible(call)
        if not call.caller.fresh:
            raise ApiProblem("proof_stale", hint="sign in anew, then approve: yett login")
        if len(seen) < SEEN_CHARS_MIN:
            raise ApiProblem("seen_missing", hint=f"`seen` is at least {SEEN_CHARS_MIN} characters of `digest`")
        if not ticket.asked.digest.hex().startswith(seen.lower()):
            raise ApiProblem("seen_other", hint="show the ticket again")
        return ticket

    async def _decided(
        self, call: Call, ticket: Ticket, reason: str, decide: Callable[[], Ticket]
    ) -> dict[str, object]:
        call.noted |= {"digest": ticket.asked.digest.hex(), "reason": reason}
        if self._evaluation:
            call.noted["evaluation"] = True
        self._calls.asked(call)
        done = await asyncio.to_thread(decide)
        call.noted["state"] = done.state.value
        self._happenings.note([done.id])
        return await self._whole(call, done)

    async def _whole(self, call: Call, ticket: Ticket) -> dict[str, object]:
        person = call.caller.principal
        facts = await asyncio.to_thread(self._facts, person, ticket)
        return {**facts, "fresh": call.caller.fresh, "evaluation": self._evaluation}

    def _facts(self, person: Principal, ticket: Ticket) -> dict[str, object]:
        earlier = [one for one in self._desk.earlier(ticket, 20) if self._desk.may_see(person, one)]
        whole = ticket_whole(ticket, self._clock.now(), earlier, self._value_text)
        may = {
            "why_not": self._desk.why_not(person, ticket),
            "may_break_glass": self._desk.may_break_glass(person, ticket),
        }
        return {**whole, **may}


def _given(reason: str) -> str:
    if not reason.strip():
        raise not_allowed("reason_needed")
    return reason


def _is_ending(call: Call) -> bool:
    ending = call.request.scope.get(ENDING)
    return bool(ending and ending())


def _wait_seconds(call: Call) -> float:
    text = call.request.query_params.get("wait", "25")
    if not text.isdecimal() or len(text) > 4:
        raise ApiProblem("body_invalid", "wait is a whole number of seconds")
    return min(float(text), _WATCH_SECONDS_MAX)
