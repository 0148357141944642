"""Two processes race on one file: what the one has done first, the other finds done."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from approvals.questions import BEA, asked, flow
from yett.approvals.desk import ApprovalDesk
from yett.core.approvals import TicketState
from yett.core.clock import SystemClock
from yett.storage.approval_store import SqlApprovalStore
from yett.storage.database import open_database

KEY = bytes(range(32))
TESTS = Path(__file__).parent.parent
ROUNDS = 12

RACER = """
import json, os, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from approvals.questions import BEA, CARL, asked, flow
from yett.approvals.desk import ApprovalDesk
from yett.approvals.refusals import NotAllowed
from yett.core.clock import SystemClock
from yett.storage.approval_store import SqlApprovalStore
from yett.storage.database import open_database

def act(desk, name, ticket):
    digest = asked().digest
    acts = {
        "approve": lambda: str(desk.decide(ticket, BEA, True).state),
        "approve_too": lambda: str(desk.decide(ticket, CARL, True).state),
        "deny": lambda: str(desk.decide(ticket, CARL, False).state),
        "withdraw": lambda: str(desk.withdraw(ticket, "cancelled").state),
        "expire": lambda: str([str(one.state) for one in desk.expire(time.time() + 10_000) if one.id == ticket]),
        "consume": lambda: str(desk.consume(ticket, digest)),
        "consume_and_die": lambda: desk.consume(ticket, digest) and os.kill(os.getpid(), signal.SIGKILL),
    }
    try:
        return acts[name]()
    except NotAllowed as refusal:
        return refusal.code

database = open_database(Path(sys.argv[1]))
desk = ApprovalDesk(SqlApprovalStore(database, bytes(range(32))), {"dba": flow()}, SystemClock())
print("ready", flush=True)
for line in sys.stdin:
    name, ticket, at = json.loads(line)
    while time.time() < at:
        pass
    print(json.dumps(act(desk, name, ticket)), flush=True)
"""


class Racer:
    """A process of its own that does what it is told, at the moment it is told."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", RACER, str(folder), str(TESTS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        assert self._process.stdout.readline() == "ready\n"

    def start(self, name: str, ticket: str, at: float) -> None:
        self._process.stdin.write(json.dumps([name, ticket, at]) + "\n")
        self._process.stdin.flush()

    def result(self) -> str | None:
        line = self._process.stdout.readline()
        return json.loads(line) if line else None

    def close(self) -> int:
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait(10)


@pytest.fixture
def world(tmp_path):
    racers = [Racer(tmp_path), Racer(tmp_path)]
    with open_database(tmp_path) as database:
        yield ApprovalDesk(SqlApprovalStore(database, KEY), {"dba": flow()}, SystemClock()), racers
    for one in racers:
        one.close()


def race(world, *names: str, approved: bool) -> tuple[list[str | None], object]:
    desk, racers = world
    ticket = desk.ask(asked())
    if approved:
        desk.decide(ticket.id, BEA, True)
    at = time.time() + 0.05
    for racer, name in zip(racers, names, strict=True):
        racer.start(name, ticket.id, at)
    results = [one.result() for one in racers]
    return results, desk.get(ticket.id)


def test_two_reviewers_race_and_one_yes_counts(world):
    for _ in range(ROUNDS):
        results, ticket = race(world, "approve", "approve_too", approved=False)
        assert sorted(results) == ["approved", "ended"]
        assert (ticket.state, len(ticket.votes)) == (TicketState.APPROVED, 1)


def test_yes_and_no_race_and_the_no_wins_whoever_was_first(world):
    for _ in range(ROUNDS):
        results, ticket = race(world, "approve", "deny", approved=False)
        assert ticket.state is TicketState.DENIED
        assert results in (["approved", "denied"], ["ended", "denied"])


def test_a_yes_races_the_end_of_time_and_what_was_first_stands(world):
    for _ in range(ROUNDS):
        results, ticket = race(world, "approve", "expire", approved=False)
        # The racer's clock is far ahead: an approval that came first has expired unused.
        assert results in (["approved", "['expired']"], ["ended", "['expired']"])
        assert ticket.state is TicketState.EXPIRED
        assert not world[0].consume(ticket.id, ticket.asked.digest)


def test_a_yes_races_a_cancel_and_the_cancelled_never_passes(world):
    for _ in range(ROUNDS):
        results, ticket = race(world, "approve", "withdraw", approved=False)
        assert results in (["approved", "withdrawn"], ["ended", "withdrawn"])
        assert ticket.state is TicketState.WITHDRAWN
        assert not world[0].consume(ticket.id, ticket.asked.digest)


def test_two_gates_use_one_approval_and_one_may(world):
    for _ in range(ROUNDS):
        results, ticket = race(world, "consume", "consume", approved=True)
        assert sorted(results) == ["False", "True"]
        assert ticket.state is TicketState.USED


@pytest.mark.parametrize(("other", "ended"), [("withdraw", "withdrawn"), ("deny", "denied"), ("expire", "expired")])
def test_an_act_races_what_ends_its_approval_and_exactly_one_of_them_happens(world, other, ended):
    for _ in range(ROUNDS):
        results, ticket = race(world, "consume", other, approved=True)
        assert (results[0] == "True") == (ticket.state is TicketState.USED)
        assert ticket.state in {TicketState.USED, TicketState(ended)}


def test_who_dies_between_use_and_act_has_used_it(tmp_path):
    racer = Racer(tmp_path)
    with open_database(tmp_path) as database:
        desk = ApprovalDesk(SqlApprovalStore(database, KEY), {"dba": flow()}, SystemClock())
        ticket = desk.ask(asked())
        desk.decide(ticket.id, BEA, True)
        racer.start("consume_and_die", ticket.id, 0.0)
        assert racer.result() is None
        assert racer.close() == -9
        assert not desk.consume(ticket.id, ticket.asked.digest)
        desk.let_go(ticket.id)
        assert desk.ask(asked()).id != ticket.id
        assert [(one.id, one.outcome) for one in desk.settle_unknown()] == [(ticket.id, "outcome_unknown")]


def test_what_one_process_answers_another_hears_within_a_moment(world):
    desk, racers = world
    ticket = desk.ask(asked())
    desk.changed()
    racers[0].start("approve", ticket.id, 0.0)
    assert racers[0].result() == "approved"
    began = time.monotonic()
    while not (news := desk.changed()):
        assert time.monotonic() - began < 0.2
    assert [(one.id, one.state) for one in news] == [(ticket.id, TicketState.APPROVED)]
