"""Where time comes from, so that tests can move it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for evidence and expiry, monotonic time for durations."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    # The functions themselves: they are asked several times for every operation.
    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)


class ManualClock:
    """A clock that moves only when a test says so."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._elapsed = 0.0

    def now(self) -> float:
        """Return the set time."""
        return self._now

    def monotonic(self) -> float:
        """Return how far the clock was moved forward."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        self._now += seconds
        self._elapsed += seconds
