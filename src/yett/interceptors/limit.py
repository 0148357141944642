"""Keeps one session from asking faster than it may."""

from yett.core.clock import Clock
from yett.core.decisions import Decision, Deny
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect


class RateLimit:
    """A token bucket for each session: `per_second` operations on average, `burst` at once; zero means no limit."""

    def __init__(self, per_second: float, burst: float, clock: Clock) -> None:
        self._per_second = per_second
        self._burst = max(burst, 1.0)
        self._clock = clock

    def __call__(self, seat: Seat, question: Inspect) -> Decision | None:
        """Refuse what comes too fast."""
        del question
        if self._per_second <= 0:
            return None
        now = self._clock.monotonic()
        if seat.refilled_at == 0.0:
            seat.tokens = self._burst
        else:
            seat.tokens = min(self._burst, seat.tokens + (now - seat.refilled_at) * self._per_second)
        seat.refilled_at = now
        if seat.tokens >= 1.0:
            seat.tokens -= 1.0
            return None
        reason = f"this session asks faster than {self._per_second:g} operations a second"
        return Decision(Deny("rate_limited", reason, "Wait a moment, then go on more slowly."), decided_by="limit")
