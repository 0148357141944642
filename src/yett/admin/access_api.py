"""Just-in-time access over HTTP: ask for a role for a while, see who has one, end it at once."""

import asyncio

from starlette.routing import Route

from yett.admin.bodies import AskAccess, Revoke
from yett.admin.calls import Call, Calls
from yett.admin.ticket_shown import iso, ticket_line
from yett.approvals.grants import Grants
from yett.approvals.refusals import not_allowed
from yett.approvals.store import Grant
from yett.core.clock import Clock


class AccessApi:
    """The endpoints /api/access and /api/grants."""

    def __init__(self, grants: Grants, clock: Clock, calls: Calls) -> None:
        self._grants = grants
        self._clock = clock
        self._calls = calls

    def routes(self) -> list[Route]:
        """Return the routes."""
        made = self._calls.endpoint
        return [
            Route("/api/access", made("access.roles", self.roles), methods=["GET"]),
            Route("/api/access", made("access.ask", self.asked), methods=["POST"]),
            Route("/api/grants", made("grants.list", self.listed), methods=["GET"]),
            Route("/api/grants/{id}/revoke", made("grants.revoke", self.revoked), methods=["POST"]),
        ]

    async def roles(self, call: Call) -> dict[str, object]:
        """Return the roles that the caller may ask for, and for how long at most."""
        found = self._grants.requestable(call.caller.principal)
        return {
            "roles": [
                {"role": name, "seconds_max": float(one.max), "flow": one.approval} for name, one in found.items()
            ]
        }

    async def asked(self, call: Call) -> dict[str, object]:
        """Ask for a role; the answer is the ticket. The same question that is open already is joined."""
        body = await call.body(AskAccess)
        call.noted |= {"role": body.role, "seconds": body.seconds, "reason": body.reason}
        self._calls.asked(call)
        who = call.caller.principal
        ticket = await asyncio.to_thread(self._grants.request, who, body.role, body.seconds, body.reason)
        call.noted["ticket"] = ticket.id
        return ticket_line(ticket, self._clock.now())

    async def listed(self, call: Call) -> dict[str, object]:
        """Return the grants in force that are the caller's, or that the caller may end."""
        now = self._clock.now()
        found = [one for one in self._grants.in_force(now) if self._grants.may_revoke(call.caller.principal, one)]
        call.noted["grants"] = len(found)
        return {"grants": [_facts(one, now) for one in found]}

    async def revoked(self, call: Call) -> dict[str, object]:
        """End a grant at once; who has it, and who could have approved it, may."""
        body = await call.body(Revoke)
        wanted = call.path("id")
        call.noted |= {"grant": wanted[:64], "reason": body.reason}
        who = call.caller.principal
        grant = next((one for one in self._grants.in_force(self._clock.now()) if one.id == wanted), None)
        if grant is None or not self._grants.may_revoke(who, grant):
            raise not_allowed("grant_unknown")
        self._calls.asked(call)
        ended = await asyncio.to_thread(self._grants.revoke, grant.id, who.key, body.reason)
        return _facts(ended, self._clock.now())


def _facts(grant: Grant, now: float) -> dict[str, object]:
    return {
        "id": grant.id,
        "role": grant.role,
        "principal": grant.principal,
        "on_behalf_of": [one for one in grant.on_behalf_of.split("\n") if one],
        "flow": grant.flow,
        "since": iso(grant.since),
        "until": iso(grant.until),
        "seconds_left": max(0, round(grant.until - now)) if grant.holds(now) else 0,
        "ended_at": iso(grant.ended_at) if grant.ended_at else None,
        "ended_by": grant.ended_by,
        "reason": grant.reason,
    }
