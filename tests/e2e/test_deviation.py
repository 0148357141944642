"""What an agent never did here before waits for a person, once; what it did runs on, whatever the values."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from e2e.gates import Gate, gate_before
from e2e.held import DBA, waiting
from e2e.routes import DATABASE
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.app.approvals import open_approvals
from yett.approvals.desk import ApprovalDesk
from yett.config import load_config
from yett.core.approvals import Ticket
from yett.core.clock import SystemClock

PERMITS = """
permit (
  principal in Group::"corp/writers",
  action in [Action::"connect", Action::"read", Action::"write", Action::"execute"],
  resource
);
"""
HOLDS = f"""
@id("new-for-an-agent")
@approval("dba")
@reason("this agent has not done the like here before")
forbid (principal is Agent, action in [Action::"read", Action::"write"], resource in Schema::"{DATABASE}/public")
when {{ context.novel }}
unless {{ context.approvals.contains("dba") }};
"""
POLICIES = {"permits": PERMITS, "new": HOLDS}
FLOW = """
[approvals.dba]
reviewers = ["corp/dba"]
expires = "20s"
"""


@pytest.fixture(scope="module")
def gate(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose policy holds what is new."""
    with gate_before(filled(17), authority, policies=POLICIES, extra=FLOW) as found:
        yield found


@contextmanager
def desk_of(gate: Gate) -> Iterator[ApprovalDesk]:
    with open_approvals(load_config(gate.config), SystemClock()) as approvals:
        yield approvals.desk


def agent(gate: Gate, subject: str) -> psycopg.Connection:
    """Connect an agent."""
    token = gate.token(subject, "writers", kind="agent")
    return gate.route(subject, password=token).connect()


class Held:
    """A statement that is run in a thread of its own, and who is asked about it."""

    def __init__(self, connection: psycopg.Connection, statement: str, parameters: tuple[object, ...] | None) -> None:
        self.error: psycopg.Error | None = None
        self._connection, self._asked = connection, (statement, parameters)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._connection.execute(*self._asked)
        except psycopg.Error as error:
            self.error = error

    def ticket(self, desk: ApprovalDesk) -> Ticket:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self._thread.is_alive():
            if found := waiting(desk):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"nobody was asked: {self.error}")

    def end(self) -> None:
        self._thread.join(25)
        assert not self._thread.is_alive()


def approved(
    gate: Gate, connection: psycopg.Connection, statement: str, parameters: tuple[object, ...] | None = None
) -> None:
    """Run a statement that must be held, and have it approved."""
    with desk_of(gate) as desk:
        held = Held(connection, statement, parameters)
        ticket = held.ticket(desk)
        assert ticket.asked.policies == ("new-for-an-agent",)
        desk.decide(ticket.id, DBA, True)
        held.end()
    assert held.error is None


def refused(gate: Gate, connection: psycopg.Connection, statement: str) -> None:
    """Run a statement that must be held, and have it refused."""
    with desk_of(gate) as desk:
        held = Held(connection, statement, None)
        desk.decide(held.ticket(desk).id, DBA, False, "not this")
        held.end()
    assert held.error is not None


@pytest.mark.parametrize("subject", ["simple", "extended"])
def test_what_is_new_is_held_once_and_passes_then_with_other_values(gate: Gate, subject: str) -> None:
    by_parameter = subject == "extended"
    text = "SELECT note FROM orders WHERE id = " + ("%s" if by_parameter else "{}")

    def asked(order: int) -> tuple[str, tuple[object, ...] | None]:
        return (text, (order,)) if by_parameter else (text.format(order), None)

    with agent(gate, subject) as connection:
        approved(gate, connection, *asked(1))
        for order in range(2, 12):
            connection.execute(*asked(order))
        refused(gate, connection, "SELECT status FROM orders WHERE id = 1")
        refused(gate, connection, "SELECT note FROM orders WHERE id <> 1")
        refused(gate, connection, "SELECT note FROM orders")
        connection.execute(*asked(12))
    with agent(gate, subject) as connection:
        connection.execute(*asked(13))


def test_what_was_refused_is_new_again_and_so_is_what_failed(gate: Gate) -> None:
    with agent(gate, "fails") as connection:
        refused(gate, connection, "SELECT count(*) FROM customers")
        refused(gate, connection, "SELECT count(*) FROM customers")
        with desk_of(gate) as desk:
            held = Held(connection, "SELECT 1 / (id - id) FROM customers WHERE id = 1", None)
            desk.decide(held.ticket(desk).id, DBA, True)
            held.end()
            assert isinstance(held.error, psycopg.errors.DivisionByZero)
        refused(gate, connection, "SELECT 1 / (id - id) FROM customers WHERE id = 2")


def test_what_is_merely_prepared_is_not_learnt(gate: Gate) -> None:
    with agent(gate, "prepares") as connection:
        connection.execute("PREPARE plan AS SELECT name FROM customers WHERE id = $1")
        connection.pgconn.prepare(b"s", b"SELECT name FROM customers WHERE id = $1")
        refused(gate, connection, "EXECUTE plan(1)")
        with desk_of(gate) as desk:
            held = Held(connection, "SELECT name FROM customers WHERE id = %s", (1,))
            desk.decide(held.ticket(desk).id, DBA, False, "no")
            held.end()
        approved(gate, connection, "EXECUTE plan(2)")
        connection.execute("EXECUTE plan(3)")


def test_what_one_agent_did_is_new_for_another(gate: Gate) -> None:
    statement = "SELECT count(*) FROM orders"
    with agent(gate, "first") as connection:
        approved(gate, connection, statement)
        connection.execute(statement)
    with agent(gate, "second") as connection:
        refused(gate, connection, statement)


def test_what_was_learnt_outlives_the_gate(gate: Gate) -> None:
    statement = "SELECT max(id) FROM orders WHERE id < {}"
    with agent(gate, "lasting") as connection:
        approved(gate, connection, statement.format(10))
    gate.restart()
    with agent(gate, "lasting") as connection:
        connection.execute(statement.format(20))


def yett(gate: Gate, *arguments: str) -> object:
    """Run a command beside the gate, and return what it prints as JSON."""
    command = [sys.executable, "-m", "yett", *arguments, "--config", str(gate.config), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def soon(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_a_policy_can_be_switched_on_over_what_was_recorded_before(new_gate: Callable[..., Gate]) -> None:
    labels = f'\n[data.{DATABASE}]\n"public.customers.email" = "email"\n'
    gate = new_gate(policies={"permits": PERMITS}, extra=FLOW + labels)
    marker = "pl4nted"
    with gate.route("old", password=gate.token("old", "writers", kind="agent")).connect() as connection:
        connection.execute("SELECT note FROM orders WHERE id = 7 AND note <> %s", (marker,))
        connection.execute("SELECT email, name FROM customers WHERE id = 1")
        connection.execute("PREPARE plan AS SELECT name FROM customers WHERE id = $1")
        connection.execute("EXECUTE plan(1)")
        connection.execute("BEGIN")
        connection.execute("DECLARE few CURSOR FOR SELECT name FROM customers WHERE id < 9")
        connection.execute("FETCH 2 FROM few")
        connection.execute("COMMIT")
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1 / (id - id) FROM customers WHERE id = 1")
    (gate.folder / "policies" / "new.cedar").write_text(HOLDS)
    assert soon(lambda: "policies loaded" in gate.log_text)
    with agent(gate, "old") as connection:
        refused(gate, connection, "SELECT note FROM orders WHERE id = 8 AND note <> 'x'")
        learnt = yett(gate, "baseline", "learn", "--resource", DATABASE, "--since", "1h")
        assert (learnt["sessions"], learnt["unreadable"]) == (2, [])
        time.sleep(2)
        connection.execute("SELECT note FROM orders WHERE id = 8 AND note <> %s", ("y",))
        connection.execute("SELECT email, name FROM customers WHERE id = 3")
        connection.execute("PREPARE other AS SELECT name FROM customers WHERE id = $1")
        connection.execute("EXECUTE other(4)")
        connection.execute("BEGIN")
        connection.execute("DECLARE again CURSOR FOR SELECT name FROM customers WHERE id < 4")
        connection.execute("FETCH 3 FROM again")
        connection.execute("COMMIT")
        refused(gate, connection, "SELECT 1 / (id - id) FROM customers WHERE id = 2")
        refused(gate, connection, "SELECT note FROM orders")
        (found,) = yett(gate, "baseline", "list")
        assert (found["principal"], found["resource"]) == ("corp/old", DATABASE)
        assert found["operations"] >= found["shapes"] > 5
        gone = yett(gate, "baseline", "forget", "corp/old", "--resource", DATABASE, "--reason", "a test")
        assert gone["shapes"] >= found["shapes"]
        time.sleep(2)
        refused(gate, connection, "SELECT note FROM orders WHERE id = 8 AND note <> 'x'")
    assert yett(gate, "baseline", "list") == []
    kept = b"".join(path.read_bytes() for path in gate.data.glob("yett.db*"))
    assert marker.encode() not in kept
    assert b"customers" not in kept
