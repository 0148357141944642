"""Follows what anybody wrote about tickets and grants, and knows which shapes may pass now."""

import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from yett.approvals.events import Event, Mark, events, mark_of
from yett.approvals.states import LIVE
from yett.approvals.store import ApprovalStore, Changes
from yett.core.approvals import Asked, Ticket, TicketState
from yett.core.clock import Clock

FRESH_SECONDS = 10.0
"""How old may be what was read last; what is older may lack a revocation, so nothing stands on it."""

_MARKS_MAX = 10_000

Undo = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Window:
    """A shape that may pass, without anything of the statement it was seen in."""

    ticket: Ticket
    shape: bytes


class Watch:
    """The store's news, in order. `unread` may block and runs anywhere; `apply` and all else belong to one thread."""

    def __init__(self, store: ApprovalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._revision: int | None = None
        self._pending = True
        self._read_at: float | None = None
        self._marks: OrderedDict[str, Mark] = OrderedDict()
        self._live: set[str] = set()
        self._windows: dict[str, _Window] = {}
        self._event_listeners: list[Callable[[Event], None]] = []
        self._change_listeners: list[Callable[[Changes], None]] = []

    @property
    def is_current(self) -> bool:
        """Say whether the store was read lately enough to stand on."""
        return self._read_at is not None and self._clock.monotonic() - self._read_at <= FRESH_SECONDS

    @property
    def has_live(self) -> bool:
        """Say whether any ticket can still change, as far as was read: nothing else can end by time."""
        return bool(self._live)

    def state_of(self, ticket_id: str) -> TicketState | None:
        """Return where a ticket stood when it was read last, or None: for who begins to listen after that. Quick."""
        mark = self._marks.get(ticket_id)
        return mark.state if mark is not None else None

    def on_event(self, listener: Callable[[Event], None]) -> Undo:
        """Call `listener` for everything that happens to a ticket from now on, whoever did it; returns the undo."""
        self._event_listeners.append(listener)
        return lambda: self._event_listeners.remove(listener)

    def on_changes(self, listener: Callable[[Changes], None]) -> Undo:
        """Call `listener` with all that was written, the first reading included; returns the undo."""
        self._change_listeners.append(listener)
        return lambda: self._change_listeners.remove(listener)

    def unread(self) -> Changes:
        """Return what was written since it was last applied. Raises what the store raises."""
        # What a poll has told is kept until it was applied: a failure in between must not lose it.
        self._pending = self._store.poll() or self._pending
        if not self._pending:
            return Changes(self._revision or 0)
        return self._store.changes_since(self._revision)

    def apply(self, changes: Changes) -> None:
        """Take in what was read, and tell those who listen."""
        first, self._revision = self._revision is None, max(self._revision or 0, changes.revision)
        self._pending = False
        self._read_at = self._clock.monotonic()
        if not changes:
            return
        self._windows = dict(self._open_windows(changes))
        for ticket in changes.tickets:
            (self._live.add if ticket.state in LIVE else self._live.discard)(ticket.id)
        self._live.difference_update(changes.damaged)
        news = [event for ticket in changes.tickets for event in self._marked(ticket)]
        calls = [partial(tell, changes) for tell in self._change_listeners]
        # What stood before this process began is no news.
        calls += [partial(hear, event) for event in news if not first for hear in self._event_listeners]
        # Everybody is told, in order, also where one of them fails; the failure is raised then.
        with ExitStack() as everybody:
            for call in reversed(calls):
                everybody.callback(call)

    def changed(self) -> tuple[Ticket, ...]:
        """Return the tickets that anybody wrote since the last call."""
        changes = self.unread()
        self.apply(changes)
        return changes.tickets

    def window_for(self, asked: Asked) -> Ticket | None:
        """Return the ticket whose reviewers let exactly this shape pass now, for exactly this principal and place.

        The ticket comes without its statement. None where the store could not be read lately.
        """
        if not self.is_current or not asked.shape:
            return None
        now = self._clock.now()
        return next((one.ticket for one in self._windows.values() if _fits(one, asked, now)), None)

    def _open_windows(self, changes: Changes) -> Iterator[tuple[str, _Window]]:
        now = self._clock.now()
        written = {one.id for one in changes.tickets} | set(changes.damaged)
        yield from (
            (name, one) for name, one in self._windows.items() if name not in written and one.ticket.window_until > now
        )
        for ticket in changes.tickets:
            if ticket.window_until > now and ticket.asked.shape:
                asked = replace(ticket.asked, statement=b"", parameters=(), shown={})
                yield ticket.id, _Window(replace(ticket, asked=asked, found={}), ticket.asked.shape)

    def _marked(self, ticket: Ticket) -> list[Event]:
        found = list(events(self._marks.pop(ticket.id, None), ticket))
        self._marks[ticket.id] = mark_of(ticket)
        while len(self._marks) > _MARKS_MAX:
            self._marks.popitem(last=False)
        return found


def _fits(window: _Window, asked: Asked, now: float) -> bool:
    ticket = window.ticket
    return (
        now < ticket.window_until
        and hmac.compare_digest(window.shape, asked.shape)
        and _place(ticket.asked) == _place(asked)
        and set(asked.flows) == set(ticket.asked.flows)
    )


def _place(asked: Asked) -> tuple[str, ...]:
    """Return what a shape is a shape of, beside its digest: another policy or another run is another question."""
    return (
        asked.principal,
        asked.on_behalf_of,
        asked.run,
        asked.resource,
        asked.env,
        asked.operation,
        asked.policy_version,
    )
