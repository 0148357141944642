"""Measures the peers in short turns, so that whatever drifts on the machine hits all of them alike."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median


class NotMeasured(Exception):
    """A figure could not be had: the benchmark fails instead of guessing."""


@dataclass(frozen=True, slots=True)
class Series:
    """One figure, once for each round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the round in the middle."""
        return median(self.values)

    @property
    def low(self) -> float:
        """Return the lowest round."""
        return min(self.values)

    @property
    def high(self) -> float:
        """Return the highest round."""
        return max(self.values)

    def minus(self, other: "Series") -> "Series":
        """Return the difference of each round."""
        return Series(tuple(a - b for a, b in zip(self.values, other.values, strict=True)))

    def over(self, other: "Series") -> "Series":
        """Return the ratio of each round in which `other` is above zero; raises NotMeasured when few rounds are.

        What a proxy adds is a small difference of two noisy figures: on a busy machine a round can show less than none.
        """
        pairs = zip(self.values, other.values, strict=True)
        ratios = tuple(a / b for a, b in pairs if b > 0)
        if len(ratios) * 2 <= len(self.values):
            msg = "in most rounds the peer's figure was not above zero: the machine is too busy to compare on"
            raise NotMeasured(msg)
        return Series(ratios)


def series(values: Iterable[float]) -> Series:
    """Return measured values as a series; raises NotMeasured when one is missing."""
    found = tuple(float(value) for value in values)
    if not found or not all(math.isfinite(value) for value in found):
        raise NotMeasured("a round brought no figure")
    return Series(found)


def in_turns(peers: Sequence[str], rounds: int, measure: Callable[[str], float]) -> dict[str, Series]:
    """Measure every peer once in each round: there in one direction, back in the other."""
    found: dict[str, list[float]] = {peer: [] for peer in peers}
    for turn in range(rounds):
        for peer in peers if turn % 2 == 0 else reversed(peers):
            found[peer].append(measure(peer))
    return {peer: series(values) for peer, values in found.items()}
