"""Tells the store what became of approvals that were used, and again until it is written."""

import asyncio
from functools import partial

from yett.approvals.desk import ApprovalDesk
from yett.gateway.paused import Paused

_AGAIN_SECONDS = 1.0


class Settling:
    """The outcomes of used tickets on their way to the desk. A store that can write nothing now is asked again."""

    def __init__(self, desk: ApprovalDesk) -> None:
        self._desk = desk

    def settle(self, ticket: str, outcome: str) -> None:
        """Have it written what became of a used ticket; returns at once."""
        work = asyncio.get_running_loop().run_in_executor(None, partial(self._desk.settle, ticket, outcome))
        work.add_done_callback(partial(self._settled, ticket, outcome))

    def left(self, session: Paused) -> None:
        """Settle what a session that has ended used, and that nobody came to tell the end of."""
        for ticket in session.used.values():
            self.settle(ticket, "outcome_unknown")
        session.used.clear()

    def _settled(self, ticket: str, outcome: str, work: "asyncio.Future[None]") -> None:
        if not work.cancelled() and work.exception() is not None:
            work.get_loop().call_later(_AGAIN_SECONDS, self.settle, ticket, outcome)
