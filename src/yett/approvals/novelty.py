"""Which shapes of operations somebody has used before, so that a policy can hold what is new."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from yett.core.clock import Clock

SHAPES_PER_OWNER_MAX = 5_000
SHAPES_MAX = 200_000
_RECENT_MAX = 20_000

Mark = Callable[[str, bytes], bytes]
"""Makes a keyed mark of a value for a purpose: nothing of a statement can be guessed from it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How often a shape was allowed to somebody, and when first and last. `owner` and `shape` are keyed marks."""

    owner: bytes
    shape: bytes
    count: int
    first_at: float
    last_at: float


class ShapeStore(Protocol):
    """Where shapes are kept. Every call may block."""

    def mark(self, purpose: str, value: bytes) -> bytes:
        """Return what a value is kept as. Does not block."""
        ...

    def load(self, limit: int) -> tuple[Seen, ...]:
        """Return what is kept, at most `limit`, those seen last; the one seen last comes last."""
        ...

    def add(self, seen: Iterable[Seen]) -> None:
        """Add counts to what is kept, and move `last_at` on."""
        ...

    def prune(self, keep: int, last_before: float) -> int:
        """Forget all but the `keep` seen last, and those not seen since that time; return how many."""
        ...


class Novelty:
    """Learns the shapes of what is allowed, by principal and resource. Everything but `load` and `flush` is quick.

    Bounded: the shapes that were not seen for the longest are forgotten, by owner first, and are then new again. What
    was learnt since the last `flush` is lost in a crash, and is new again too: never the other way round.
    """

    def __init__(self, store: ShapeStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._owners: OrderedDict[bytes, OrderedDict[bytes, None]] = OrderedDict()
        self._size = 0
        self._fresh: dict[tuple[bytes, bytes], Seen] = {}
        self._recent: dict[tuple[str, str, bytes], tuple[bytes, bytes]] = {}

    def load(self) -> None:
        """Read what was learnt before. Blocks."""
        found = self._store.load(SHAPES_MAX)
        with self._lock:
            for one in found:
                self._remember(one.owner, one.shape)

    def novel(self, principal: str, resource: str, shape: bytes) -> bool:
        """Say whether a shape was never allowed to that principal there. A shape that is not known at all is new."""
        if not shape:
            return True
        owner, mark = self._marks(principal, resource, shape)
        known = self._owners.get(owner)
        return known is None or mark not in known

    def learn(self, principal: str, resource: str, shape: bytes) -> None:
        """Note that a shape was allowed."""
        if not shape:
            return
        owner, mark = self._marks(principal, resource, shape)
        now = self._clock.now()
        with self._lock:
            self._remember(owner, mark)
            before = self._fresh.get((owner, mark))
            if before is None and len(self._fresh) >= SHAPES_MAX:
                return
            count, first = (before.count + 1, before.first_at) if before else (1, now)
            self._fresh[owner, mark] = Seen(owner, mark, count, first, now)

    def flush(self) -> int:
        """Keep what was learnt since the last time, and return how many shapes that were. Blocks."""
        with self._lock:
            fresh, self._fresh = self._fresh, {}
        if not fresh:
            return 0
        try:
            self._store.add(fresh.values())
        except BaseException:
            with self._lock:
                # What came meanwhile is newer; the counts of what could not be kept are lost, the shapes are not.
                self._fresh = {**fresh, **self._fresh}
            raise
        return len(fresh)

    def prune(self, last_before: float) -> int:
        """Forget in the store what nobody used since that time, and what is too much. Blocks."""
        return self._store.prune(SHAPES_MAX, last_before)

    def _marks(self, principal: str, resource: str, shape: bytes) -> tuple[bytes, bytes]:
        asked = (principal, resource, shape)
        found = self._recent.get(asked)
        if found is None:
            # A length before the first part: no two pairs give the same bytes.
            owner = f"{len(principal)}:{principal}{resource}".encode()
            found = self._store.mark("owner", owner), self._store.mark("seen", shape)
            if len(self._recent) >= _RECENT_MAX:
                self._recent.clear()
            self._recent[asked] = found
        return found

    def _remember(self, owner: bytes, shape: bytes) -> None:
        known = self._owners.setdefault(owner, OrderedDict())
        self._owners.move_to_end(owner)
        if shape in known:
            known.move_to_end(shape)
            return
        known[shape] = None
        self._size += 1
        if len(known) > SHAPES_PER_OWNER_MAX:
            known.popitem(last=False)
            self._size -= 1
        while self._size > SHAPES_MAX:
            self._forget_one()

    def _forget_one(self) -> None:
        """Forget the oldest shape of whoever was not seen for the longest."""
        owner, known = next(iter(self._owners.items()))
        known.popitem(last=False)
        self._size -= 1
        if not known:
            del self._owners[owner]


class MemoryShapeStore:
    """A shape store that forgets everything with the process: for tests, and for nothing else."""

    def __init__(self) -> None:
        self.kept: dict[tuple[bytes, bytes], Seen] = {}

    def mark(self, purpose: str, value: bytes) -> bytes:
        """Return the value itself: nothing is kept here."""
        return purpose.encode() + b":" + value

    def load(self, limit: int) -> tuple[Seen, ...]:
        """Return what is kept, at most `limit`; the one seen last comes last."""
        return tuple(sorted(self.kept.values(), key=lambda one: one.last_at)[-limit:])

    def add(self, seen: Iterable[Seen]) -> None:
        """Add counts to what is kept, and move `last_at` on."""
        for one in seen:
            key = one.owner, one.shape
            before = self.kept.get(key)
            count, first = (before.count + one.count, before.first_at) if before else (one.count, one.first_at)
            self.kept[key] = Seen(one.owner, one.shape, count, first, one.last_at)

    def prune(self, keep: int, last_before: float) -> int:
        """Forget all but the `keep` seen last, and those not seen since that time; return how many."""
        left = [one for one in self.load(keep) if one.last_at >= last_before]
        gone = len(self.kept) - len(left)
        self.kept = {(one.owner, one.shape): one for one in left}
        return gone
