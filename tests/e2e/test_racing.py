"""What happens in the same moment at a running gate: one of it comes first, and everybody is told the same of it."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection

import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate, gate_before
from e2e.held import FLOW, POLICIES, Asking, asked, asking, until
from e2e.routes import OWNER
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.approvals.desk import ApprovalDesk
from yett.core.approvals import Ticket, TicketState

SCHEMA = "CREATE TABLE counts (id int PRIMARY KEY, n int); INSERT INTO counts VALUES (1, 0)"
STATEMENT = "UPDATE counts SET n = n + 1 WHERE id = 1"
FROZEN = """
@id("frozen")
@reason("nothing is written for now")
forbid (principal, action == Action::"write", resource);
"""
WAIT_SECONDS = 2.0
ROUNDS = 10


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy holds every write, for two seconds."""
    server = filled(17)
    server.create_database("racing", OWNER)
    with direct_route(server, "racing").connect() as connection:
        connection.execute(SCHEMA)
    flow = FLOW.replace('expires = "20s"', f'expires = "{WAIT_SECONDS:.0f}s"').replace('"3s"', '"2s"')
    with gate_before(server, authority, policies=POLICIES, extra=flow, resources={"e2e": "racing"}) as found:
        yield found
    server.drop_database("racing")


class Reviewer:
    """Somebody who answers over the gate's own API: the status of the answer, and what it says."""

    def __init__(self, gate: Gate, name: str) -> None:
        self._port = gate.admin_port
        self._token = gate.token(name, "dba")

    def call(self, path: str, body: object = None) -> tuple[int, dict[str, object]]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=20)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection.request("GET" if body is None else "POST", path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text)

    def yes(self, ticket: Ticket) -> tuple[int, dict[str, object]]:
        return self.call(f"/api/approvals/{ticket.id}/approve", {"seen": ticket.asked.digest.hex(), "reason": ""})

    def no(self, ticket: Ticket) -> tuple[int, dict[str, object]]:
        return self.call(f"/api/approvals/{ticket.id}/deny", {"reason": "not now"})


def together(*acts: Callable[[], object]) -> list[object]:
    """Do all of it in the same moment; return what each came to."""
    begin, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        begin.wait(10)
        found[number] = act()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return found


def after(seconds: float, act: Callable[[], object]) -> Callable[[], object]:
    """Return the act, that much later."""

    def later() -> object:
        time.sleep(max(0.0, seconds))
        return act()

    return later


def counted(gate: Gate) -> int:
    with direct_route(gate.server, "racing").connect() as connection:
        row = connection.execute("SELECT n FROM counts").fetchone()
        assert row is not None
        return int(row[0])


def one_story(gate: Gate, desk: ApprovalDesk, client: Asking, ticket: Ticket, before: int) -> str:
    """Check that target, client and ticket tell the same; return how it ended: `ran`, or the client's SQLSTATE."""
    client.end()
    ran = counted(gate) - before
    assert ran == (client.tag == "UPDATE 1"), (client.tag, client.error)
    assert (client.error is None) == bool(ran)
    assert until(lambda: desk.get(ticket.id).state not in {TicketState.OPEN, TicketState.APPROVED})
    until(lambda: desk.get(ticket.id).outcome or desk.get(ticket.id).state is not TicketState.USED, 3)
    now = desk.get(ticket.id)
    assert (now.state is TicketState.USED and now.outcome == "done") == bool(ran), now
    error, client.error, client.tag = client.error, None, ""
    assert client.connection.execute("SELECT 1").fetchone() == (1,)
    return "ran" if error is None else str(error.sqlstate)


def test_two_reviewers_race_and_it_runs_once(gate, desk):
    dora, dirk = Reviewer(gate, "dora"), Reviewer(gate, "dirk")
    with asking(gate) as client:
        for _ in range(ROUNDS):
            before = counted(gate)
            client.run(STATEMENT)
            ticket = asked(desk)
            answers = together(lambda one=ticket: dora.yes(one), lambda one=ticket: dirk.yes(one))
            assert sorted(status for status, _ in answers) == [200, 409]
            assert one_story(gate, desk, client, ticket, before) == "ran"


def test_a_yes_races_a_no_and_whoever_was_told_that_it_counts_is_right(gate, desk):
    dora, dirk = Reviewer(gate, "dora"), Reviewer(gate, "dirk")
    with asking(gate) as client:
        for number in range(ROUNDS):
            before = counted(gate)
            client.run(STATEMENT)
            ticket = asked(desk)
            later = (number - ROUNDS / 2) * 0.003
            (yes, _), (no, _) = together(
                after(later, lambda one=ticket: dora.yes(one)), after(-later, lambda one=ticket: dirk.no(one))
            )
            ended = one_story(gate, desk, client, ticket, before)
            assert (ended, no) == ("ran", 409) or (ended, no) == ("42501", 200)
            assert yes in {200, 409}


def test_a_yes_races_the_end_of_time(gate, desk):
    dora = Reviewer(gate, "dora")
    ended = []
    with asking(gate) as client:
        for number in range(6):
            before = counted(gate)
            client.run(STATEMENT)
            ticket = asked(desk)
            left = ticket.expires_at - time.time()
            status, _ = after(left + (number - 4) * 0.025, lambda one=ticket: dora.yes(one))()
            ended.append(one_story(gate, desk, client, ticket, before))
            assert status == 200 or ended[-1] == "42501"
    assert "ran" in ended
    assert "42501" in ended


def test_a_yes_races_a_cancel(gate, desk):
    dora = Reviewer(gate, "dora")
    ended: list[str] = []
    with asking(gate) as client:

        def race(later: float) -> None:
            before = counted(gate)
            client.run(STATEMENT)
            ticket = asked(desk)
            together(lambda: dora.yes(ticket), after(later, client.connection.cancel_safe))
            ended.append(one_story(gate, desk, client, ticket, before))

        for number in range(2 * ROUNDS):
            race(number * 0.005)
        # How long a yes takes is the machine's own; both must have been seen to come first.
        for later in (0.2, 0.4, 0.8):
            if "ran" not in ended:
                race(later)
    assert set(ended) == {"ran", "57014"}, ended


def test_a_yes_races_policies_that_forbid(gate, desk):
    dora = Reviewer(gate, "dora")
    ended = []
    frozen = gate.folder / "policies" / "frozen.cedar"
    with asking(gate) as client:
        for number in range(ROUNDS):
            before = counted(gate)
            client.run(STATEMENT)
            ticket = asked(desk)

            def freeze() -> None:
                frozen.write_text(FROZEN)
                os.kill(gate.process.process.pid, signal.SIGHUP)

            together(after((number - 2) * 0.02, lambda one=ticket: dora.yes(one)), freeze)
            ended.append(one_story(gate, desk, client, ticket, before))
            frozen.unlink()
            os.kill(gate.process.process.pid, signal.SIGHUP)
            until(lambda: is_held(gate))
    assert set(ended) <= {"ran", "42501"}
    assert "42501" in ended


def is_held(gate: Gate) -> bool:
    """Say whether writes are asked about, rather than forbidden: by asking for one, and leaving."""
    with asking(gate, "probe") as probe:
        probe.run("UPDATE counts SET n = n WHERE id = -1")
        found = until(lambda: probe.told or probe.error)
        assert found
        held = bool(probe.told)
        if held:
            probe.connection.cancel_safe()
        return held


def test_the_rules_of_when_it_runs_count_and_not_those_of_when_it_was_asked(gate, desk):
    frozen = gate.folder / "policies" / "frozen.cedar"
    with asking(gate) as client:
        before = counted(gate)
        client.run(STATEMENT)
        ticket = asked(desk)
        frozen.write_text(FROZEN)
        os.kill(gate.process.process.pid, signal.SIGHUP)
        try:
            assert until(lambda: not is_held(gate), 1.5)
            status, _ = Reviewer(gate, "dora").yes(ticket)
            assert status == 200
            client.end()
            assert isinstance(client.error, psycopg.errors.InsufficientPrivilege)
            assert "nothing is written for now" in str(client.error)
            assert counted(gate) == before
            assert desk.get(ticket.id).state is not TicketState.USED
        finally:
            frozen.unlink()
            os.kill(gate.process.process.pid, signal.SIGHUP)
            until(lambda: is_held(gate))
