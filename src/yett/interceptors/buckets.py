"""Counts how fast things are asked: a bucket for each asker, refilled with time, empty when it was too fast."""

from collections.abc import Hashable, Mapping
from typing import Final, Generic, TypeVar

from yett.core.clock import Clock

_BUCKETS_MAX: Final = 10_000

K = TypeVar("K", bound=Hashable)


class Buckets(Generic[K]):
    """Token buckets by key: `per_second` on average, `burst` at once. A bucket that is full again is forgotten."""

    def __init__(self, per_second: float, burst: float, clock: Clock) -> None:
        self._per_second = per_second
        self._burst = max(burst, 1.0)
        self._clock = clock
        self._levels: dict[K, tuple[float, float]] = {}
        self._swept_at = _BUCKETS_MAX

    def take(self, wanted: Mapping[K, int]) -> K | None:
        """Take this much from each bucket and return None; or take nothing, and return a bucket that has too little."""
        now = self._clock.monotonic()
        left = {}
        for key, amount in wanted.items():
            left[key] = self._level(key, now) - amount
            if left[key] < 0:
                return key
        for key, level in left.items():
            self._levels[key] = (level, now)
        if len(self._levels) > self._swept_at:
            self._sweep(now)
        return None

    def _level(self, key: K, now: float) -> float:
        level, since = self._levels.get(key, (self._burst, now))
        return min(self._burst, level + (now - since) * self._per_second)

    def _sweep(self, now: float) -> None:
        """Forget full buckets; the next sweep waits until there are twice as many, so that each costs little."""
        full = [key for key in self._levels if self._level(key, now) >= self._burst]
        for key in full:
            del self._levels[key]
        self._swept_at = max(_BUCKETS_MAX, 2 * len(self._levels))
