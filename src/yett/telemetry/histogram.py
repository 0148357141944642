"""Counts durations into buckets, cheaply enough for every statement."""

from typing import Final

BOUNDS_SECONDS: Final[tuple[float, ...]] = (
    5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3,
    1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip  # a scale


class Histogram:
    """Durations in seconds, by upper bound; plain numbers, touched by the event loop's thread alone."""

    __slots__ = ("counts", "sum_seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_SECONDS) + 1)
        self.sum_seconds = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        at = 0
        # Most are short: a walk from the lowest bound is over sooner than a call that halves.
        for bound in BOUNDS_SECONDS:
            if seconds <= bound:
                break
            at += 1
        self.counts[at] += 1
        self.sum_seconds += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        """Return (bound, how many were at most that), as Prometheus writes it, `+Inf` last."""
        total = 0
        lines = []
        for bound, count in zip((*map(repr, BOUNDS_SECONDS), "+Inf"), self.counts, strict=True):
            total += count
            lines.append((bound, float(total)))
        return lines
