"""Puts together who is asked and what may be asked for, and keeps it current while the gate runs."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import structlog

from yett.app.kept_secret import kept_secret
from yett.approvals.desk import ApprovalDesk
from yett.approvals.events import Event
from yett.approvals.grants import Grants
from yett.approvals.novelty import Novelty
from yett.approvals.store import Changes
from yett.approvals.viewing import HoldsUnmask, nobody_holds_unmask
from yett.config import Config
from yett.core.clock import Clock
from yett.core.errors import YettError
from yett.storage.approval_store import SqlApprovalStore
from yett.storage.database import open_database
from yett.storage.shape_store import SqlShapeStore

T = TypeVar("T")
_log = structlog.get_logger("yett.app")
_LOSS = "; open questions, approvals, grants and learnt shapes are not known again, and are asked anew"
POLL_SECONDS = 0.1
_FLUSH_SECONDS = 5.0
_REFRESH_SECONDS = 1.0
_PRUNE_SECONDS = 3600.0
_KEPT_SECONDS = 30 * 86400.0
_SHAPES_KEPT_SECONDS = 180 * 86400.0


class Approvals:
    """The desk that asks, the roles that are had for a while, and what is new, on one store."""

    def __init__(self, desk: ApprovalDesk, grants: Grants, novelty: Novelty, clock: Clock) -> None:
        self.desk = desk
        self.grants = grants
        self.novelty = novelty
        self.clock = clock
        self._trouble = ""
        desk.watch.on_event(_log_event)

    def load(self) -> None:
        """Read what stands: open questions, windows, grants, shapes. Blocks; call it before serving."""
        self.desk.settle_unknown()
        self._apply(self.desk.watch.unread())
        self.novelty.refresh()

    async def follow(self, poll_seconds: float = POLL_SECONDS) -> None:
        """Take in what anybody wrote, and let time do what it does, as long as the gate runs.

        Who listens to `desk.watch` and `grants` is called here, on the event loop. While the store cannot be read
        nothing is taken in, and after a few seconds nobody has a role and no window stands.
        """
        refresh_at = flush_at = prune_at = self.clock.monotonic()
        while True:
            await asyncio.sleep(poll_seconds)
            await self.refresh()
            if self.clock.monotonic() >= refresh_at:
                refresh_at = self.clock.monotonic() + _REFRESH_SECONDS
                await self._tried(self.novelty.refresh)
            if self.clock.monotonic() >= flush_at:
                flush_at = self.clock.monotonic() + _FLUSH_SECONDS
                await self._tried(self.novelty.flush)
            if self.clock.monotonic() >= prune_at:
                prune_at = self.clock.monotonic() + _PRUNE_SECONDS
                await self._tried(self._prune)

    async def refresh(self) -> None:
        """Do once what `follow` does all the time."""
        changes = await self._tried(self._moved)
        try:
            if changes is not None:
                self._apply(changes)
            self.grants.expire(self.clock.now())
        except Exception:  # noqa: BLE001  one listener's fault must not keep answers and revocations from all others
            _log.error("a fault while approvals were followed", exc_info=True)

    def _moved(self) -> Changes:
        if self.desk.watch.has_live:
            now = self.clock.now()
            self.desk.expire(now)
            self.desk.escalate(now)
        return self.desk.watch.unread()

    def _apply(self, changes: Changes) -> None:
        if changes.damaged:
            hint = "was keys/approvals.key replaced, or the database changed by hand? what was open is asked anew"
            _log.error("approvals unreadable", count=len(changes.damaged), hint=hint)
        self.desk.watch.apply(changes)

    def _prune(self) -> None:
        now = self.clock.now()
        self.desk.prune(now - _KEPT_SECONDS)
        self.novelty.prune(now - _SHAPES_KEPT_SECONDS)

    async def _tried(self, act: Callable[[], T]) -> T | None:
        """Do something beside the event loop; a store that fails is said once, until it works again."""
        try:
            result = await asyncio.to_thread(act)
        except YettError as error:
            if error.code != self._trouble:
                _log.error("approvals not followed", code=error.code, problem=error.message, hint=error.hint)
            self._trouble = error.code
            return None
        if self._trouble:
            _log.info("approvals followed again")
        self._trouble = ""
        return result


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
        novelty = Novelty(SqlShapeStore(database, key), clock)
        try:
            yield Approvals(desk, grants, novelty, clock)
        finally:
            with suppress(YettError):
                novelty.flush()


def _log_event(event: Event) -> None:
    """Log what happened to a ticket, without what it asks; the evidence is in the recordings."""
    loud = event.kind == "break_glass"
    say = _log.warning if loud else _log.info
    flows = ",".join(event.ticket.asked.flows)
    say("BREAK GLASS" if loud else "approval", ticket=event.ticket.id, happened=event.kind, flows=flows, by=event.by)
