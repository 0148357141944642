"""What approvals must remember: tickets, with all that a yes stands for, and the grants that approvals made."""

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from yett.core.approvals import Ticket


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that somebody has for a while, because the ticket of the same id was approved.

    `principal` and `on_behalf_of` are keys, as in `Asked`: it is the role of that one while it acts for exactly those.
    `ended_at` is set where it was revoked before its time, by `ended_by`, for `reason`.
    """

    id: str
    role: str
    principal: str
    on_behalf_of: str
    flow: str
    since: float
    until: float
    ended_at: float = 0.0
    ended_by: str = ""
    reason: str = ""

    def holds(self, now: float) -> bool:
        """Say whether the role is had at that time."""
        return not self.ended_at and self.since <= now < self.until


@dataclass(frozen=True, slots=True)
class Changes:
    """What was written after some revision; `revision` is the newest one that is included.

    `damaged` names what is kept but cannot be read (its key is lost, or somebody changed it): it counts for nothing.
    """

    revision: int = 0
    tickets: tuple[Ticket, ...] = ()
    grants: tuple[Grant, ...] = ()
    damaged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tickets or self.grants or self.damaged)


class Page(Protocol):
    """One transaction: what is read in it stays so until it ends, and what is written counts when it ends."""

    def ticket(self, ticket_id: str) -> Ticket | None:
        """Return a ticket."""
        ...

    def alike(self, digest: bytes) -> tuple[Ticket, ...]:
        """Return the open and approved tickets of that digest, the oldest first."""
        ...

    def open_count(self, principal: str, now: float) -> int:
        """Return how many open tickets a principal has whose time is not up."""
        ...

    def due(self, now: float) -> tuple[Ticket, ...]:
        """Return the open and approved tickets whose time is up."""
        ...

    def trim(self, principal: str, keep: int, now: float) -> None:
        """Forget all but the newest `keep` of a principal's ended tickets; those with an open window stay."""
        ...

    def put(self, ticket: Ticket) -> None:
        """Keep a ticket, new or changed. What it asks never changes."""
        ...

    def grant(self, grant_id: str) -> Grant | None:
        """Return a grant."""
        ...

    def put_grant(self, grant: Grant) -> None:
        """Keep a grant, new or changed."""
        ...


class ApprovalStore(Protocol):
    """Where tickets and grants are kept. Every call may block; a page is durable when it has ended without an error."""

    def poll(self) -> bool:
        """Tell whether anyone may have written since the last call. Cheap enough for ten times a second."""
        ...

    def changes_since(self, revision: int | None) -> Changes:
        """Return what was written after `revision`; None returns what can still count, and not what has ended."""
        ...

    def writing(self) -> AbstractContextManager[Page]:
        """Begin a page that nobody else can write beside; undone whole when an error leaves it."""
        ...

    def ticket(self, ticket_id: str) -> Ticket | None:
        """Return a ticket as it is now."""
        ...

    def live(self) -> tuple[Ticket, ...]:
        """Return the tickets that are marked open or approved, the oldest first."""
        ...

    def has_due(self, now: float) -> bool:
        """Say whether the time of an open or approved ticket is up. Cheap enough for ten times a second."""
        ...

    def unescalated(self, created_before: float) -> tuple[Ticket, ...]:
        """Return the open tickets made before that time that were not escalated. Cheap where there are none."""
        ...

    def latest(self, limit: int, shape: bytes = b"", before: float = math.inf) -> tuple[Ticket, ...]:
        """Return the newest tickets before that time, in any state, newest first; of that shape if one is given."""
        ...

    def prune(self, ended_before: float) -> int:
        """Forget tickets and grants that ended before that time, and return how many."""
        ...
