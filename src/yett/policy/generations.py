"""A bounded memory of answers: what was not asked for lately is forgotten, in constant time."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """Two dictionaries: the young one fills, becomes the old one, and the former old one is dropped.

    Holds at most twice `weight_max` in weight; an entry heavier than an eighth of it is not kept at all.
    """

    __slots__ = ("_old", "_weight", "_weight_max", "_young")

    def __init__(self, weight_max: int) -> None:
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._weight = 0
        self._weight_max = weight_max

    def get(self, key: K) -> V | None:
        """Return the remembered value, or None."""
        found = self._young.get(key)
        return self._old.get(key) if found is None else found

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Remember a value, forgetting the older half when full."""
        if weight * 8 > self._weight_max:
            return
        if self._weight + weight > self._weight_max:
            self._old, self._young, self._weight = self._young, {}, 0
        self._weight += weight
        self._young[key] = value

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
