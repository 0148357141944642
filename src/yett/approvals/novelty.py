"""Which shapes of operations somebody has used before, so that a policy can hold what is new."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from yett.core.clock import Clock

SHAPES_PER_OWNER_MAX = 5_000
SHAPES_MAX = 200_000
FRESH_SECONDS = 10.0
"""How old may be what was read last; what is older may lack that something was forgotten, so everything is new."""
_RECENT_MAX = 20_000

Mark = Callable[[str, bytes], bytes]
"""Makes a keyed mark of a value for a purpose: nothing of a statement can be guessed from it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How often a shape was allowed to somebody, and when first and last. `owner` and `shape` are keyed marks.

    A count of 0 says that it was forgotten on purpose.
    """

    owner: bytes
    shape: bytes
    count: int
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is known of one principal at one resource, in numbers. `owner` is a keyed mark."""

    owner: bytes
    shapes: int
    count: int
    first_at: float
    last_at: float


class ShapeStore(Protocol):
    """Where shapes are kept. Every call may block."""

    def mark(self, purpose: str, value: bytes) -> bytes:
        """Return what a value is kept as. Does not block."""
        ...

    def read(self, since: int | None, limit: int) -> tuple[int, tuple[Seen, ...]]:
        """Return the store's revision, and what was written after that of `since`, or all of it.

        At most `limit`, those seen last; the one seen last comes last.
        """
        ...

    def add(self, seen: Iterable[Seen]) -> None:
        """Add counts to what is kept, and stretch its times to cover these."""
        ...

    def forget(self, owner: bytes) -> int:
        """Set all counts of an owner to 0, and return how many shapes that were."""
        ...

    def baselines(self) -> tuple[Baseline, ...]:
        """Return what is known of each owner, but for what was forgotten."""
        ...

    def prune(self, keep: int, last_before: float) -> int:
        """Forget all but the `keep` seen last, and those not seen since that time; return how many."""
        ...


class Novelty:
    """Learns the shapes of what is allowed, by principal and resource. Only `refresh`, `flush` and `prune` block.

    Bounded: the shapes that were not seen for the longest are forgotten, by owner first, and are then new again. What
    was learnt since the last `flush` is lost in a crash, and is new again too: never the other way round. While the
    store cannot be read everything is new.
    """

    def __init__(self, store: ShapeStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._owners: OrderedDict[bytes, OrderedDict[bytes, None]] = OrderedDict()
        self._size = 0
        self._fresh: dict[tuple[bytes, bytes], Seen] = {}
        self._recent: dict[tuple[str, str, bytes], tuple[bytes, bytes]] = {}
        self._revision: int | None = None
        self._read_at = -FRESH_SECONDS

    def refresh(self) -> None:
        """Take in what anybody, in any process, learnt or forgot since the last time; all of it at first. Blocks."""
        began = self._clock.monotonic()
        revision, found = self._store.read(self._revision, SHAPES_MAX)
        with self._lock:
            for one in found:
                if one.count:
                    self._remember(one.owner, one.shape)
                else:
                    self._drop(one.owner, one.shape)
        self._revision, self._read_at = revision, began

    def novel(self, principal: str, resource: str, shape: bytes) -> bool:
        """Say whether a shape was never allowed to that principal there. A shape that is not known at all is new."""
        if not shape or self._clock.monotonic() - self._read_at >= FRESH_SECONDS:
            return True
        owner, mark = self._marks(principal, resource, shape)
        known = self._owners.get(owner)
        return known is None or mark not in known

    def learn(self, principal: str, resource: str, shape: bytes, at: float | None = None) -> None:
        """Note that a shape was allowed: now, or `at` the time of its recording."""
        if not shape:
            return
        owner, mark = self._marks(principal, resource, shape)
        now = self._clock.now() if at is None else at
        with self._lock:
            self._remember(owner, mark)
            before = self._fresh.get((owner, mark))
            if before is None and len(self._fresh) >= SHAPES_MAX:
                return
            one = Seen(owner, mark, 1, now, now)
            self._fresh[owner, mark] = one if before is None else added(before, one)

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

    def forget(self, principal: str, resource: str) -> int:
        """Forget in the store what a principal did there, and return how many shapes that were. Blocks."""
        return self._store.forget(self.owner(principal, resource))

    def baselines(self) -> tuple[Baseline, ...]:
        """Return what is kept of each owner, in numbers. Blocks."""
        return self._store.baselines()

    def owner(self, principal: str, resource: str) -> bytes:
        """Return what a principal at a resource is kept as."""
        # A length before the first part: no two pairs give the same bytes.
        return self._store.mark("owner", f"{len(principal)}:{principal}{resource}".encode("utf-8", "surrogatepass"))

    def prune(self, last_before: float) -> int:
        """Forget in the store what nobody used since that time, and what is too much. Blocks."""
        return self._store.prune(SHAPES_MAX, last_before)

    def _marks(self, principal: str, resource: str, shape: bytes) -> tuple[bytes, bytes]:
        asked = (principal, resource, shape)
        found = self._recent.get(asked)
        if found is None:
            found = self.owner(principal, resource), self._store.mark("seen", shape)
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

    def _drop(self, owner: bytes, shape: bytes) -> None:
        """Forget a shape that somebody has forgotten on purpose, learnt since the last flush or not."""
        self._fresh.pop((owner, shape), None)
        known = self._owners.get(owner)
        if known is None or shape not in known:
            return
        del known[shape]
        self._size -= 1
        if not known:
            del self._owners[owner]

    def _forget_one(self) -> None:
        """Forget the oldest shape of whoever was not seen for the longest."""
        owner, known = next(iter(self._owners.items()))
        known.popitem(last=False)
        self._size -= 1
        if not known:
            del self._owners[owner]


def added(kept: Seen, more: Seen) -> Seen:
    """Return what is known of a shape with more of it; what was forgotten begins anew."""
    if not kept.count:
        return more
    first, last = min(kept.first_at, more.first_at), max(kept.last_at, more.last_at)
    return Seen(kept.owner, kept.shape, kept.count + more.count, first, last)


class MemoryShapeStore:
    """A shape store that forgets everything with the process: for tests, and for nothing else."""

    def __init__(self) -> None:
        self.kept: dict[tuple[bytes, bytes], Seen] = {}
        self._written: dict[tuple[bytes, bytes], int] = {}
        self._revision = 0

    def mark(self, purpose: str, value: bytes) -> bytes:
        """Return the value itself: nothing is kept here."""
        return purpose.encode() + b":" + value

    def read(self, since: int | None, limit: int) -> tuple[int, tuple[Seen, ...]]:
        """Return the revision, and what was written after `since`, the one seen last at the end."""
        news = [one for key, one in self.kept.items() if since is None or self._written[key] > since]
        return self._revision, tuple(sorted(news, key=lambda one: one.last_at)[-limit:])

    def add(self, seen: Iterable[Seen]) -> None:
        """Add counts to what is kept, and stretch its times to cover these."""
        for one in seen:
            before = self.kept.get((one.owner, one.shape))
            self._write(one if before is None else added(before, one))

    def forget(self, owner: bytes) -> int:
        """Set all counts of an owner to 0, and return how many shapes that were."""
        known = [one for one in self.kept.values() if one.owner == owner and one.count]
        for one in known:
            self._write(replace(one, count=0))
        return len(known)

    def baselines(self) -> tuple[Baseline, ...]:
        """Return what is known of each owner, but for what was forgotten."""
        by_owner: dict[bytes, list[Seen]] = {}
        for one in self.kept.values():
            if one.count:
                by_owner.setdefault(one.owner, []).append(one)
        return tuple(
            Baseline(
                owner,
                len(seen),
                sum(one.count for one in seen),
                min(one.first_at for one in seen),
                max(one.last_at for one in seen),
            )
            for owner, seen in by_owner.items()
        )

    def prune(self, keep: int, last_before: float) -> int:
        """Forget all but the `keep` seen last, and those not seen since that time; return how many."""
        left = [one for one in self.read(None, keep)[1] if one.last_at >= last_before]
        gone = len(self.kept) - len(left)
        self.kept = {(one.owner, one.shape): one for one in left}
        return gone

    def _write(self, one: Seen) -> None:
        self._revision += 1
        self.kept[one.owner, one.shape] = one
        self._written[one.owner, one.shape] = self._revision
