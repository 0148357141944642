"""The choices that a generated statement is made of: drawn at random, remembered, played again to make it small."""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")
_TRIES = 400


class Choices:
    """A source of choices. Played again it gives what was given, and the simplest (0) when that is used up."""

    def __init__(self, random: Random | None = None, given: Sequence[int] = ()) -> None:
        self._random = random
        self._given = given
        self.made: list[int] = []

    def below(self, bound: int) -> int:
        """Return a number below `bound`; 0 is the simplest."""
        if self._random is not None:
            chosen = self._random.randrange(bound)
        else:
            place = len(self.made)
            chosen = min(self._given[place], bound - 1) if place < len(self._given) else 0
        self.made.append(chosen)
        return chosen

    def chance(self, percent: int) -> bool:
        """Say yes in so many of a hundred cases; the simplest answer is no."""
        return self.below(100) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the simplest."""
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """Return one of the options, each as likely as its weight says; the first is the simplest."""
        left = self.below(sum(weight for weight, _ in options))
        for weight, option in options:
            left -= weight
            if left < 0:
                return option
        raise AssertionError("weights add up")


def smallest(made: Sequence[int], still_wrong: Callable[[Sequence[int]], bool], tries: int = _TRIES) -> list[int]:
    """Return fewer and simpler choices for which `still_wrong` holds as it does for `made`.

    Pieces are left out, the largest first, then single choices become simpler, until nothing more can be taken away or
    so many were tried.
    """
    best, left = list(made), tries
    size = max(1, len(best) // 2)
    while size and left > 0:
        place, shorter = 0, False
        while place < len(best) and left > 0:
            candidate = best[:place] + best[place + size :]
            left -= 1
            if still_wrong(candidate):
                best, shorter = candidate, True
            else:
                place += size
        if not shorter or size > 1:
            size //= 2
    for place, value in enumerate(best):
        if value and left > 0:
            left -= 1
            candidate = [*best[:place], 0, *best[place + 1 :]]
            if still_wrong(candidate):
                best = candidate
    return best
