"""Puts together who is asked and what may be asked for, and keeps it current while the gate runs."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from yett.app.kept_secret import kept_secret
from yett.approvals.desk import ApprovalDesk
from yett.approvals.grants import Grants
from yett.approvals.novelty import Novelty
from yett.approvals.viewing import HoldsUnmask, nobody_holds_unmask
from yett.config import Config
from yett.core.clock import Clock
from yett.core.errors import YettError
from yett.storage.approval_store import SqlApprovalStore
from yett.storage.database import open_database
from yett.storage.shape_store import SqlShapeStore

_log = structlog.get_logger("yett.app")
_LOSS = "; open questions, approvals, grants and learnt shapes are not known again, and are asked anew"
POLL_SECONDS = 0.1
_FLUSH_SECONDS = 5.0
_PRUNE_SECONDS = 3600.0
_KEPT_SECONDS = 30 * 86400.0
_SHAPES_KEPT_SECONDS = 180 * 86400.0


@dataclass(frozen=True, slots=True)
class Approvals:
    """The desk that asks, the roles that are had for a while, and what is new, on one store."""

    desk: ApprovalDesk
    grants: Grants
    novelty: Novelty
    clock: Clock

    def load(self) -> None:
        """Read what stands: open questions, windows, grants, shapes. Blocks; call it before serving."""
        self.desk.changed()
        self.novelty.load()

    async def follow(self, poll_seconds: float = POLL_SECONDS) -> None:
        """Take in what anybody wrote, and let time do what it does, as long as the gate runs.

        Who listens to `desk.watch` and `grants` is called here, on the event loop. While the store cannot be read
        nothing is taken in, and after a few seconds nobody has a role and no window stands.
        """
        flush_at = prune_at = self.clock.monotonic()
        while True:
            await asyncio.sleep(poll_seconds)
            await self.refresh()
            if self.clock.monotonic() >= flush_at:
                flush_at = self.clock.monotonic() + _FLUSH_SECONDS
                await _tried("shapes not kept", self.novelty.flush)
            if self.clock.monotonic() >= prune_at:
                prune_at = self.clock.monotonic() + _PRUNE_SECONDS
                await _tried("old tickets not forgotten", self._prune)

    async def refresh(self) -> None:
        """Do once what `follow` does all the time."""
        now = self.clock.now()
        await _tried("tickets not followed", lambda: self._move(now))
        try:
            changes = await asyncio.to_thread(self.desk.watch.unread)
        except YettError as error:
            _log.warning("tickets not read", code=error.code, problem=error.message)
        else:
            if changes.damaged:
                _log.error(
                    "tickets or grants cannot be read: the key is another, or they were changed",
                    count=len(changes.damaged),
                )
            self.desk.watch.apply(changes)
        self.grants.expire(now)

    def close(self) -> None:
        """Keep what was learnt last."""
        self.novelty.flush()

    def _move(self, now: float) -> None:
        self.desk.expire(now)
        self.desk.escalate(now)

    def _prune(self) -> None:
        now = self.clock.now()
        self.desk.prune(now - _KEPT_SECONDS)
        self.novelty.prune(now - _SHAPES_KEPT_SECONDS)


@contextmanager
def open_approvals(
    config: Config, clock: Clock, holds_unmask: HoldsUnmask = nobody_holds_unmask
) -> Iterator[Approvals]:
    """Open the desk on this gate's store, for the gate itself and for commands beside it; a gate sees each write.

    Raises StoreFailed, and ConfigError where the key cannot be kept.
    """
    key = kept_secret(config.data, "approvals.key", _LOSS)
    # A database of its own: what `poll` tells, it tells once, and the identity room asks it too.
    with open_database(config.data) as database:
        store = SqlApprovalStore(database, key)
        desk = ApprovalDesk(store, config.settings.approvals, clock, holds_unmask)
        grants = Grants(store, desk, config.settings.access, clock)
        yield Approvals(desk, grants, Novelty(SqlShapeStore(database, key), clock), clock)


async def _tried(what: str, act: Callable[[], object]) -> None:
    try:
        await asyncio.to_thread(act)
    except YettError as error:
        _log.warning(what, code=error.code, problem=error.message)
