"""A desk on a store that forgets, with a clock that moves when a test says so."""

from collections.abc import Callable

import pytest

from approvals.questions import flow
from yett.approvals.desk import ApprovalDesk
from yett.approvals.memory import MemoryApprovalStore
from yett.core.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store() -> MemoryApprovalStore:
    return MemoryApprovalStore()


@pytest.fixture
def open_desk(store, clock) -> Callable[..., ApprovalDesk]:
    def opened(**flows):
        return ApprovalDesk(store, flows or {"dba": flow()}, clock, lambda person, _: person.name == "Carl")

    return opened


@pytest.fixture
def desk(open_desk) -> ApprovalDesk:
    return open_desk()
