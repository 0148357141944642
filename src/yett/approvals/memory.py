"""An approval store that forgets everything with the process: for tests, and for nothing else."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from yett.approvals.states import LIVE
from yett.approvals.store import Changes, Grant, Page
from yett.core.approvals import Ticket, TicketState


class MemoryApprovalStore:
    """The in-memory twin of the approval store, with the same contract."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._revision = 0
        self._seen = -1
        self._tickets: dict[str, tuple[int, Ticket]] = {}
        self._grants: dict[str, tuple[int, Grant]] = {}

    def poll(self) -> bool:
        """Tell whether anyone has written since the last call."""
        changed = self._revision != self._seen
        self._seen = self._revision
        return changed

    def changes_since(self, revision: int | None) -> Changes:
        """Return what was written after `revision`."""
        with self._lock:
            tickets = tuple(one for at, one in self._tickets.values() if at > (revision or 0))
            grants = tuple(one for at, one in self._grants.values() if at > (revision or 0))
            if revision is None:
                tickets = tuple(one for one in tickets if one.state in LIVE or one.window_until)
                grants = tuple(one for one in grants if not one.ended_at)
            return Changes(self._revision, tickets, grants)

    @contextmanager
    def writing(self) -> Iterator[Page]:
        """Begin a page that nobody else can write beside."""
        with self._lock:
            before = dict(self._tickets), dict(self._grants), self._revision
            self._revision += 1
            try:
                yield _MemoryPage(self._tickets, self._grants, self._revision)
            except BaseException:
                self._tickets, self._grants, self._revision = before
                raise

    def ticket(self, ticket_id: str) -> Ticket | None:
        """Return a ticket as it is now."""
        with self._lock:
            found = self._tickets.get(ticket_id)
            return found[1] if found else None

    def live(self) -> tuple[Ticket, ...]:
        """Return the tickets that are marked open or approved, the oldest first."""
        with self._lock:
            return _by_age(one for _, one in self._tickets.values() if one.state in LIVE)

    def has_due(self, now: float) -> bool:
        """Say whether the time of an open or approved ticket is up."""
        return any(now >= one.expires_at for one in self.live())

    def unescalated(self, created_before: float) -> tuple[Ticket, ...]:
        """Return the open tickets made before that time that were not escalated."""
        is_open = (one for one in self.live() if one.state is TicketState.OPEN)
        return tuple(one for one in is_open if not one.escalated_at and one.created_at <= created_before)

    def latest(self, limit: int, shape: bytes = b"", before: float = math.inf) -> tuple[Ticket, ...]:
        """Return the newest tickets before that time, in any state, newest first; of that shape if one is given."""
        with self._lock:
            every = (one for _, one in self._tickets.values() if one.created_at < before)
            return _by_age(one for one in every if not shape or one.asked.shape == shape)[::-1][:limit]

    def prune(self, ended_before: float) -> int:
        """Forget tickets and grants that ended before that time, and return how many."""
        with self._lock:
            ended = [
                name
                for name, (_, one) in self._tickets.items()
                if one.state not in LIVE and max(one.ended_at, one.window_until) < ended_before
            ]
            over = [name for name, (_, one) in self._grants.items() if (one.ended_at or one.until) < ended_before]
            for name in ended:
                del self._tickets[name]
            for name in over:
                del self._grants[name]
            return len(ended) + len(over)


class _MemoryPage:
    def __init__(
        self, tickets: dict[str, tuple[int, Ticket]], grants: dict[str, tuple[int, Grant]], revision: int
    ) -> None:
        self._tickets = tickets
        self._grants = grants
        self._revision = revision

    def ticket(self, ticket_id: str) -> Ticket | None:
        found = self._tickets.get(ticket_id)
        return found[1] if found else None

    def alike(self, digest: bytes) -> tuple[Ticket, ...]:
        return _by_age(
            one for _, one in self._tickets.values() if one.state in LIVE and digest and one.asked.digest == digest
        )

    def open_count(self, principal: str, now: float) -> int:
        return sum(
            1
            for _, one in self._tickets.values()
            if one.state is TicketState.OPEN and one.asked.principal == principal and now < one.expires_at
        )

    def due(self, now: float) -> tuple[Ticket, ...]:
        return _by_age(one for _, one in self._tickets.values() if one.state in LIVE and now >= one.expires_at)

    def trim(self, principal: str, keep: int, now: float) -> None:
        of = (one for _, one in self._tickets.values() if one.asked.principal == principal)
        over = _by_age(one for one in of if one.state not in LIVE and one.window_until <= now)
        for one in over[: max(len(over) - keep, 0)]:
            del self._tickets[one.id]

    def put(self, ticket: Ticket) -> None:
        self._tickets[ticket.id] = (self._revision, ticket)

    def grant(self, grant_id: str) -> Grant | None:
        found = self._grants.get(grant_id)
        return found[1] if found else None

    def put_grant(self, grant: Grant) -> None:
        self._grants[grant.id] = (self._revision, grant)


def _by_age(tickets: Iterator[Ticket]) -> tuple[Ticket, ...]:
    return tuple(sorted(tickets, key=lambda one: (one.created_at, one.id)))
