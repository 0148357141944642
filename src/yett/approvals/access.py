"""A role asked for as any other question is: what is asked, and the grant that an approval of it makes."""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from yett.approvals.reviewers import acted_for
from yett.approvals.store import Grant
from yett.core.approvals import Asked, Ticket
from yett.core.durations import duration_text
from yett.core.principals import Principal

ACCESS = "access"
"""The `operation` of a question about a role."""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked for, as the ticket's statement holds it."""

    role: str
    seconds: Annotated[float, Meta(gt=0)]
    reason: str
    flow: str


_DECODE = msgspec.json.Decoder(Wanted).decode


def asked_for_role(principal: Principal, wanted: Wanted) -> Asked:
    """Return the question whether a principal may have a role for a while."""
    statement = msgspec.json.encode(wanted)
    behalf = acted_for(principal)
    parts = (ACCESS, principal.key, behalf, principal.run or "", statement.decode())
    digest = hashlib.sha256(msgspec.json.encode(parts)).digest()
    return Asked(
        principal=principal.key,
        kind=str(principal.kind),
        on_behalf_of=behalf,
        groups=tuple(sorted(principal.groups)),
        run=principal.run or "",
        resource="",
        env="",
        session="",
        sequence=0,
        address="",
        program="",
        flows=(wanted.flow,),
        reason=wanted.reason,
        policies=(),
        policy_version="",
        operation=ACCESS,
        statement=statement,
        parameters=(),
        digest=digest,
        shape=digest,
        shown={"role": wanted.role, "for": duration_text(wanted.seconds), "reason": wanted.reason},
    )


def grant_made_by(ticket: Ticket, now: float) -> Grant | None:
    """Return the grant that the approval of a ticket makes at that time, or None where it asks for no role."""
    if ticket.asked.operation != ACCESS:
        return None
    wanted = _DECODE(ticket.asked.statement)
    return Grant(
        id=ticket.id,
        role=wanted.role,
        principal=ticket.asked.principal,
        on_behalf_of=ticket.asked.on_behalf_of,
        flow=wanted.flow,
        since=now,
        until=now + wanted.seconds,
    )
