"""What waits for a person, where the gate itself gets into trouble meanwhile."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from admin.place import FLOWS, asked
from yett.approvals.desk import ApprovalDesk
from yett.approvals.memory import MemoryApprovalStore
from yett.core.clock import ManualClock
from yett.core.errors import RecordingFailed
from yett.core.principals import Principal, PrincipalKind
from yett.gateway.holding import Holding, Pause
from yett.gateway.settling import Settling

DANA = Principal(PrincipalKind.USER, "corp", "dana", "Dana", groups=frozenset({"corp/dba"}))


class FullDisk:
    def event(self, kind: str, data: object) -> None:
        raise RecordingFailed("the recordings' disk is full")


@dataclass
class WaitingSession:
    """A session that waits, and what became of it."""

    recorder: Any
    used: dict[int, str] = field(default_factory=dict)
    fault: Exception | None = None
    refused: bool = False

    @property
    def seat(self) -> Any:
        return SimpleNamespace(recorder=self.recorder)

    def fileno(self) -> int:
        return -1

    def broken(self, fault: Exception) -> None:
        self.fault = fault

    def refuse(self, _decision: object) -> None:
        self.refused = True


@pytest.fixture
def desk() -> ApprovalDesk:
    return ApprovalDesk(MemoryApprovalStore(), FLOWS, ManualClock(1_800_000_000.0))


def waiting(holding: Holding, recorder: object, number: int) -> WaitingSession:
    """Return a session whose statement is asked about."""
    session = WaitingSession(recorder)
    decision = SimpleNamespace(policies=(), policy_version="v")
    pause = Pause(holding, cast("Any", session), cast("Any", None), cast("Any", decision))
    pause.ticket = holding.desk.ask(asked(number))
    holding.wait(pause.ticket.id, pause)
    return session


def test_an_answer_that_cannot_be_recorded_ends_its_session_and_keeps_it_from_no_other(desk: ApprovalDesk) -> None:
    async def played() -> tuple[WaitingSession, WaitingSession]:
        holding = Holding(desk, cast("Any", None), "")
        first = waiting(holding, FullDisk(), 1)
        second = waiting(holding, SimpleNamespace(event=lambda _kind, _data: None), 2)
        for ticket in desk.watch.changed():
            desk.decide(ticket.id, DANA, False, "no")
        desk.watch.changed()
        return first, second

    unlucky, other = asyncio.run(played())
    assert isinstance(unlucky.fault, RecordingFailed)
    assert not unlucky.refused
    assert (other.fault, other.refused) == (None, True)


def test_what_became_of_a_used_ticket_is_told_to_the_store_until_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yett.gateway.settling._AGAIN_SECONDS", 0.01)
    told: list[tuple[str, str]] = []

    def settle(ticket: str, outcome: str) -> None:
        told.append((ticket, outcome))
        if len(told) < 3:
            raise RecordingFailed("the store's disk is full")

    async def played() -> None:
        Settling(cast("Any", SimpleNamespace(settle=settle))).settle("t1", "done")
        for _ in range(200):
            await asyncio.sleep(0.01)
            if len(told) > 2:
                break
        await asyncio.sleep(0.05)

    asyncio.run(played())
    assert told == [("t1", "done")] * 3
