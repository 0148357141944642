"""Lets reviewers wait for what happens to tickets, for a while and a few at a time."""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from yett.admin.problems import ApiProblem

_KEPT_MAX = 1000
_WATCHERS_MAX = 16
_WATCHERS_EACH_MAX = 3


class Happenings:
    """What happened to which ticket lately, in order. `note` is called for each change, whoever made it.

    A cursor is what a watcher has seen; one of before a restart, or too old, is unknown, and all is told anew.
    """

    def __init__(self) -> None:
        self._life = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, str]] = deque(maxlen=_KEPT_MAX)
        self._changed = asyncio.Event()
        self._watching: Counter[str] = Counter()

    @property
    def cursor(self) -> str:
        """Return the cursor of somebody who has seen all."""
        return f"{self._life}-{self._number}"

    def note(self, tickets: Iterable[str]) -> None:
        """Tell all who watch that something happened to these tickets, by their ids."""
        for ticket in tickets:
            self._number += 1
            self._kept.append((self._number, ticket))
        self._changed.set()
        self._changed = asyncio.Event()

    def since(self, cursor: str) -> frozenset[str] | None:
        """Return the ids of what happened after the cursor, or None where that is not known."""
        life, _, number = cursor.partition("-")
        if life != self._life or not number.isdecimal():
            return None
        seen = int(number)
        oldest = self._kept[0][0] if self._kept else self._number + 1
        if seen > self._number or seen + 1 < oldest:
            return None
        return frozenset(ticket for at, ticket in self._kept if at > seen)

    async def changes(self, cursor: str, seconds: float) -> None:
        """Return when something has happened after the cursor, or after so many seconds."""
        changed = self._changed
        if cursor != self.cursor:
            return
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            return

    @contextmanager
    def watching(self, who: str) -> Iterator[None]:
        """Count a watcher for as long as it watches. Raises ApiProblem (`too_many_watchers`)."""
        if self._watching.total() >= _WATCHERS_MAX or self._watching[who] >= _WATCHERS_EACH_MAX:
            raise ApiProblem("too_many_watchers", hint="close another `yett approvals watch`, or list instead")
        self._watching[who] += 1
        try:
            yield
        finally:
            self._watching[who] -= 1
            if not self._watching[who]:
                del self._watching[who]
