"""Keeps a principal from asking too fast, over all its sessions: operations, and values it looks rows up by."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from yett.core.clock import Clock
from yett.core.decisions import Allow, Decision, Deny
from yett.core.operations import Operation
from yett.core.targets import Access, Effect, Resource
from yett.interceptors.buckets import Buckets
from yett.interceptors.chain import Interceptor
from yett.interceptors.seat import Seat
from yett.policy.verdicts import shown
from yett.protocols._wire.questions import Inspect

_REMEMBERED: Final = 10_000  # a bound on memory, not a setting


class RateLimit:
    """Operations of one principal: `per_second` on average, `burst` at once; zero means no limit."""

    def __init__(self, per_second: float, burst: float, clock: Clock) -> None:
        self._per_second = per_second
        self._buckets: Buckets[str] = Buckets(per_second, burst, clock)

    def __call__(self, seat: Seat, question: Inspect) -> Decision | None:
        """Refuse what comes too fast."""
        del question
        if self._per_second <= 0:
            return None
        if self._buckets.take({seat.session.principal.key: 1}) is None:
            return None
        reason = f"you ask faster than {self._per_second:g} operations a second, over all your sessions"
        return Decision(Deny("rate_limited", reason, "Wait a moment, then go on more slowly."), decided_by="limit")


class MatchLimit:
    """Wraps what authorizes: lets one principal look rows up by each labelled column so often a minute, and counts it.

    Whoever may compare a column with values of their own can find out by trying who is in there: slowly, and seen.
    Each access with `match` that an operation has counts as one value, and where several statements came in one text,
    as one for each of them; a statement that is only prepared counts none.
    `counted` is told of every value that was let through. Zero means no limit.
    """

    def __init__(
        self, authorize: Interceptor, per_minute: float, clock: Clock, counted: Callable[[Resource, int], None]
    ) -> None:
        self._authorize = authorize
        self._per_minute = per_minute
        self._counted = counted
        self._buckets: Buckets[tuple[str, str]] = Buckets(per_minute / 60, per_minute, clock)
        self._matches: dict[int, tuple[tuple[Access, ...], Mapping[str, int]]] = {}

    def __call__(self, seat: Seat, question: Inspect) -> Decision | None:
        """Return what policy says, but for look-ups that come too fast."""
        decision = self._authorize(seat, question)
        matches = self._matched(question.operation)
        if not matches or question.unrestricted or question.kind == "prepare":
            return decision
        if decision is None or not isinstance(decision.verdict, Allow):
            return decision
        who = seat.session.principal.key
        if self._per_minute > 0:
            short = self._buckets.take({(who, column): n for column, n in matches.items()})
            if short is not None:
                return self._refused(short[1], question.operation.accesses)
        self._counted(seat.session.resource, sum(matches.values()))
        return decision

    def _matched(self, operation: Operation) -> Mapping[str, int]:
        accesses = operation.accesses
        known = self._matches.get(id(accesses))
        if known is not None and known[0] is accesses:
            return known[1]
        counts = Counter(access.target.id for access in accesses if access.effect is Effect.MATCH)
        statements = operation.facts.get("statements", 1)
        found = {
            column: max(count, statements) if isinstance(statements, int) else count for column, count in counts.items()
        }
        if len(self._matches) > _REMEMBERED:
            self._matches.clear()
        self._matches[id(accesses)] = (accesses, found)
        return found

    def _refused(self, column: str, accesses: tuple[Access, ...]) -> Decision:
        access = next(one for one in accesses if one.effect is Effect.MATCH and one.target.id == column)
        often = f"more than {self._per_minute:g} times a minute, over all your sessions"
        reason = f"you look rows up by {shown(column)} {often}"
        hint = "Wait a minute, or use the rows' keys; many values at once are not looked up through the gate."
        return Decision(Deny("match_limited", reason, hint), decided_by="limit", access=access)
